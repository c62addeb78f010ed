# What stands around every page of the dashboard.
nav-skip = Ir para o conteúdo
nav-menu = Menu
nav-pages = Páginas
nav-home = Início
nav-users = Equipe
nav-sign-out = Sair

desk-home = Para a página inicial
desk-save = Salvar
desk-cancel = Cancelar
desk-yes = Sim
desk-no = Não
desk-gone = Não há nada aqui
desk-gone-note = O endereço não leva a nada, ou o que havia já não existe.
desk-forbidden = Sua função não permite isso
desk-forbidden-note = Um administrador da sua equipe pode lhe dar outra função.
desk-foreign = Este formulário não vale mais
desk-foreign-note = Ele veio de outra página ou de uma sessão que terminou. Nada foi alterado: abra a página de novo e envie de lá.
desk-refused = Não foi possível
desk-too-large = O que você enviou é grande demais. Nada foi alterado.
desk-broken-note = Algo falhou do nosso lado e ficou registrado. Tente de novo.

role-viewer = Observador
role-viewer-note = Vê tudo; os números ficam ocultos.
role-agent = Atendente
role-agent-note = Fala com clientes, decide mensagens duvidosas, registra saídas.
role-marketer = Marketing
role-marketer-note = Etiquetas, segmentos, listas; registra saídas.
role-compliance = Conformidade
role-compliance-note = Registra entradas com provas, muda as regras, apaga e exporta.
role-admin = Administrador
role-admin-note = Tudo, e quem mais pode o quê.

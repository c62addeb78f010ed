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
role-marketer-note = Campanhas, modelos, etiquetas, segmentos, listas; registra saídas.
role-compliance = Conformidade
role-compliance-note = Registra entradas com provas, muda as regras, apaga e exporta.
role-admin = Administrador
role-admin-note = Tudo, e quem mais pode o quê.

nav-reviews = A decidir
nav-settings = Configurações
nav-count-unread = { $count ->
    [one] Uma não lida
    [100] Mais de 99 não lidas
   *[other] { $count } não lidas
}
nav-count-reviews = { $count ->
    [one] Uma mensagem a decidir
    [100] Mais de 99 mensagens a decidir
   *[other] { $count } mensagens a decidir
}
nav-count-quarantine = { $count ->
    [one] Uma parte não entendida
    [100] Mais de 99 partes não entendidas
   *[other] { $count } partes não entendidas
}
nav-count-alerts = { $count ->
    [one] Um alerta
    [100] Mais de 99 alertas
   *[other] { $count } alertas
}
settings-consent = Palavras de saída e de adesão, alcance, confirmações, e quem seria afetado por uma mudança.
settings-attributes = Quais atributos os clientes têm e que tipo de valor cada um guarda.
settings-users = Quem trabalha aqui, o que pode fazer, e convites.
settings-account = Seu nome, idioma, fuso horário, senha e autenticador.
reviews-note = Estas mensagens podem querer dizer “pare”. Até que alguém decida, o marketing para a pessoa pode ficar retido. Abra uma e diga na conversa o que ela queria dizer.
reviews-none = Nada espera uma decisão.
reviews-inbox = Ir para a caixa de entrada
reviews-erased = As palavras foram apagadas.
review-kind-review = Pode ser uma saída
review-kind-stop = Saída
review-kind-topic = Sobre um tema
review-kind-pause = Quer uma pausa
review-kind-erasure = Quer ser esquecido
review-kind-wrong-number = Número errado

desk-again = Abrir a página de novo
desk-method = Uma página não pode ser pedida desta forma. Abra-a pelo menu.
desk-unreadable = O que foi enviado não pôde ser lido. Nada mudou.
factor-required = Sua equipe pede a todos um segundo fator. Adicione um autenticador e você poderá continuar.
account-factor-other = Usar outro autenticador
inbox-opt-in = Registrar adesão, com prova
home-unread = { $count ->
    [one] Uma conversa tem algo não lido.
    [100] Mais de 99 conversas têm algo não lido.
   *[other] { $count } conversas têm algo não lido.
}
home-ledger = { $count ->
    [one] O registro tem uma entrada.
   *[other] O registro tem { $count } entradas.
}
home-ledger-never = Não verificado desde o início
home-ledger-running = Em verificação
home-ledger-holds = Tudo confere
home-ledger-breaks = Algo não confere
home-ledger-failed = Não pôde ser verificado
home-step-done = Feito
home-step-open = A fazer
home-step-number = Conecte um número seu (no arquivo de configuração: whatsapp.accounts).
home-step-key = Crie uma chave para o seu aplicativo.
home-step-colleague = Convide alguém da equipe.
home-step-form = Crie um formulário para as pessoas se inscreverem.

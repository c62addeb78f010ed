# As páginas em português. Cada texto pode falar de { $business }.

the-business = a empresa

## A página de uma pessoa

page-title = Suas escolhas · { $business }
heading = Mensagens de { $business }
intro = Você decide o que recebe. Desligue o que não quer mais e salve. Vale na hora.
saved = Salvo. Vale a partir de agora.
saved-note = Uma mensagem que já estava a caminho ainda pode chegar.
silent = Você não recebe nenhuma mensagem de { $business }.
silent-note = Se você escrever para nós, poderemos responder.
paused = As ofertas estão em pausa enquanto analisamos uma mensagem sua.
paused-until = As ofertas estão em pausa até { $date }.

section-marketing = Ofertas e novidades
section-utility = Pedidos e avisos
section-authentication = Códigos de segurança
section-service = Conversas
whole-marketing = Todas as ofertas e novidades
whole-marketing-note = Também as que criarmos depois. Desligado: nada desta lista chega.
whole-utility = Todos os pedidos e avisos
whole-utility-note = Sobre o que você comprou, reservou ou pediu.
whole-authentication = Todos os códigos de segurança
whole-authentication-note = Códigos para entrar ou confirmar algo.
whole-service = Todas as conversas
whole-service-note = Respostas ao que você nos escreve.
channels-heading = Por onde as ofertas podem chegar
channel-whatsapp = WhatsApp
channel-sms = Mensagem de texto (SMS)
channel-email = E-mail

on = Ligado
off = Desligado
agreed = Você aceitou em { $date } ({ $how }).
no-need = Ligado até você desligar.
refused = Você desligou em { $date } ({ $how }).
pending = Perguntamos em { $date }. Nada chega antes do seu sim.
expired = Você aceitou em { $date }. Isso venceu, então nada chega.
unasked = Você não aceitou isto, então nada chega.
save = Salvar
again-link = Como ligar

how-web-form = formulário na web
how-api = registrado por nós
how-import = vindo dos nossos registros
how-staff = registrado pela nossa equipe
how-keyword = sua mensagem
how-button = um botão na conversa
how-wording = sua mensagem
how-review = sua mensagem
how-preference-page = esta página
how-erasure = você foi apagado dos nossos registros
how-inherited = vindo de um número anterior
how-join-form = formulário de inscrição
how-chat-link = link ou código QR
how-ad-click = sua mensagem depois de um anúncio
how-sms-message = seu SMS
how-sms-wording = seu SMS
how-email-link = link em um e-mail
how-other = { $source }

stop-heading = Parar tudo
stop-note = Nem ofertas, nem avisos de pedidos, nem códigos: nenhuma mensagem de nenhum tipo. Se depois você escrever para nós, poderemos responder.
stop-button = Parar todas as mensagens

meta-heading = A chave do próprio WhatsApp
meta-on = Pelo que o WhatsApp nos disse, a chave “Ofertas e anúncios” está ligada para { $business }.
meta-off = Você desligou “Ofertas e anúncios” de { $business } no WhatsApp em { $date }. Enquanto estiver desligada, nenhuma oferta chega, não importa o que está acima.
meta-note = Essa chave é do WhatsApp. Só você pode mudá-la, nós não:
meta-step-chat = No WhatsApp, abra a conversa com { $business }.
meta-step-name = Toque no nome, no alto.
meta-step-switch = Em “Ofertas e anúncios”, escolha o que quer.

again-heading = Ligar algo de novo
again-note = Esta página sozinha só pode desligar: um link pode cair em outras mãos. Para ligar algo, mostre que é você.
again-start = No WhatsApp, mande para nós a palavra START. Ela traz de volta o que você parou por mensagem ou nesta página.
again-start-button = Mandar START no WhatsApp
again-code = Ou peça um código abaixo. Com ele você também pode ligar itens avulsos aqui.

history-heading = Seu histórico
history-note = Tudo o que você aceitou e recusou, para ver e guardar. Para que ninguém mais veja, antes mandamos um código para o seu WhatsApp.
code-send = Mandar um código para mim
code-closed = O WhatsApp só nos deixa mandar um código até 24 horas depois de você nos escrever. Mande qualquer mensagem para nós e volte aqui.
code-write = Escrever para nós no WhatsApp
code-sent = Mandamos um código para o seu WhatsApp. Ele vale 10 minutos.
code-label = Os 6 números do código
code-open = Ver meu histórico
code-wrong = Esse não é o código. Olhe de novo, por favor.
code-late = Esse código já foi usado ou venceu. Peça um novo, por favor.
code-wait = Acabamos de mandar um código. Espere um minuto antes de pedir outro.
code-enough = Você já recebeu todos os códigos que mandamos em um dia. Tente de novo amanhã.
code-failed = Não foi possível mandar o código. Tente mais tarde, por favor.
code-message = Seu código para a sua página com { $business }: { $code }. Ele vale 10 minutos. Nunca vamos pedi-lo a você. Se você não pediu um código, não precisa fazer nada.

open-heading = Seu histórico
open-note = Você mostrou que é você. Por 15 minutos também pode ligar coisas aqui.
open-events = O que você aceitou e recusou
open-none = Ainda não há nada registrado.
open-receipt = Número do recibo
open-shown = O que foi mostrado a você: “{ $wording }”
receipt-one = Baixar recibo
receipt-all = Baixar todos os recibos
receipt-note = Um recibo é um arquivo que diz o que você aceitou, palavra por palavra, e como isso pode ser provado.
event-opt-in = Você aceitou
event-opt-out = Você recusou
event-opt-in-requested = Perguntamos a você
event-platform-stop = Você desligou as ofertas no WhatsApp
event-platform-resume = Você ligou as ofertas no WhatsApp
event-hold = Pausamos as mensagens
event-release = A pausa terminou
event-retract = Corrigimos um registro anterior
event-other = Outro registro
event-all = tudo
proof-late = Acabou o tempo para ligar coisas aqui. Peça um código novo, por favor.

## Inscrever-se

join-kind = O que você recebe
join-frequency = Com que frequência
join-choose = Quero receber
join-number = Seu número do WhatsApp
join-number-hint = Com o código do país, por exemplo +55 11 5555 0123.
join-email = Seu e-mail (opcional)
join-email-hint = Só se você quiser receber isto também por e-mail.
join-consent = Com este formulário você aceita que { $business } mande a você pelo WhatsApp o que você marcou. Você pode parar a qualquer momento: responda STOP. Não é preciso aceitar para comprar algo.
join-consent-email = Com este formulário você aceita que { $business } mande a você o que você marcou pelo WhatsApp e, se você der um endereço, também por e-mail. Você pode parar a qualquer momento: responda STOP ou use o link de cada e-mail. Não é preciso aceitar para comprar algo.
join-button = Sim, quero receber
join-faults = Olhe isto de novo, por favor
join-fault-number = Não conseguimos ler esse número. Escreva com o código do país, por exemplo +55 11 5555 0123.
join-fault-email = Não conseguimos ler esse e-mail. Corrija ou deixe o campo vazio.
join-fault-ticks = Nada está marcado. Marque o que você quer receber.
join-fault-changed = Esta página mudou desde que você a abriu. Leia de novo e marque o que você quer receber.

joined-title = Quase pronto
joined-heading = Quase pronto: mande a mensagem para nós no WhatsApp
joined-note = A mensagem já está escrita. Mande como está: ela nos mostra que o número é seu.
joined-button = Abrir o WhatsApp
joined-other = O WhatsApp está em outro celular? Leia este código com ele.
joined-code = Código QR que abre a conversa com { $business }
joined-no-chat = Olhe o seu WhatsApp, por favor. Se faltar algo, está lá.
joined-email = Também mandamos um e-mail para você. Confirme lá também, por favor.

unusable-heading = Não conseguimos usar isso
unusable-note = Nada foi mudado. Abra o formulário de novo e preencha outra vez, ou tente mais tarde.
unusable-again = Abrir o formulário de novo

poster-title = Cartaz · { $business }
poster-steps = Como se inscrever
poster-scan = Leia o código com a câmera do seu celular.
poster-send = Mande para nós a mensagem que já está escrita.
poster-answer = Responda “{ $answer }”.
poster-in = É só isso: você está dentro.
poster-code = Código QR que abre a conversa com { $business }
poster-by-answer = Com essa resposta você aceita que { $business } mande a você estas mensagens pelo WhatsApp. Você pode parar a qualquer momento: responda STOP. Não é preciso aceitar para comprar algo.
poster-by-message = Com essa mensagem você aceita que { $business } mande a você estas mensagens pelo WhatsApp. Você pode parar a qualquer momento: responda STOP. Não é preciso aceitar para comprar algo.
poster-print = Imprimir
poster-svg = Código QR (SVG)
poster-png = Código QR (PNG)

## Links que não abrem nada

late-heading = Este link venceu
late-note = Ele não mostra mais nada, mas ainda pode parar as nossas mensagens. Para um link novo, escreva para nós.
late-offers = Parar ofertas e novidades
late-done = Feito. Vale a partir de agora.
gone-heading = Este link não funciona
gone-note = Talvez falte uma parte dele, ou haja um mais novo. Para não receber mais mensagens, responda STOP a qualquer mensagem nossa.
trouble-heading = Não funcionou
trouble-note = Algo falhou do nosso lado e nada foi mudado. Tente de novo daqui a pouco. Para não receber mais mensagens, você também pode responder STOP a qualquer mensagem nossa.
foreign-heading = Isso não veio desta página
foreign-note = Outro site tentou mandar algo em seu nome. Nada foi mudado. Abra de novo o link da nossa mensagem.

## A pergunta de uma carta e a sua página

letter-question-subject = Confirme, por favor: e-mails de { $business }
letter-question-intro = Em { $date } alguém deu este endereço a { $business }, provavelmente você, nesta página:
letter-shown = Lá foram mostradas estas palavras:
letter-question-yes = Se foi você e concorda, abra esta página e diga sim nela. Só abrir ainda não muda nada:
letter-question-until = O link funciona até { $date }.
letter-question-no = Se não foi você, não precisa fazer nada: sem o seu sim nada chega. Na mesma página você também pode dizer que nunca devemos escrever para este endereço.
letter-receipt-subject = O que você aceitou: e-mails de { $business }
letter-receipt-intro = Em { $date } você aceitou receber e-mails de { $business }. Você deu o seu endereço nesta página:
letter-receipt-number = Número do recibo:
letter-receipt-change = Aqui você vê o que recebe e pode parar quando quiser:

confirm-title = Confirme, por favor · { $business }
confirm-heading = E-mails de { $business }: você concorda?
confirm-intro = Alguém nos deu o seu endereço de e-mail, provavelmente você. Nada chega antes de você dizer sim aqui.
confirm-shown = Isto foi mostrado
confirm-yes = Sim, concordo
confirm-no-heading = Não foi você?
confirm-no-note = Então não precisa fazer nada. Se quiser ter certeza, nunca mais escreveremos para o seu endereço.
confirm-no = Não fui eu: nunca me escrevam
confirm-agreed-heading = Obrigado, está registrado
confirm-agreed-note = Você aceitou receber e-mails de { $business }. Um recibo está a caminho. Você pode parar quando quiser.
confirm-refused-heading = Feito
confirm-refused-note = { $business } não escreve mais para o seu endereço de e-mail. Vale a partir de agora.
confirm-own-page = Ver suas escolhas

languages = Idioma
privacy = Privacidade

date = { $day } de { $month ->
    [1] janeiro
    [2] fevereiro
    [3] março
    [4] abril
    [5] maio
    [6] junho
    [7] julho
    [8] agosto
    [9] setembro
    [10] outubro
    [11] novembro
   *[12] dezembro
} de { $year }

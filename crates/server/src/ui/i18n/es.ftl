# Las páginas en español. Cada texto puede hablar de { $business }.

the-business = la empresa

## La página de una persona

page-title = Sus preferencias · { $business }
heading = Mensajes de { $business }
intro = Usted decide lo que recibe. Desactive lo que ya no quiera y guarde. Vale al instante.
saved = Guardado. Vale desde ahora.
saved-note = Todavía puede llegar un mensaje que ya estaba en camino.
silent = No recibe ningún mensaje de { $business }.
silent-note = Si usted nos escribe, podremos responderle.
paused = Las ofertas están en pausa mientras revisamos un mensaje suyo.
paused-until = Las ofertas están en pausa hasta el { $date }.

section-marketing = Ofertas y novedades
section-utility = Pedidos y avisos
section-authentication = Códigos de seguridad
section-service = Conversaciones
whole-marketing = Todas las ofertas y novedades
whole-marketing-note = También las que añadamos más adelante. Desactivado: no llega nada de esta lista.
whole-utility = Todos los pedidos y avisos
whole-utility-note = Sobre lo que compró, reservó o pidió.
whole-authentication = Todos los códigos de seguridad
whole-authentication-note = Códigos para entrar o confirmar algo.
whole-service = Todas las conversaciones
whole-service-note = Respuestas a lo que usted nos escribe.
channels-heading = Por dónde pueden llegar las ofertas
channel-whatsapp = WhatsApp
channel-sms = Mensaje de texto (SMS)
channel-email = Correo electrónico

on = Activado
off = Desactivado
agreed = Usted aceptó el { $date } ({ $how }).
no-need = Activado hasta que lo desactive.
refused = Usted lo desactivó el { $date } ({ $how }).
pending = Le preguntamos el { $date }. No llega nada antes de su sí.
expired = Usted aceptó el { $date }. Ya ha caducado, así que no llega nada.
unasked = Usted no ha aceptado esto, así que no llega nada.
save = Guardar
again-link = Cómo activarlo

how-web-form = formulario web
how-api = registrado por nosotros
how-import = tomado de nuestros registros
how-staff = registrado por nuestro personal
how-keyword = su mensaje
how-button = un botón en el chat
how-wording = su mensaje
how-review = su mensaje
how-preference-page = esta página
how-erasure = se le borró de nuestros registros
how-inherited = tomado de un número anterior
how-join-form = formulario de alta
how-chat-link = enlace o código QR
how-ad-click = su mensaje tras un anuncio
how-sms-message = su SMS
how-sms-wording = su SMS
how-email-link = enlace en un correo electrónico
how-other = { $source }

stop-heading = Parar todo
stop-note = Ni ofertas, ni avisos de pedidos, ni códigos: ningún mensaje de ningún tipo. Si más adelante usted nos escribe, podremos responderle.
stop-button = Parar todos los mensajes

meta-heading = El interruptor del propio WhatsApp
meta-on = Según lo que nos ha dicho WhatsApp, su interruptor «Ofertas y anuncios» está activado para { $business }.
meta-off = Usted desactivó «Ofertas y anuncios» de { $business } en WhatsApp el { $date }. Mientras esté desactivado no llegan ofertas, diga lo que diga lo de arriba.
meta-note = Ese interruptor es de WhatsApp. Solo usted puede cambiarlo, nosotros no:
meta-step-chat = En WhatsApp, abra el chat con { $business }.
meta-step-name = Toque el nombre, arriba.
meta-step-switch = En «Ofertas y anuncios», elija lo que quiera.

again-heading = Volver a activar algo
again-note = Esta página por sí sola solo puede desactivar: un enlace puede caer en otras manos. Para activar algo, muéstrenos que es usted.
again-start = En WhatsApp, envíenos la palabra START. Recupera lo que usted paró con un mensaje o en esta página.
again-start-button = Enviar START en WhatsApp
again-code = O pida un código más abajo. Con él también puede activar aquí cosas sueltas.

history-heading = Su historial
history-note = Todo lo que aceptó y rechazó, para verlo y guardarlo. Para que nadie más lo vea, antes le enviamos un código a su WhatsApp.
code-send = Enviarme un código
code-closed = WhatsApp solo nos deja enviarle un código dentro de las 24 horas después de que usted nos escriba. Envíenos cualquier mensaje y vuelva aquí.
code-write = Escribirnos en WhatsApp
code-sent = Le hemos enviado un código a su WhatsApp. Vale 10 minutos.
code-label = Las 6 cifras del código
code-open = Ver mi historial
code-wrong = Ese no es el código. Mírelo otra vez, por favor.
code-late = Ese código ya se usó o ha caducado. Pida uno nuevo, por favor.
code-wait = Acabamos de enviarle un código. Espere un minuto antes de pedir otro.
code-enough = Ya ha recibido todos los códigos que enviamos en un día. Vuelva a intentarlo mañana.
code-failed = No se pudo enviar el código. Inténtelo más tarde, por favor.
code-message = Su código para su página con { $business }: { $code }. Vale 10 minutos. Nunca se lo pediremos. Si usted no pidió un código, no tiene que hacer nada.

open-heading = Su historial
open-note = Nos ha mostrado que es usted. Durante 15 minutos también puede activar cosas aquí.
open-events = Lo que aceptó y rechazó
open-none = Todavía no hay nada registrado.
open-receipt = Número de recibo
open-shown = Lo que se le mostró: «{ $wording }»
receipt-one = Descargar recibo
receipt-all = Descargar todos los recibos
receipt-note = Un recibo es un archivo que dice qué aceptó usted, palabra por palabra, y cómo se puede probar.
event-opt-in = Usted aceptó
event-opt-out = Usted rechazó
event-opt-in-requested = Le preguntamos
event-platform-stop = Usted desactivó las ofertas en WhatsApp
event-platform-resume = Usted activó las ofertas en WhatsApp
event-hold = Pusimos los mensajes en pausa
event-release = Terminó la pausa
event-retract = Corregimos una anotación anterior
event-other = Otra anotación
event-all = todo
proof-late = Se acabó el tiempo para activar cosas aquí. Pida un código nuevo, por favor.

## Inscribirse

join-kind = Qué recibe
join-frequency = Cada cuánto
join-choose = Quiero recibir
join-number = Su número de WhatsApp
join-number-hint = Con el código del país, por ejemplo +52 55 5555 0103.
join-email = Su correo electrónico (opcional)
join-email-hint = Solo si también quiere recibirlo por correo electrónico.
join-consent = Con este formulario usted acepta que { $business } le envíe por WhatsApp lo que ha marcado. Puede pararlo en cualquier momento: responda STOP. No hace falta que acepte para comprar nada.
join-consent-email = Con este formulario usted acepta que { $business } le envíe por WhatsApp lo que ha marcado, y por correo electrónico si da una dirección. Puede pararlo en cualquier momento: responda STOP o use el enlace de cada correo. No hace falta que acepte para comprar nada.
join-button = Sí, envíenme esto
join-faults = Revise esto, por favor
join-fault-number = No podemos leer ese número. Escríbalo con el código del país, por ejemplo +52 55 5555 0103.
join-fault-email = No podemos leer ese correo electrónico. Corríjalo o deje el campo vacío.
join-fault-ticks = No ha marcado nada. Marque lo que quiera recibir.
join-fault-changed = Esta página ha cambiado desde que usted la abrió. Léala otra vez y marque lo que quiera recibir.

joined-title = Ya casi está
joined-heading = Ya casi está: envíenos el mensaje en WhatsApp
joined-note = El mensaje ya está escrito. Envíelo tal como está: nos muestra que el número es suyo.
joined-button = Abrir WhatsApp
joined-other = ¿Tiene WhatsApp en otro teléfono? Escanee este código con él.
joined-code = Código QR que abre el chat con { $business }
joined-no-chat = Mire su WhatsApp, por favor. Si queda algo por hacer, está allí.
joined-email = También le enviamos un correo electrónico. Confirme allí también, por favor.

unusable-heading = No hemos podido usar eso
unusable-note = No se ha cambiado nada. Abra otra vez el formulario y rellénelo de nuevo, o inténtelo más tarde.
unusable-again = Abrir otra vez el formulario

poster-title = Cartel · { $business }
poster-steps = Cómo inscribirse
poster-scan = Escanee el código con la cámara de su teléfono.
poster-send = Envíenos el mensaje que ya está escrito.
poster-answer = Responda «{ $answer }».
poster-in = Eso es todo: ya está dentro.
poster-code = Código QR que abre el chat con { $business }
poster-by-answer = Con esa respuesta usted acepta que { $business } le envíe estos mensajes por WhatsApp. Puede pararlos en cualquier momento: responda STOP. No hace falta que acepte para comprar nada.
poster-by-message = Con ese mensaje usted acepta que { $business } le envíe estos mensajes por WhatsApp. Puede pararlos en cualquier momento: responda STOP. No hace falta que acepte para comprar nada.
poster-print = Imprimir
poster-svg = Código QR (SVG)
poster-png = Código QR (PNG)

## Enlaces que no abren nada

late-heading = Este enlace ha caducado
late-note = Ya no muestra nada, pero todavía puede parar nuestros mensajes. Para un enlace nuevo, escríbanos.
late-offers = Parar ofertas y novedades
late-done = Hecho. Vale desde ahora.
gone-heading = Este enlace no funciona
gone-note = Puede que le falte una parte o que haya otro más nuevo. Para no recibir más mensajes, responda STOP a cualquier mensaje nuestro.
trouble-heading = No ha funcionado
trouble-note = Algo falló por nuestra parte y no se ha cambiado nada. Inténtelo otra vez en un momento. Para no recibir más mensajes, también puede responder STOP a cualquier mensaje nuestro.
foreign-heading = Eso no vino de esta página
foreign-note = Otro sitio web intentó enviar algo en su nombre. No se ha cambiado nada. Abra otra vez el enlace de nuestro mensaje.

## La pregunta de una carta y su página

letter-question-subject = Confirme, por favor: correos de { $business }
letter-question-intro = El { $date } alguien dio esta dirección a { $business }, probablemente usted, en esta página:
letter-shown = Allí se mostraron estas palabras:
letter-question-yes = Si fue usted y está de acuerdo, abra esta página y diga que sí allí. Abrirla todavía no cambia nada:
letter-question-until = El enlace funciona hasta el { $date }.
letter-question-no = Si no fue usted, no tiene que hacer nada: sin su sí no recibirá nada. En la misma página también puede decir que no escribamos nunca a esta dirección.
letter-receipt-subject = Lo que usted aceptó: correos de { $business }
letter-receipt-intro = El { $date } usted aceptó recibir correos de { $business }. Dio su dirección en esta página:
letter-receipt-number = Número de recibo:
letter-receipt-change = Aquí ve lo que recibe y puede pararlo cuando quiera:

confirm-title = Confirme, por favor · { $business }
confirm-heading = Correos de { $business }: ¿está de acuerdo?
confirm-intro = Alguien nos dio su dirección de correo, probablemente usted. No llegará nada antes de que diga que sí aquí.
confirm-shown = Esto es lo que se mostró
confirm-yes = Sí, estoy de acuerdo
confirm-no-heading = ¿No fue usted?
confirm-no-note = Entonces no tiene que hacer nada. Si quiere estar seguro, no volveremos a escribir nunca a su dirección.
confirm-no = No fui yo: no me escriban nunca
confirm-agreed-heading = Gracias, ha quedado registrado
confirm-agreed-note = Usted aceptó recibir correos de { $business }. Un recibo va en camino. Puede pararlos cuando quiera.
confirm-refused-heading = Hecho
confirm-refused-note = { $business } ya no escribe a su dirección de correo. Vale desde ahora.
confirm-own-page = Ver sus preferencias

languages = Idioma
privacy = Privacidad

date = { $day } de { $month ->
    [1] enero
    [2] febrero
    [3] marzo
    [4] abril
    [5] mayo
    [6] junio
    [7] julio
    [8] agosto
    [9] septiembre
    [10] octubre
    [11] noviembre
   *[12] diciembre
} de { $year }

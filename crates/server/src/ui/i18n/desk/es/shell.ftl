# What stands around every page of the dashboard.
nav-skip = Ir al contenido
nav-menu = Menú
nav-pages = Páginas
nav-home = Inicio
nav-users = Equipo
nav-sign-out = Cerrar sesión

desk-home = A la página de inicio
desk-save = Guardar
desk-cancel = Cancelar
desk-yes = Sí
desk-no = No
desk-gone = Aquí no hay nada
desk-gone-note = La dirección no lleva a ninguna parte, o lo que había ya no está.
desk-forbidden = Su función no lo permite
desk-forbidden-note = Un administrador de su equipo puede darle otra función.
desk-foreign = Este formulario ya no vale
desk-foreign-note = Vino de otra página o de una sesión que terminó. No se cambió nada: abra la página de nuevo y envíelo desde allí.
desk-refused = No se pudo hacer
desk-too-large = Lo que envió es demasiado grande. No se cambió nada.
desk-broken-note = Algo falla de nuestro lado y quedó en el registro. Inténtelo de nuevo.

role-viewer = Observador
role-viewer-note = Lo ve todo; los números van ocultos.
role-agent = Agente
role-agent-note = Habla con clientes, decide mensajes dudosos, registra bajas.
role-marketer = Marketing
role-marketer-note = Campañas, plantillas, etiquetas, segmentos, listas; registra bajas.
role-compliance = Cumplimiento
role-compliance-note = Registra altas con pruebas, cambia las reglas, borra y exporta.
role-admin = Administrador
role-admin-note = Todo, y quién más puede qué.

nav-reviews = Por decidir
nav-settings = Ajustes
nav-count-unread = { $count ->
    [one] Una sin leer
    [100] Más de 99 sin leer
   *[other] { $count } sin leer
}
nav-count-reviews = { $count ->
    [one] Un mensaje por decidir
    [100] Más de 99 mensajes por decidir
   *[other] { $count } mensajes por decidir
}
nav-count-quarantine = { $count ->
    [one] Una parte sin entender
    [100] Más de 99 partes sin entender
   *[other] { $count } partes sin entender
}
nav-count-alerts = { $count ->
    [one] Una alerta
    [100] Más de 99 alertas
   *[other] { $count } alertas
}
settings-consent = Palabras de baja y de alta, alcance, confirmaciones, y a quién afectaría un cambio.
settings-attributes = Qué atributos tienen los clientes y qué tipo de valor guarda cada uno.
settings-users = Quién trabaja aquí, qué puede hacer, e invitaciones.
settings-account = Su nombre, idioma, zona horaria, contraseña y autenticador.
reviews-note = Estos mensajes pueden querer decir «basta». Hasta que alguien decida, el marketing a la persona puede quedar retenido. Abra uno y diga en la conversación qué quería decir.
reviews-none = Nada espera una decisión.
reviews-inbox = Ir a la bandeja
reviews-erased = Las palabras se borraron.
review-kind-review = Puede ser una baja
review-kind-stop = Baja
review-kind-topic = Sobre un tema
review-kind-pause = Quiere una pausa
review-kind-erasure = Quiere ser olvidado
review-kind-wrong-number = Número equivocado

desk-again = Abrir la página de nuevo
desk-method = Una página no se puede pedir de esta manera. Ábrala desde el menú.
desk-unreadable = Lo que se envió no se pudo leer. Nada cambió.
factor-required = Su equipo pide a todos un segundo factor. Añada un autenticador y podrá continuar.
account-factor-other = Usar otro autenticador
inbox-opt-in = Dar de alta, con prueba
home-unread = { $count ->
    [one] Una conversación tiene algo sin leer.
    [100] Más de 99 conversaciones tienen algo sin leer.
   *[other] { $count } conversaciones tienen algo sin leer.
}
home-ledger = { $count ->
    [one] El registro tiene una entrada.
   *[other] El registro tiene { $count } entradas.
}
home-ledger-never = Sin verificar desde el arranque
home-ledger-running = Verificándose
home-ledger-holds = Todo encaja
home-ledger-breaks = Algo no encaja
home-ledger-failed = No se pudo verificar
home-step-done = Hecho
home-step-open = Pendiente
home-step-number = Conecte un número suyo (en el archivo de ajustes: whatsapp.accounts).
home-step-key = Cree una clave para su aplicación.
home-step-colleague = Invite a alguien de su equipo.
home-step-form = Cree un formulario para que la gente se inscriba.

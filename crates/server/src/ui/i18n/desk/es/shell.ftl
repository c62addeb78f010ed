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
role-marketer-note = Etiquetas, segmentos, listas; registra bajas.
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

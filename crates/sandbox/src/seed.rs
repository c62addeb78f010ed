//! The people, numbers and templates of a fresh sandbox; every number is from a range kept for fiction, or invented.

use serde_json::{Value, json};

use crate::given::{Account, NewCustomer, NewTemplate, Number};

/// One account with one number.
pub fn accounts() -> Vec<Account> {
    let number = Number {
        id: "109900000000001".to_owned(),
        display: "12025550100".to_owned(),
    };
    vec![Account {
        id: "209900000000001".to_owned(),
        numbers: vec![number],
    }]
}

/// Six people: two known by British numbers, one American, one Brazilian, one Mexican, one by username only.
pub fn customers() -> Vec<NewCustomer> {
    let mut noor = person("Noor Haddad", "", "en_GB");
    noor.username = Some("noor.haddad".to_owned());
    noor.bsuid = Some("GB.70055512345678909876".to_owned());
    let mut ada = person("Ada Example", "447700900123", "en_GB");
    ada.bsuid = Some("GB.70012345678901234567".to_owned());
    vec![
        person("Ana Souza", "5551998765432", "pt_BR"),
        ada,
        person("Sam Rivera", "12025550142", "en_US"),
        person("Luz Hernández", "525555550103", "es"),
        noor,
        person("Ben Carter", "447700900188", "en_GB"),
    ]
}

/// Marketing, utility and authentication templates in up to four languages, all approved.
pub fn templates() -> Vec<NewTemplate> {
    let mut all = Vec::new();
    for (language, body, footer, buttons) in SPRING {
        all.push(template(
            "spring_sale",
            language,
            "MARKETING",
            text(body, Some(footer), &buttons),
        ));
    }
    for language in ["en_GB", "en_US"] {
        let body = "Hi {{1}}, the autumn sale is on: 20% off knitwear until Sunday.";
        let parts = text(
            body,
            Some("Not interested? Tap Stop promotions."),
            &["Stop promotions"],
        );
        all.push(template("autumn_sale", language, "MARKETING", parts));
    }
    for (language, body) in ORDER_UPDATE {
        all.push(template(
            "order_update",
            language,
            "UTILITY",
            text(body, None, &[]),
        ));
    }
    for language in ["en_GB", "en_US"] {
        let body = "A note on your order: {{1}}";
        all.push(template(
            "order_note",
            language,
            "UTILITY",
            text(body, None, &[]),
        ));
    }
    for (name, language, body) in STORIES {
        all.push(template(name, language, "MARKETING", text(body, None, &[])));
    }
    all.extend(CONFIRM_SUBSCRIPTION.iter().map(confirm_subscription));
    all.push(template(
        "login_code",
        "en_US",
        "AUTHENTICATION",
        login_code(),
    ));
    for (name, id) in [
        ("autumn_sale", 509_900_000_000_001),
        ("order_note", 509_900_000_000_002),
    ] {
        if let Some(known) = all
            .iter_mut()
            .find(|t| t.name == name && t.language == "en_GB")
        {
            known.id = Some(id);
        }
    }
    all
}

/// The body of a request that sends a template, as an app would write it; `parameter` fills the first gap.
pub fn message(to: &str, template: &str, parameter: Option<&str>) -> Value {
    let mut content = json!({"name": template, "language": {"code": "en_GB"}});
    if let (Some(text), Some(content)) = (parameter, content.as_object_mut()) {
        let parameters = json!([{"type": "text", "text": text}]);
        let components = json!([{"type": "body", "parameters": parameters}]);
        content.insert("components".to_owned(), components);
    }
    json!({"messaging_product": "whatsapp", "to": to, "type": "template", "template": content})
}

/// What the journeys send that the dashboard offers to begin with.
const STORIES: [(&str, &str, &str); 12] = [
    (
        "welcome",
        "en",
        "Hi {{1}}, welcome! You will hear from us when there is something new.",
    ),
    (
        "welcome",
        "es",
        "Hola, {{1}}: ¡qué bien que esté aquí! Le avisaremos cuando haya novedades.",
    ),
    (
        "welcome",
        "pt_BR",
        "Olá, {{1}}! Que bom ter você aqui. Avisaremos quando houver novidades.",
    ),
    (
        "welcome_tips",
        "en",
        "Hi {{1}}, would you like to see how others plan their garden? Just answer.",
    ),
    (
        "welcome_tips",
        "es",
        "Hola, {{1}}: ¿quiere ver cómo otros planean su jardín? Solo responda.",
    ),
    (
        "welcome_tips",
        "pt_BR",
        "Olá, {{1}}! Quer ver como outros planejam o jardim? É só responder.",
    ),
    (
        "birthday",
        "en",
        "Happy birthday, {{1}}! A seed packet of your choice is waiting in the shop.",
    ),
    (
        "birthday",
        "es",
        "¡Feliz cumpleaños, {{1}}! Un sobre de semillas a su gusto le espera en la tienda.",
    ),
    (
        "birthday",
        "pt_BR",
        "Feliz aniversário, {{1}}! Um pacote de sementes à sua escolha espera na loja.",
    ),
    (
        "win_back",
        "en",
        "Hi {{1}}, it has been a while. Is there anything that we can help you with?",
    ),
    (
        "win_back",
        "es",
        "Hola, {{1}}: hace tiempo que no sabemos de usted. ¿Podemos ayudarle en algo?",
    ),
    (
        "win_back",
        "pt_BR",
        "Olá, {{1}}! Faz tempo que não nos falamos. Podemos ajudar em algo?",
    ),
];

const SPRING: [(&str, &str, &str, [&str; 2]); 4] = [
    (
        "en_US",
        "Spring is here! 🌷 Everything in the garden collection is 30% off this week.",
        "Tap Stop promotions to opt out.",
        ["Show me", "Stop promotions"],
    ),
    (
        "en_GB",
        "Spring is here! 🌷 Everything in the garden collection is 30% off this week.",
        "Tap Stop promotions to opt out.",
        ["Show me", "Stop promotions"],
    ),
    (
        "pt_BR",
        "A primavera chegou! 🌷 Toda a coleção de jardim com 30% de desconto nesta semana.",
        "Toque em Parar promoções para sair.",
        ["Quero ver", "Parar promoções"],
    ),
    (
        "es",
        "¡Llegó la primavera! 🌷 Toda la colección de jardín con un 30% de descuento esta semana.",
        "Toca Detener promociones para salir.",
        ["Quiero ver", "Detener promociones"],
    ),
];

const ORDER_UPDATE: [(&str, &str); 4] = [
    (
        "en_US",
        "Your order {{1}} is on its way and should arrive tomorrow.",
    ),
    (
        "en_GB",
        "Your order {{1}} is on its way and should arrive tomorrow.",
    ),
    (
        "pt_BR",
        "Seu pedido {{1}} está a caminho e deve chegar amanhã.",
    ),
    (
        "es",
        "Tu pedido {{1}} está en camino y debería llegar mañana.",
    ),
];

/// The question to a number that somebody wrote into a form; the gaps are what they chose, and how often it comes.
struct Question {
    language: &'static str,
    body: &'static str,
    example: [&'static str; 2],
    answers: [&'static str; 2],
}

const CONFIRM_SUBSCRIPTION: [Question; 6] = [
    Question {
        language: "en_US",
        body: IN_ENGLISH,
        example: ["Weekly offers", "up to 4 messages a month"],
        answers: ["Yes, please", "No, thanks"],
    },
    Question {
        language: "en_GB",
        body: IN_ENGLISH,
        example: ["Weekly offers", "up to 4 messages a month"],
        answers: ["Yes, please", "No, thanks"],
    },
    Question {
        language: "es",
        body: "Alguien, esperamos que tú, nos dio este número en nuestra web. ¿Quieres recibir aquí {{1}} ({{2}})? \
               Puedes dejarlo cuando quieras: responde STOP. Si no fuiste tú, no hace falta que hagas nada.",
        example: ["Ofertas semanales", "hasta 4 mensajes al mes"],
        answers: ["Sí, por favor", "No, gracias"],
    },
    Question {
        language: "pt_BR",
        body: "Alguém, esperamos que você, informou este número no nosso site. Quer receber por aqui {{1}} ({{2}})? \
               Você pode sair quando quiser: responda STOP. Se não foi você, não precisa fazer nada.",
        example: ["Ofertas semanais", "até 4 mensagens por mês"],
        answers: ["Sim, quero", "Não, obrigado"],
    },
    Question {
        language: "hi",
        body: "किसी ने, उम्मीद है आपने ही, हमारी वेबसाइट पर यह नंबर दिया है। क्या आप हमसे यहाँ {{1}} ({{2}}) पाना चाहते हैं? \
               आप कभी भी बंद कर सकते हैं: जवाब में STOP लिखें। अगर वह आप नहीं थे, तो आपको कुछ करने की ज़रूरत नहीं है।",
        example: ["साप्ताहिक ऑफ़र", "महीने में ज़्यादा से ज़्यादा 4 संदेश"],
        answers: ["हाँ, ज़रूर", "नहीं, धन्यवाद"],
    },
    Question {
        language: "ar",
        body: "أدخل شخص ما، ونأمل أنه أنت، هذا الرقم في موقعنا. هل تريد استلام {{1}} ({{2}}) منا هنا؟ \
               يمكنك التوقف في أي وقت: أرسل STOP. إن لم تكن أنت، فلا حاجة لفعل أي شيء.",
        example: ["العروض الأسبوعية", "حتى 4 رسائل في الشهر"],
        answers: ["نعم، من فضلك", "لا، شكرًا"],
    },
];

const IN_ENGLISH: &str = "Someone, we hope it was you, gave us this number on our website. Do you want to get {{1}} ({{2}}) \
                          from us here? You can leave at any time: reply STOP. If it was not you, there is nothing to do.";

fn confirm_subscription(question: &Question) -> NewTemplate {
    let mut parts = text(question.body, None, &question.answers);
    if let Some(body) = parts.get_mut(0).and_then(Value::as_object_mut) {
        let example = json!({"body_text": [question.example]});
        body.insert("example".to_owned(), example);
    }
    template("confirm_subscription", question.language, "UTILITY", parts)
}

fn person(name: &str, phone: &str, language: &str) -> NewCustomer {
    let phone = Some(phone.to_owned()).filter(|digits| !digits.is_empty());
    NewCustomer {
        name: name.to_owned(),
        phone,
        language: Some(language.to_owned()),
        ..NewCustomer::default()
    }
}

fn template(name: &str, language: &str, category: &str, components: Value) -> NewTemplate {
    NewTemplate {
        name: name.to_owned(),
        language: language.to_owned(),
        category: category.to_owned(),
        components,
        id: None,
        parameter_format: None,
    }
}

fn text(body: &str, footer: Option<&str>, quick_replies: &[&str]) -> Value {
    let mut parts = vec![json!({"type": "BODY", "text": body})];
    parts.extend(footer.map(|text| json!({"type": "FOOTER", "text": text})));
    if !quick_replies.is_empty() {
        let buttons: Vec<Value> = quick_replies
            .iter()
            .map(|text| json!({"type": "QUICK_REPLY", "text": text}))
            .collect();
        parts.push(json!({"type": "BUTTONS", "buttons": buttons}));
    }
    Value::Array(parts)
}

fn login_code() -> Value {
    json!([
        {"type": "BODY", "text": "*{{1}}* is your login code.", "add_security_recommendation": true},
        {"type": "FOOTER", "code_expiration_minutes": 10},
        {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE", "text": "Copy code"}]}
    ])
}

//! Bodies of sends: what is read, what is refused, and that what was read is what is sent.

use consent::permit::Recipient;
use graph::{
    message::{
        Button, Endpoint, File, FilePlace, Fill, FlowCall, Kind, Outgoing, Refused, Request, Row,
        buttons, filled, flow, list, read, template, text,
    },
    template::Media,
};

fn request(body: &str) -> Result<Request, Refused> {
    read(body.as_bytes(), Endpoint::Messages, None)
}

fn message(body: &str) -> Outgoing {
    match request(body) {
        Ok(Request::Message(message)) => message,
        other => panic!("{body}: {other:?}"),
    }
}

fn refused(body: &str) -> Refused {
    request(body).expect_err(body)
}

fn word(kind: &Kind) -> String {
    match kind {
        Kind::Template { name, language } => format!("template {name} {language}"),
        Kind::Direct { category, content } => format!("direct {} {content}", category.word()),
        Kind::FreeForm { content } => format!("free {content}"),
    }
}

#[test]
fn the_kind_of_a_message_is_read_from_its_body() {
    let golden = include_str!("../golden/38_send_request_template.json");
    assert_eq!(word(&message(golden).kind), "template autumn_sale en_GB");
    for (rest, want) in [
        (r#""type":"text","text":{"body":"hi"}"#, "free text"),
        (r#""text":{"body":"hi"}"#, "free text"),
        (
            r#""type":null,"text":{"body":"hi"},"template":null"#,
            "free text",
        ),
        (r#""type":"TEXT","text":{"body":"hi"}"#, "free text"),
        (
            r#""type":"image","image":{"id":"1","caption":"x"}"#,
            "free image",
        ),
        (
            r#""type":"contacts","contacts":[{"name":{}}]"#,
            "free contacts",
        ),
        (
            r#""type":"reaction","reaction":{"message_id":"x","emoji":""}"#,
            "free reaction",
        ),
        (
            r#""type":"interactive","interactive":{"type":"button"}"#,
            "free interactive",
        ),
        (
            r#""type":"interactive","interactive":{},"context":{"message_id":"w"}"#,
            "free interactive",
        ),
        (
            r#""type":"text","text":{"body":"x"},"category":"UTILITY""#,
            "direct utility text",
        ),
        (
            r#""type":"interactive","interactive":{},"category":"authentication""#,
            "direct authentication interactive",
        ),
        (
            r#""text":{"body":"x"},"category":"marketing""#,
            "direct marketing text",
        ),
        (r#""text":{"body":"x"},"category":null"#, "free text"),
        (
            r#""type":"template","template":{"name":"a","language":{"code":"en-US"}},"category":"utility""#,
            "template a en_US",
        ),
        (
            r#""type":"template","template":{"name":"a","language":{"policy":"deterministic","code":"en"},"components":[{"type":"BODY","parameters":[{"type":"text","text":"x"}]}]},"category":7"#,
            "template a en",
        ),
        (
            r#""type":"template","text":null,"image":null,"template":{"name":"a","language":{"code":"en"}}"#,
            "template a en",
        ),
    ] {
        let body = format!(r#"{{"messaging_product":"whatsapp","to":"447700900123",{rest}}}"#);
        assert_eq!(word(&message(&body).kind), want, "{body}");
    }
}

#[test]
fn recipients_are_read_in_every_spelling() {
    let of = |members: &str| message(&format!(r#"{{{members},"text":{{"body":"x"}}}}"#));
    for to in [
        r#""447700900123""#,
        r#""+447700900123""#,
        r#""+44 7700 900-123""#,
        "447700900123",
        r#""00447700900123""#,
    ] {
        let message = of(&format!(r#""to":{to}"#));
        assert_eq!(message.to.unwrap().digits(), "447700900123", "{to}");
        assert_eq!((message.recipient, message.group), (None, None));
    }
    let both = of(r#""to":"447700900123","recipient":"GB.7001","recipient_type":"individual""#);
    assert_eq!(both.recipients().len(), 2);
    for members in [
        r#""recipient":"GB.7001""#,
        r#""to":null,"recipient":"GB.7001","recipient_type":null"#,
        r#""to":"GB.7001""#,
        r#""to":"GB.7001","recipient":"GB.7001""#,
    ] {
        let message = of(members);
        assert_eq!(message.recipient.unwrap().as_str(), "GB.7001", "{members}");
        assert_eq!(message.to, None);
    }
    let parent = of(r#""recipient":"GB.ENT.8009""#);
    assert!(parent.recipient.unwrap().is_parent());
    let group = of(r#""to":"Y2FwaV9ncm91cDox","recipient_type":"group""#);
    assert_eq!(
        group.recipients(),
        [Recipient::Group("Y2FwaV9ncm91cDox".to_owned())]
    );
    let home = Some("GB".parse().unwrap());
    let national = br#"{"to":"07700 900123","text":{"body":"x"}}"#;
    match read(national, Endpoint::Messages, home) {
        Ok(Request::Message(message)) => assert_eq!(message.to.unwrap().digits(), "447700900123"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_cannot_be_read_for_certain_is_refused_with_its_reason() {
    let x = r#""text":{"body":"x"}"#;
    for (body, code, part) in [
        (String::new(), 100, "not a JSON object"),
        ("7".to_owned(), 100, "not a JSON object"),
        ("[]".to_owned(), 100, "batch"),
        ("to=447700900123&type=text&text[body]=x".to_owned(), 100, "form-encoded"),
        (format!(r#"{{"to":"447700900123",{x}"#), 100, "cannot be read as JSON"),
        (format!(r#"{{"to":"447700900123","to":"447700900124",{x}}}"#), 100, "`to` stands there twice"),
        (format!(r#"{{"to":"447700900123","template":{{"name":"a","name":"b"}},{x}}}"#), 100, "`name` stands there twice"),
        (format!(r#"{{"to":"447700900123","To":"447700900124",{x}}}"#), 100, "`To` looks like"),
        (format!(r#"{{"to":"447700900123"," type":"template",{x}}}"#), 100, "looks like"),
        (format!(r#"{{"to":"447700900123","template[name]":"a",{x}}}"#), 100, "looks like"),
        (format!(r#"{{"to":"447700900123","method":"delete",{x}}}"#), 100, "`method`"),
        (format!(r#"{{"to":"447700900123","batch":[],{x}}}"#), 100, "`batch`"),
        (format!(r#"{{{x}}}"#), 131_008, "no recipient"),
        (format!(r#"{{"to":null,{x}}}"#), 131_008, "no recipient"),
        (format!(r#"{{"to":"","recipient":"GB.1",{x}}}"#), 131_009, "`to` names nobody"),
        (format!(r#"{{"to":["447700900123"],{x}}}"#), 100, "`to` cannot be read"),
        (format!(r#"{{"to":"123456",{x}}}"#), 131_009, "7 to 15 digits"),
        (format!(r#"{{"to":"07700900123",{x}}}"#), 131_009, "7 to 15 digits"),
        (format!(r#"{{"to":"ana",{x}}}"#), 131_009, "`to` names nobody"),
        (format!(r#"{{"to":"gb.7001",{x}}}"#), 131_009, "business-scoped"),
        (format!(r#"{{"recipient":"447700900123",{x}}}"#), 131_009, "`recipient` names nobody"),
        (format!(r#"{{"to":"GB.1","recipient":"GB.2",{x}}}"#), 131_009, "different people"),
        (format!(r#"{{"to":"g","recipient":"GB.2","recipient_type":"group",{x}}}"#), 131_009, "different people"),
        (format!(r#"{{"to":"447700900123","recipient_type":"everyone",{x}}}"#), 100, "`recipient_type`"),
        (r#"{"to":"447700900123"}"#.to_owned(), 131_008, "`type` is missing"),
        (r#"{"to":"447700900123","template":{"name":"a","language":{"code":"en"}}}"#.to_owned(), 131_008, "`type` is missing"),
        (r#"{"to":"447700900123","image":{"id":"1"}}"#.to_owned(), 131_008, "`type` is missing"),
        (r#"{"to":"447700900123","type":"text"}"#.to_owned(), 131_008, "no `text`"),
        (r#"{"to":"447700900123","type":"text","text":null}"#.to_owned(), 131_008, "no `text`"),
        (r#"{"to":"447700900123","type":"text","text":"x"}"#.to_owned(), 100, "`text` cannot be read"),
        (format!(r#"{{"to":"447700900123","type":7,{x}}}"#), 100, "`type` cannot be read"),
        (r#"{"to":"447700900123","type":"novelty","novelty":{}}"#.to_owned(), 100, "`type` is `novelty`"),
        (format!(r#"{{"to":"447700900123","type":"text","template":{{}},{x}}}"#), 100, "`template` in the body as well"),
        (format!(r#"{{"to":"447700900123","type":"template","template":{{"name":"a","language":{{"code":"en"}}}},{x}}}"#), 100, "`text` in the body as well"),
        (format!(r#"{{"to":"447700900123","type":"text","image":[],{x}}}"#), 100, "`image` in the body as well"),
        (r#"{"to":"447700900123","type":"template","template":{}}"#.to_owned(), 131_008, "`template.name` is missing"),
        (r#"{"to":"447700900123","type":"template","template":{"name":"a"}}"#.to_owned(), 131_008, "`template.language.code` is missing"),
        (r#"{"to":"447700900123","type":"template","template":{"name":["a"],"language":{"code":"en"}}}"#.to_owned(), 100, "`template.name` cannot be read"),
        (format!(r#"{{"to":"447700900123","category":"service",{x}}}"#), 100, "`category`"),
        (format!(r#"{{"to":"447700900123","category":["utility"],{x}}}"#), 100, "`category`"),
        (format!(r#"{{"to":"447700900123","category":"",{x}}}"#), 100, "`category`"),
        (format!(r#"{{"to":"447700900123","status":"read","message_id":"w",{x}}}"#), 100, "no read receipt"),
        (r#"{"status":"typing","message_id":"w"}"#.to_owned(), 100, "no read receipt"),
        (r#"{"status":"read"}"#.to_owned(), 131_008, "`message_id` is missing"),
        (r#"{"status":"read","message_id":"w","type":"template"}"#.to_owned(), 100, "no read receipt"),
        (format!(r#"{{"to":"447700900123","biz_opaque_callback_data":7,{x}}}"#), 100, "512"),
        (format!(r#"{{"to":"447700900123","biz_opaque_callback_data":"{}",{x}}}"#, "é".repeat(513)), 100, "512"),
    ] {
        let refused = refused(&body);
        assert!(refused.to_string().contains(part), "{body}: {refused}");
        assert_eq!(refused.code(), code, "{body}: {refused}");
    }
}

#[test]
fn marketing_messages_take_templates_only() {
    let golden = include_bytes!("../golden/38_send_request_template.json");
    assert!(read(golden, Endpoint::MarketingMessages, None).is_ok());
    let text = br#"{"to":"447700900123","type":"text","text":{"body":"x"}}"#;
    let refused = read(text, Endpoint::MarketingMessages, None).unwrap_err();
    assert_eq!(refused, Refused::NotATemplate("text".to_owned()));
}

#[test]
fn read_receipts_and_typing_indicators_pass_as_they_came() {
    for body in [
        r#"{"messaging_product":"whatsapp","status":"read","message_id":"wamid.X"}"#,
        r#"{"messaging_product":"whatsapp","status":"read","message_id":"wamid.X","typing_indicator":{"type":"text"}}"#,
        r#"{"messaging_product":"whatsapp","to":null,"text":null,"status":"read","message_id":"wamid.X"}"#,
    ] {
        match request(body) {
            Ok(Request::Receipt(receipt)) => {
                assert_eq!(receipt.message, "wamid.X");
                assert_eq!(receipt.to_bytes().as_ref(), body.as_bytes());
            }
            other => panic!("{body}: {other:?}"),
        }
    }
}

#[test]
fn only_the_callback_data_changes_and_everything_keeps_its_place() {
    for (body, want) in [
        (
            r#"{"b":1.5,"to":"447700900123","biz_opaque_callback_data":"theirs","text":{"body":"é \"x\""},"a":null}"#,
            r#"{"b":1.5,"to":"447700900123","biz_opaque_callback_data":"ours","text":{"body":"é \"x\""},"a":null}"#,
        ),
        (
            r#"{"to":"447700900123","biz_opaque_callback_data":null,"text":{"body":"x"}}"#,
            r#"{"to":"447700900123","biz_opaque_callback_data":"ours","text":{"body":"x"}}"#,
        ),
        (
            r#" { "to" : 447700900123 , "text" : { "body" : "x" } } "#,
            r#"{"to":447700900123,"text":{"body":"x"},"biz_opaque_callback_data":"ours"}"#,
        ),
    ] {
        let message = message(body);
        assert_eq!(message.with_callback("ours"), want.as_bytes());
        assert_eq!(self::message(want).fingerprint(), message.fingerprint());
        assert_eq!(self::message(want).callback.as_deref(), Some("ours"));
    }
    let at_most = format!(
        r#"{{"to":"447700900123","biz_opaque_callback_data":"{}","text":{{"body":"x"}}}}"#,
        "é".repeat(512)
    );
    assert_eq!(message(&at_most).callback.unwrap().chars().count(), 512);
    let one = message(r#"{"to":"447700900123","text":{"body":"x"}}"#);
    let other = message(r#"{"to":"447700900124","text":{"body":"x"}}"#);
    assert_ne!(one.fingerprint(), other.fingerprint());
}

#[test]
fn bodies_of_our_own_read_back_as_what_was_meant() {
    let phone = Recipient::Phone("447700900123".parse().unwrap());
    let id = Recipient::Bsuid("GB.7001".parse().unwrap());
    let group = Recipient::Group("g1".to_owned());
    for who in [&phone, &id, &group] {
        let message = text(who, "Done.", Some("wamid.Q")).unwrap();
        assert_eq!(message.recipients(), std::slice::from_ref(who));
        assert_eq!(message.quotes.as_deref(), Some("wamid.Q"));
        assert_eq!(
            word(&self::message(std::str::from_utf8(&message.with_callback("x")).unwrap()).kind),
            "free text"
        );
    }
    let stop = Button {
        id: "stop",
        title: "Stop offers",
    };
    let keep = Button {
        id: "keep",
        title: "Keep them",
    };
    let asked = buttons(&phone, "Shall we stop?", &[stop, keep]).unwrap();
    insta::assert_snapshot!(std::str::from_utf8(&asked.with_callback("ours")).unwrap(), @r#"{"messaging_product":"whatsapp","recipient_type":"individual","to":"447700900123","type":"interactive","interactive":{"type":"button","body":{"text":"Shall we stop?"},"action":{"buttons":[{"type":"reply","reply":{"id":"stop","title":"Stop offers"}},{"type":"reply","reply":{"id":"keep","title":"Keep them"}}]}},"biz_opaque_callback_data":"ours"}"#);
    let spring = template(&id, "spring", "en_GB", Some(serde_json::json!([]))).unwrap();
    assert_eq!(word(&spring.kind), "template spring en_GB");
    let long = "x".repeat(4097);
    assert!(text(&phone, "", None).is_err() && text(&phone, &long, None).is_err());
    assert!(
        buttons(&phone, "?", &[]).is_err() && buttons(&phone, "?", &[stop, keep, stop]).is_err()
    );
    let wide = Button {
        id: "w",
        title: "a title of more than 20",
    };
    assert!(buttons(&phone, "?", &[wide]).is_err());
    assert!(template(&id, "spring", "en_GB", Some(serde_json::json!({}))).is_err());
    assert!(template(&id, "", "en_GB", None).is_err());
}

#[test]
fn lists_and_forms_are_written_as_meta_takes_them() {
    let phone = Recipient::Phone("447700900123".parse().unwrap());
    let row = |id, title| Row {
        id,
        title,
        description: "",
    };
    let (one, two) = (row("a", "Stop offers"), row("b", "Keep everything"));
    let asked = list(&phone, "What would you like?", "Choose", &[one, two]).unwrap();
    let asked = asked.quoting("wamid.1");
    assert_eq!(asked.quotes.as_deref(), Some("wamid.1"));
    insta::assert_snapshot!(std::str::from_utf8(&asked.with_callback("ours")).unwrap(), @r#"{"messaging_product":"whatsapp","recipient_type":"individual","to":"447700900123","type":"interactive","interactive":{"type":"list","body":{"text":"What would you like?"},"action":{"button":"Choose","sections":[{"rows":[{"id":"a","title":"Stop offers"},{"id":"b","title":"Keep everything"}]}]}},"context":{"message_id":"wamid.1"},"biz_opaque_callback_data":"ours"}"#);
    let many: Vec<String> = (0..11).map(|count| count.to_string()).collect();
    let many: Vec<Row<'_>> = many.iter().map(|id| row(id, "x")).collect();
    let wide = row("w", "a title of more than 24 letters");
    for rows in [&[][..], &[one, one], &[wide], &many] {
        assert!(list(&phone, "?", "Choose", rows).is_err());
    }
    let call = FlowCall {
        id: "700000000000001",
        screen: "CHOICES",
        token: "cq1",
        open: "Choose",
    };
    let form = flow(&phone, "What would you like?", &call).unwrap();
    let body: serde_json::Value = serde_json::from_slice(&form.with_callback("ours")).unwrap();
    let parameters = &body["interactive"]["action"]["parameters"];
    assert_eq!(parameters["flow_token"], "cq1");
    assert_eq!(parameters["flow_action_payload"]["screen"], "CHOICES");
    assert!(flow(&phone, "", &call).is_err());
}

#[test]
fn a_template_with_a_file_and_links_is_written_as_meta_takes_it() {
    let phone = Recipient::Phone("447700900123".parse().unwrap());
    let (gaps, texts) = (["1".to_owned()], ["Ana".to_owned()]);
    let links = [(2, "ana maría?a=1%20b".to_owned())];
    let file = |kind, place| File {
        kind,
        place,
        name: Some("List.pdf"),
    };
    let write = |file, links| {
        let fill = Fill {
            body: (&gaps, &texts),
            file: Some(file),
            links,
            ..Fill::default()
        };
        let written = filled(&phone, ("spring", "en_GB"), fill).map(|sent| sent.with_callback("x"));
        let body: serde_json::Value = serde_json::from_slice(&written?).unwrap();
        Ok::<_, graph::message::BadMessage>(body["template"]["components"].clone())
    };
    let document = file(
        Media::Document,
        FilePlace::Link("https://example.com/a.pdf"),
    );
    let told: serde_json::Value = serde_json::from_str(r#"[{"parameters":[{"document":{"filename":"List.pdf","link":"https://example.com/a.pdf"},"type":"document"}],"type":"header"},{"parameters":[{"text":"Ana","type":"text"}],"type":"body"},{"index":"2","parameters":[{"text":"ana%20mar%C3%ADa?a=1%20b","type":"text"}],"sub_type":"url","type":"button"}]"#).unwrap();
    assert_eq!(write(document, &links[..]).unwrap(), told);
    let image = file(Media::Image, FilePlace::Id("123"));
    let told: serde_json::Value = serde_json::from_str(r#"[{"parameters":[{"image":{"id":"123"},"type":"image"}],"type":"header"},{"parameters":[{"text":"Ana","type":"text"}],"type":"body"}]"#).unwrap();
    assert_eq!(write(image, &[]).unwrap(), told);
    let long = [(0, "x".repeat(1025))];
    assert!(write(image, &long[..]).is_err());
}

//! What people say and do, and what is in force after it.

use consent::{id::ContactId, policy::StopWords};
use serde_json::{Value, json};
use store::{
    message::{MessageFilter, State},
    template::{TemplateLine, Told},
};

use crate::house::{ACCOUNT, BASE, Here, NUMBER, at, failed, golden, number, text};

const ANA: (&str, &str) = ("447700900123", "GB.70012345678901234567");

#[tokio::test]
async fn stop_is_in_force_and_start_opens_what_it_closed() {
    let here = Here::open().await;
    here.hears(
        "standby",
        json!({ "messages": [text(ANA, "wamid.1", 0, "Stop!")] }),
    )
    .await;
    assert_eq!(here.contact(ANA.0).await.consent, "opted_out");
    assert!(
        here.contact(ANA.1)
            .await
            .tags
            .contains(&"opted-out".to_owned())
    );
    here.hears(
        "messages",
        json!({ "messages": [text(("", ANA.1), "wamid.2", 10, "start")] }),
    )
    .await;
    assert_eq!(here.contact(ANA.0).await.consent, "opted_in");
    assert_eq!(
        here.kinds(ANA.0).await,
        ["opt_out keyword", "opt_in keyword"]
    );
    // A stop from before, late: changes nothing. One at the same second: ties deny.
    here.hears(
        "messages",
        json!({ "messages": [text(ANA, "wamid.0", 5, "stop")] }),
    )
    .await;
    assert_eq!(here.contact(ANA.0).await.consent, "opted_in");
    here.hears(
        "messages",
        json!({ "messages": [text(ANA, "wamid.3", 10, "stop")] }),
    )
    .await;
    assert_eq!(here.contact(ANA.0).await.consent, "opted_out");
    here.close().await;
}

#[tokio::test]
async fn start_from_a_stranger_is_a_request_and_an_edit_or_a_forward_is_no_start() {
    let here = Here::open().await;
    here.hears(
        "messages",
        json!({ "messages": [text(ANA, "wamid.1", 0, "start")] }),
    )
    .await;
    assert_eq!(here.contact(ANA.0).await.consent, "pending");
    let mut forwarded = text(("447700900124", ""), "wamid.2", 0, "stop");
    forwarded["context"] = json!({ "forwarded": true });
    here.hears("messages", json!({ "messages": [forwarded] }))
        .await;
    assert_eq!(here.contact("447700900124").await.consent, "none");
    let edit = |id: &str, words: &str| {
        json!({ "id": id, "from": "447700900125", "timestamp": "1795341600", "type": "edit",
        "edit": { "original_message_id": "wamid.x", "message": { "type": "text", "text": { "body": words } } } })
    };
    here.hears(
        "messages",
        json!({ "messages": [edit("wamid.3", "start")] }),
    )
    .await;
    assert_eq!(here.contact("447700900125").await.consent, "none");
    here.hears("messages", json!({ "messages": [edit("wamid.4", "stop")] }))
        .await;
    assert_eq!(here.contact("447700900125").await.consent, "opted_out");
    here.close().await;
}

#[tokio::test]
async fn a_message_in_the_future_counts_as_now_and_a_future_start_not_at_all() {
    let here = Here::open().await;
    here.hears(
        "messages",
        json!({ "messages": [text(ANA, "wamid.1", 0, "stop")] }),
    )
    .await;
    here.hears(
        "messages",
        json!({ "messages": [text(ANA, "wamid.2", 86_400, "start")] }),
    )
    .await;
    assert_eq!(here.contact(ANA.0).await.consent, "opted_out");
    let heard = &here.contact(ANA.0).await.person.standing.heard[&number()];
    assert!(heard.last.unwrap() <= here.app.clock.now());
    here.close().await;
}

#[tokio::test]
async fn with_the_master_switch_off_a_stop_word_holds_and_a_group_opens_no_window() {
    let here = Here::open().await;
    here.policy(|policy| consent::policy::Policy {
        stop_words: StopWords::Review,
        ..policy
    })
    .await;
    let mut message = text(ANA, "wamid.1", 0, "stop");
    message["group_id"] = json!("group-1");
    here.hears("messages", json!({ "messages": [message] }))
        .await;
    let standing = here.contact(ANA.0).await.person.standing;
    assert_eq!(
        (
            standing.holds.len(),
            standing.heard.len(),
            standing.registers.len()
        ),
        (1, 0, 0)
    );
    here.close().await;
}

#[tokio::test]
async fn a_button_is_read_by_payload_by_label_and_by_the_template_s_own_definition() {
    let here = Here::open().await;
    let buttons = |label: &str| {
        format!(
            r#"[{{"type":"BUTTONS","buttons":[{{"type":"QUICK_REPLY","text":"OK"}},{{"type":"QUICK_REPLY","text":"{label}"}}]}}]"#
        )
    };
    let line = |language: &str, label: &str| TemplateLine {
        account: ACCOUNT.to_owned(),
        name: "sale".to_owned(),
        language: language.to_owned(),
        id: language.to_owned(),
        category: "marketing".to_owned(),
        status: "APPROVED".to_owned(),
        quality: None,
        topic: None,
        components: buttons(label),
        changed: here.app.clock.now(),
        told: Told::default(),
    };
    let mut tx = here.app.store.begin().await.unwrap();
    tx.put_templates(&[
        line("en_US", "Stop promotions"),
        line("pt_BR", "Não quero mais"),
    ])
    .await
    .unwrap();
    tx.commit().await.unwrap();
    here.sent(ANA.0, "wamid.out", Some(("sale", "pt_BR"))).await;
    let tap = |id: &str, label: &str| {
        json!({ "id": id, "from": ANA.0, "timestamp": "1795341600", "type": "button",
        "context": { "id": "wamid.out" }, "button": { "payload": "custom-7", "text": label } })
    };
    here.hears("messages", json!({ "messages": [tap("wamid.1", "OK")] }))
        .await;
    assert_eq!(here.contact(ANA.0).await.consent, "none");
    here.hears(
        "messages",
        json!({ "messages": [tap("wamid.2", "Não quero mais")] }),
    )
    .await;
    assert_eq!(here.contact(ANA.0).await.consent, "opted_out");
    assert_eq!(here.kinds(ANA.0).await, ["opt_out button"]);
    here.close().await;
}

#[tokio::test]
async fn the_platform_s_switch_is_kept_apart_and_only_it_lifts_itself() {
    let here = Here::open().await;
    assert_eq!(here.signed(&golden("28")).await, 200);
    let ana = here.contact(ANA.1).await;
    assert_eq!(
        (ana.platform.as_str(), ana.consent.as_str()),
        ("stopped", "none")
    );
    here.hears(
        "messages",
        json!({ "messages": [text(ANA, "wamid.1", 10, "start")] }),
    )
    .await;
    assert_eq!(here.contact(ANA.1).await.platform, "stopped");
    let resume = |seconds: i64| json!({ "user_preferences": [{ "user_id": ANA.1, "category": "marketing_messages", "value": "resume", "timestamp": BASE + seconds }] });
    here.hears("user_preferences", resume(0)).await;
    assert_eq!(here.contact(ANA.1).await.platform, "stopped");
    here.hears("user_preferences", resume(20)).await;
    assert_eq!(here.contact(ANA.1).await.platform, "open");
    let nameless = json!({ "metadata": {}, "user_preferences": [{ "wa_id": ANA.0, "category": "marketing_messages", "value": "stop", "timestamp": BASE + 30 }] });
    here.hears("user_preferences", nameless).await;
    assert_eq!(here.app.store.count_quarantine().await.unwrap(), 1);
    here.close().await;
}

#[tokio::test]
async fn a_stop_and_a_resume_at_whatsapp_come_to_the_same_in_either_order() {
    // The resume is dated a day ahead of our clock: both times are Meta's, compared with nothing else.
    for order in [["28", "29"], ["29", "28"]] {
        let here = Here::open().await;
        for name in order {
            assert_eq!(here.signed(&golden(name)).await, 200);
        }
        assert_eq!(
            here.contact("GB.70012345678901234567").await.platform,
            "open",
            "{order:?}"
        );
        here.close().await;
    }
}

#[tokio::test]
async fn a_failure_is_tied_to_the_person_by_our_token_by_meta_s_id_or_by_the_address() {
    let here = Here::open().await;
    let (_, token) = here.sent("447700900131", "wamid.a", None).await;
    here.hears(
        "messages",
        failed("wamid.never-seen", 131_050, None, Some(&token)),
    )
    .await;
    assert_eq!(here.contact("447700900131").await.platform, "stopped");
    here.sent("447700900132", "wamid.b", None).await;
    here.hears("messages", failed("wamid.b", 130_403, None, None))
        .await;
    assert!(
        here.contact("447700900132")
            .await
            .person
            .standing
            .blocked
            .is_some()
    );
    here.sent("447700900133", "wamid.c", None).await;
    here.hears(
        "messages",
        failed("wamid.c", 137_000, Some("447700900133"), None),
    )
    .await;
    assert_eq!(
        here.kinds("447700900133").await,
        ["identity_changed 137000"]
    );
    here.sent("447700900134", "wamid.d", None).await;
    here.hears("messages", failed("wamid.d", 131_049, None, None))
        .await;
    assert_eq!(
        here.kinds("447700900134").await,
        ["platform_backoff 131049"]
    );
    // Nobody we know: a stop makes the contact, anything less does not.
    here.hears(
        "messages",
        failed("wamid.e", 131_050, Some("447700900135"), None),
    )
    .await;
    assert_eq!(here.contact("447700900135").await.platform, "stopped");
    here.hears(
        "messages",
        failed("wamid.f", 131_049, Some("447700900136"), None),
    )
    .await;
    assert_eq!(here.id("447700900136").await, None);
    let lines = here
        .app
        .store
        .find_messages(&[], &["wamid.b".to_owned()])
        .await
        .unwrap();
    assert_eq!(
        (lines[0].state, lines[0].error_code),
        (State::Failed, Some(130_403))
    );
    here.close().await;
}

#[tokio::test]
async fn a_thousand_statuses_in_any_order_end_at_the_highest() {
    let here = Here::open().await;
    for n in 0..20 {
        here.sent(&format!("4477009002{n:02}"), &format!("wamid.{n}"), None)
            .await;
    }
    let words = ["read", "sent", "delivered"];
    let statuses: Vec<Value> = (0..1_000)
        .map(|n| json!({ "id": format!("wamid.{}", n % 20), "status": words[n % 3], "timestamp": "1795341600", "recipient_id": format!("4477009002{:02}", n % 20) }))
        .collect();
    here.hears("messages", json!({ "statuses": statuses }))
        .await;
    let filter = MessageFilter {
        state: Some("read".to_owned()),
        limit: 100,
        ..MessageFilter::default()
    };
    assert_eq!(here.app.store.messages(&filter).await.unwrap().len(), 20);
    here.close().await;
}

#[tokio::test]
async fn an_ad_and_a_call_open_the_window_and_an_echo_is_on_record() {
    let here = Here::open().await;
    assert_eq!(here.signed(&golden("04")).await, 200);
    let id = here.app.store.contact_ids(None, 1).await.unwrap()[0];
    let heard = |id: ContactId| {
        let store = here.app.store.clone();
        async move {
            store
                .persons(&[id])
                .await
                .unwrap()
                .pop()
                .unwrap()
                .standing
                .heard
        }
    };
    assert!(heard(id).await[&number()].from_ad.is_some());
    here.hears("calls", json!({ "calls": [{ "id": "call.1", "from": "447700900155", "direction": "USER_INITIATED", "event": "connect", "timestamp": "1795341700" }] })).await;
    let caller = here.id("447700900155").await.unwrap();
    assert_eq!(heard(caller).await[&number()].last, Some(at(100)));
    assert_eq!(here.signed(&golden("37")).await, 200);
    let filter = MessageFilter {
        state: Some("echo".to_owned()),
        limit: 10,
        ..MessageFilter::default()
    };
    let echoes = here.app.store.messages(&filter).await.unwrap();
    assert_eq!((echoes.len(), echoes[0].number.as_str()), (1, NUMBER));
    here.close().await;
}

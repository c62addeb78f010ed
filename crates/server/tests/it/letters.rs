//! Letters on their way: to whom they go, how often, and when they are given up.

use std::time::Duration;

use server::services::letters::Asked;

use crate::{
    house::House,
    post::{ask, open, path, plain, pump, pump_after, states},
    sink::Mood,
};

const ANA: &str = "ana@example.org";
const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn a_question_says_who_asks_for_what_and_where_to_answer() {
    let (house, sink) = open(Mood::Takes).await;
    let (contact, _) = ask(&house, ANA).await;
    pump(&house).await;
    let letters = sink.letters();
    let [letter] = letters.as_slice() else {
        panic!("{letters:?}")
    };
    for line in [
        "From: \"Example Shop\" <hello@example.com>\r\n",
        "Reply-To: service@example.com\r\n",
        "To: ana@example.org\r\n",
        "Subject: Please confirm: e-mail from Example Shop\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "Content-Language: en\r\n",
        "Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n",
    ] {
        assert!(letter.contains(line), "{line}\n{letter}");
    }
    // Nobody is on a list yet, so there is nothing to unsubscribe from.
    assert!(!letter.contains("List-Unsubscribe"), "{letter}");
    let text = plain(letter);
    for words in [
        "> Offers of our garden shop, at most once a week.\n> Yes, send me offers.\n",
        "https://shop.example/join/spring\n",
        "The link works until 29 November 2026.",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    house.see(&path(letter, "/join/confirm/")).await.expect(200);
    pump(&house).await;
    assert_eq!(sink.letters().len(), 1);
    let sent = ("confirm".to_owned(), "sent".to_owned(), None);
    assert_eq!(states(&house, contact).await, [sent]);
}

#[tokio::test]
async fn what_the_server_will_never_take_is_not_tried_again() {
    let (house, sink) = open(Mood::Says("RCPT", "550 5.1.1 <ana@example.org> unknown")).await;
    let (contact, _) = ask(&house, ANA).await;
    pump(&house).await;
    let state = states(&house, contact).await.pop().unwrap();
    assert_eq!(state.1, "rejected");
    assert_eq!(state.2.as_deref(), Some("550 5.1.1 … unknown"));
    sink.be(Mood::Takes);
    pump_after(&house, 600).await;
    assert!(sink.letters().is_empty());
}

#[tokio::test]
async fn what_fails_for_now_is_tried_again_and_given_up_after_a_day() {
    let (house, sink) = open(Mood::Says("RCPT", "451 greylisted")).await;
    let (contact, _) = ask(&house, ANA).await;
    pump(&house).await;
    pump_after(&house, 1).await;
    assert_eq!(sink.with(|seen| mails(&seen.commands)), 1, "it waits");
    pump_after(&house, 1).await;
    assert_eq!(sink.with(|seen| mails(&seen.commands)), 2);
    sink.be(Mood::Takes);
    pump_after(&house, 4).await;
    assert_eq!(sink.letters().len(), 1);
    assert_eq!(states(&house, contact).await[0].1, "sent");
    sink.be(Mood::Says("RCPT", "451 greylisted"));
    let (other, _) = ask(&house, "bia@example.org").await;
    for _ in 0..40 {
        pump_after(&house, 60).await;
    }
    let state = states(&house, other).await.pop().unwrap();
    assert_eq!(
        (state.1.as_str(), state.2.as_deref()),
        ("late", Some("451 greylisted"))
    );
    let tried = sink.with(|seen| mails(&seen.commands));
    assert!((8..20).contains(&tried), "{tried}");
}

fn mails(commands: &[String]) -> usize {
    let mails = commands.iter().filter(|line| line.starts_with("MAIL"));
    mails.count()
}

#[tokio::test]
async fn what_may_have_arrived_is_sent_again_under_the_same_id() {
    let (house, sink) = open(Mood::HangsUp).await;
    let (contact, _) = ask(&house, ANA).await;
    pump(&house).await;
    assert_eq!(states(&house, contact).await[0].1, "waiting");
    sink.be(Mood::Takes);
    pump_after(&house, 2).await;
    assert_eq!(states(&house, contact).await[0].1, "sent");
    let ids: Vec<String> = sink.letters().iter().map(|letter| id(letter)).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
}

fn id(letter: &str) -> String {
    let mut lines = letter.lines();
    let line = lines.find(|line| line.starts_with("Message-ID: "));
    line.unwrap().to_owned()
}

#[tokio::test]
async fn an_address_gets_three_questions_a_day_whoever_types_it() {
    let (house, sink) = open(Mood::Takes).await;
    for _ in 0..3 {
        assert!(matches!(ask(&house, ANA).await.1, Asked::InLine(_)));
    }
    assert_eq!(ask(&house, " Ana@Example.ORG ").await.1, Asked::TooMany);
    assert!(matches!(
        ask(&house, "bia@example.org").await.1,
        Asked::InLine(_)
    ));
    pump(&house).await;
    assert_eq!(sink.letters().len(), 4);
    house.pass(DAY);
    assert!(matches!(ask(&house, ANA).await.1, Asked::InLine(_)));
}

#[tokio::test]
async fn whoever_refused_everything_or_was_erased_gets_no_letter() {
    let (house, sink) = open(Mood::Takes).await;
    let no = serde_json::json!({"to": ANA, "kind": "opt_out", "scope": {"all": true}});
    house.event(no).await;
    let (contact, _) = ask(&house, ANA).await;
    let gone = serde_json::json!({"to": "bia@example.org", "kind": "opt_out"});
    let gone = house.event(gone).await;
    let erasing = format!("/api/v1/contacts/{}", gone["contact"].as_str().unwrap());
    house.delete(&erasing).await.expect(200);
    let (erased, _) = ask(&house, "bia@example.org").await;
    // What is refused while a letter waits counts as well.
    let (later, _) = ask(&house, "eva@example.org").await;
    let no =
        serde_json::json!({"to": "eva@example.org", "kind": "opt_out", "scope": {"all": true}});
    house.event(no).await;
    pump(&house).await;
    for contact in [contact, erased, later] {
        let state = states(&house, contact).await.pop().unwrap();
        let why = Some("opted_out_all".to_owned());
        assert_eq!(state, ("confirm".to_owned(), "off".to_owned(), why));
    }
    assert!(sink.letters().is_empty());
}

#[tokio::test]
async fn without_a_mail_server_nobody_is_asked_by_e_mail() {
    let house = House::open().await;
    let (contact, asked) = ask(&house, ANA).await;
    assert_eq!(asked, Asked::NoPost);
    pump(&house).await;
    assert!(states(&house, contact).await.is_empty());
}

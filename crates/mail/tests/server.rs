//! What becomes of letters at mail servers of every mood.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on says where"
)]

mod sink;

use std::time::Duration;

use consent::time::Timestamp;
use mail::{
    letter::{Letter, Written},
    outcome::Outcome,
    server::{Server, Settings},
};
use sink::{Mood, Sink};

fn letter(to: &str) -> Written {
    let letter = Letter {
        id: "one".to_owned(),
        from: "Shop <news@example.com>".parse().unwrap(),
        reply_to: None,
        to: to.parse().unwrap(),
        subject: "Olá".to_owned(),
        text: "one\n.\ntwo\n".to_owned(),
        language: "pt-BR".to_owned(),
        at: Timestamp::from_seconds(1_795_348_800),
        unsubscribe: None,
        attachments: Vec::new(),
    };
    letter.write().unwrap()
}

fn server(url: &str) -> Server {
    let settings = Settings {
        timeout: Duration::from_millis(400),
        hello: "example.com".to_owned(),
    };
    Server::new(url.parse().unwrap(), settings)
}

#[tokio::test]
async fn a_letter_arrives_as_it_was_written_and_the_connection_is_used_again() {
    let sink = Sink::open(Mood::Takes).await;
    let server = server(&sink.url());
    for _ in 0..3 {
        let outcome = server.send(&letter("ana@example.org")).await;
        let Outcome::Accepted(said) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(said.to_string(), "250 2.0.0 queued as 42");
    }
    let letters = sink.letters();
    assert_eq!(letters.len(), 3);
    assert!(letters[0].contains("Message-ID: <one@example.com>\r\n"));
    assert!(
        letters[0].contains("\r\n\r\none\r\n.\r\ntwo\r\n"),
        "{}",
        letters[0]
    );
    sink.with(|seen| {
        assert_eq!(seen.connections, 1);
        assert_eq!(seen.commands[0], "EHLO example.com");
        assert_eq!(seen.commands[1], "MAIL FROM:<news@example.com>");
        assert_eq!(seen.commands[2], "RCPT TO:<ana@example.org>");
    });
}

#[tokio::test]
async fn a_definite_no_is_told_from_not_now_and_from_nobody_knows() {
    for (mood, want) in [
        (
            Mood::Says("RCPT", "550 5.1.1 <ana@example.org> unknown"),
            "refused",
        ),
        (Mood::Says("MAIL", "553 not from here"), "refused"),
        (Mood::Says("LETTER", "554 spam"), "refused"),
        (Mood::Says("RCPT", "451 greylisted"), "later"),
        (Mood::Says("LETTER", "452 full"), "later"),
        (Mood::Says("MAIL", "530 authenticate first"), "later"),
        (Mood::Says("EHLO", "554 no service"), "later"),
        (Mood::Says("DATA", "421 closing"), "later"),
        (Mood::HangsUpAt("EHLO"), "later"),
        (Mood::HangsUpAt("RCPT"), "later"),
        (Mood::HangsUpAt("DATA"), "later"),
        (Mood::HangsUp, "unknown"),
        (Mood::FallsAsleep, "unknown"),
        (Mood::Says("LETTER", "nonsense"), "unknown"),
    ] {
        let sink = Sink::open(mood).await;
        let outcome = server(&sink.url()).send(&letter("ana@example.org")).await;
        let word = match &outcome {
            Outcome::Accepted(_) => "accepted",
            Outcome::Refused(_) => "refused",
            Outcome::Later(_) => "later",
            Outcome::Unknown(_) => "unknown",
        };
        assert_eq!(word, want, "{mood:?}: {outcome:?}");
        assert!(!format!("{outcome:?}").contains('@'), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_later() {
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", gone.local_addr().unwrap());
    drop(gone);
    let outcome = server(&url).send(&letter("ana@example.org")).await;
    assert!(matches!(outcome, Outcome::Later(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_costs_no_letter() {
    let sink = Sink::open(Mood::Takes).await;
    let server = server(&sink.url());
    let to = letter("ana@example.org");
    assert!(matches!(server.send(&to).await, Outcome::Accepted(_)));
    sink.be(Mood::HangsUpAt("NOOP"));
    assert!(matches!(server.send(&to).await, Outcome::Accepted(_)));
    assert_eq!(sink.with(|seen| seen.connections), 2);
}

#[tokio::test]
async fn a_password_goes_only_to_a_server_that_proved_who_it_is() {
    let sink = Sink::open(Mood::Takes).await;
    let place = sink.url().replace("smtp://", "user:hunter2@");
    let plain = server(&format!("smtp://{place}"));
    assert!(matches!(
        plain.send(&letter("ana@example.org")).await,
        Outcome::Accepted(_)
    ));
    assert!(sink.with(|seen| {
        seen.commands
            .iter()
            .any(|line| line.starts_with("AUTH PLAIN"))
    }));
    for url in [
        format!("smtps://{place}"),
        format!("smtp://{place}?tls=required"),
    ] {
        let sink = Sink::open(Mood::Takes).await;
        let place = sink.url().replace("smtp://", "");
        let old = url
            .rsplit('@')
            .next()
            .unwrap()
            .split('?')
            .next()
            .unwrap()
            .to_owned();
        let server = server(&url.replace(&old, &place));
        let outcome = server.send(&letter("ana@example.org")).await;
        let Outcome::Later(why) = &outcome else {
            panic!("{outcome:?}")
        };
        assert!(!format!("{why}{server:?}").contains("hunter2"));
        let told = |seen: &sink::Seen| {
            let mut lines = seen.commands.iter();
            lines.any(|line| line.starts_with("AUTH") || line.starts_with("MAIL"))
        };
        assert!(!sink.with(told));
    }
}

#[tokio::test]
async fn an_address_beyond_ascii_needs_a_server_that_takes_it() {
    let sink = Sink::open(Mood::Takes).await;
    let server = server(&sink.url());
    let outcome = server.send(&letter("añá@bücher.example")).await;
    assert!(matches!(outcome, Outcome::Refused(_)), "{outcome:?}");
    let outcome = server.send(&letter("ana@bücher.example")).await;
    assert!(matches!(outcome, Outcome::Accepted(_)), "{outcome:?}");
    sink.with(|seen| {
        let asked = "RCPT TO:<ana@xn--bcher-kva.example>".to_owned();
        assert!(seen.commands.contains(&asked), "{:?}", seen.commands);
    });
}

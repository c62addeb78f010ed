//! Customers' words: the corpus and its scores, and what every reader must get right.

use std::{fs, path::Path};

use consent::wording::{
    Context, Reading, Setting,
    keywords::Keywords,
    pause::End,
    score::{self, Half, Tally},
};

fn verdict(text: &str) -> &'static str {
    score::read(text).verdict()
}

#[test]
fn what_the_issue_names_is_read_as_it_says() {
    for (text, want) in [
        ("stop by the store", "none"),
        ("how do I cancel my order", "none"),
        ("can't stop laughing", "none"),
        ("send me no more invoices, I paid", "none"),
        ("STOP 12345", "none"),
        ("who is this?", "none"),
        ("Stop. Thank you", "stop"),
        ("STPO", "stop"),
        ("STOPP", "stop"),
        ("unsuscribe", "stop"),
        ("don't text me any more", "stop"),
        ("por favor no me manden más ofertas", "stop"),
        ("não quero mais receber mensagens", "stop"),
        ("Stop everything", "stop_all"),
        ("delete my data", "erasure"),
        ("wrong number", "wrong_number"),
        ("only order updates please", "topic"),
        ("stop until Monday", "pause"),
        ("please start sending me offers again", "none"),
    ] {
        assert_eq!(verdict(text), want, "{text}");
    }
}

#[test]
fn what_the_words_do_not_account_for_goes_to_a_person() {
    for (text, want) in [
        ("please stop sending me offers", "stop"),
        ("please stop sending me offers about kayaks", "review"),
        ("Not interested, please don't write again", "stop"),
        ("never message me again, not even order updates", "review"),
        ("no ads of any kind", "review"),
        ("stop it", "review"),
        ("mat bhejo", "review"),
        ("message mat bhejo", "stop"),
    ] {
        assert_eq!(verdict(text), want, "{text}");
    }
}

#[test]
fn accents_tell_vietnamese_words_apart_and_may_be_left_out() {
    for (text, want) in [
        ("dừng", "stop"),
        ("đúng", "none"),
        ("Đúng rồi ạ", "none"),
        ("đừng gửi tin nhắn nữa", "stop"),
        ("dung gui tin nhan nua", "stop"),
        ("tôi không muốn nhận tin nhắn nữa", "stop"),
        ("đừng nhắn tin tới thứ hai", "pause"),
        ("HUỶ", "stop"),
        ("hủy", "stop"),
    ] {
        assert_eq!(verdict(text), want, "{text}");
    }
}

#[test]
fn the_word_for_cancel_is_a_stop_only_where_nothing_was_asked() {
    let keywords = Keywords::default();
    for word in ["İPTAL", "rimuovi", "ยกเลิก"] {
        assert_eq!(
            keywords.read(word, Setting::Alone).verdict(),
            "stop",
            "{word}"
        );
        let answer = keywords.read(word, Setting::InAnswer).verdict();
        assert_eq!(answer, "review", "{word}");
    }
    // In Swahili it is a word for "stop", in Hindi for "all right".
    assert_eq!(verdict("acha"), "review");
}

#[test]
fn a_pause_ends_as_they_said() {
    for (text, want) in [
        ("stop until Monday", End::Weekday(1)),
        ("no messages for two weeks please", End::Days(14)),
        (
            "no me escriban hasta el 15 de enero",
            End::Date { day: 15, month: 1 },
        ),
        ("Bitte bis August keine Nachrichten", End::Month(8)),
        ("pausa de 30 días", End::Days(30)),
    ] {
        let Reading::Pause(_, end) = score::read(text) else {
            panic!("{text}: {}", verdict(text))
        };
        assert_eq!(end, want, "{text}");
    }
}

#[test]
fn who_quotes_our_footer_says_nothing() {
    let footers = ["To leave our list, just answer STOP"];
    let context = Context {
        footers: &footers,
        ..Context::from(Setting::Alone)
    };
    let said = "Is this real? \"To leave our list, just answer STOP\"";
    assert_eq!(Keywords::default().read(said, context).verdict(), "none");
    assert_eq!(verdict("it says Reply STOP to unsubscribe"), "none");
}

#[test]
fn four_thousand_characters_of_anything_cost_little() {
    for part in [
        "stop ",
        "no ",
        "stop. ",
        "stop, ",
        "don't send ",
        "送",
        "a",
        "mensajes ",
        "\"",
        "न",
    ] {
        let long = part.repeat(4_096 / part.chars().count());
        let began = std::time::Instant::now();
        let _ = score::read(&long);
        assert!(began.elapsed().as_millis() < 2_000, "{part}");
    }
}

#[test]
fn the_corpus_is_read_well_enough() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wording/corpus.tsv");
    let corpus = fs::read_to_string(path).unwrap();
    let lines = score::lines(&corpus).unwrap();
    let [mut look, mut scored] = [Tally::default(), Tally::default()];
    for line in &lines {
        let tally = match Half::of(line.phrase) {
            Half::Look => &mut look,
            Half::Scored => &mut scored,
        };
        tally.add(line.expected, verdict(line.phrase));
    }
    for (name, tally) in [("look", &look), ("scored", &scored)] {
        let (precision, recall) = (tally.precision(), tally.recall());
        println!(
            "{name}: {} lines, precision {precision}, recall {recall}",
            tally.lines()
        );
    }
    assert!(
        scored.precision().thousandths() >= PRECISION,
        "{}",
        scored.precision()
    );
    assert!(
        scored.recall().thousandths() >= RECALL,
        "{}",
        scored.recall()
    );
}

/// What the scored half must reach, in thousandths.
const PRECISION: u64 = 995;
const RECALL: u64 = 955;

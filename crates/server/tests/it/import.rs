//! Contacts out of a file and into one: verdicts, evidence, and what no file may do.

use serde_json::{Value, json};
use server::services::keys::Role;

use crate::{
    api::problem,
    house::{Answer, House},
};

const ANA: &str = "+447700900123";
const BIA: &str = "+5511987654321";

async fn import(house: &House, query: &str, csv: &str) -> Answer {
    let path = format!("/api/v1/import?{query}");
    house.post_as(&path, "text/csv", csv.to_owned()).await
}

fn mapping(value: &Value) -> String {
    let text = value.to_string();
    let mapping: String = text.bytes().map(|byte| format!("%{byte:02x}")).collect();
    format!("mapping={mapping}")
}

/// The verdicts of the rows with their codes, and the summary.
fn verdicts(answer: &Answer) -> (Vec<String>, Value) {
    let mut lines = answer.lines();
    let summary = lines.pop().unwrap()["summary"].clone();
    let word = |line: &Value| {
        let code = line["code"].as_str().map(|code| format!(" {code}"));
        let verdict = line["verdict"].as_str().unwrap();
        format!("{} {verdict}{}", line["line"], code.unwrap_or_default())
    };
    (lines.iter().map(word).collect(), summary)
}

async fn contacts(house: &House) -> Vec<Value> {
    let page = house.get("/api/v1/contacts?limit=500").await;
    page.expect(200).json()["items"].as_array().unwrap().clone()
}

/// Rows of every kind, as a spreadsheet of the continent writes them.
fn sheet() -> String {
    format!(
        "Phone;Name;E-mail;Tags;attribute:age;Opt-in;source;wording;at\r\n\
             {ANA};Ana;ana@example.com;vip|new;42;yes;web_form;Yes.;2026-01-02\r\n\
             {BIA};\"Bia; \"\"B\"\"\nII\";;;;;;;\r\n\
             07700 900124;Cai;;;;no;;;\r\n\
             12;Nobody;;;;;;;\r\n\
             +44 7700 900123;Ana again;;;;;;;\r\n\
             +447700900125;Dan;;;;yes;;Yes.;2026-01-02\r\n\
             +447700900126;Eve;;;;perhaps;;;\r\n\
             +447700900127;Fay;;;old;;;;\r\n\
             ;Nameless;;;;;;;\r\n\
             +447700900128;Gil\r\n\
             +447700900129;Hal;;;;yes;web_form;Yes.;2031-01-02\r\n"
    )
}

#[tokio::test]
async fn each_row_gets_a_verdict_and_a_second_time_changes_nothing() {
    for house in [House::open().await, House::open_postgres().await] {
        let age = json!({"kind": "number"});
        house
            .send("PUT", "/api/v1/attributes/age", age)
            .await
            .expect(200);
        let csv = sheet();
        let dry = import(&house, "dry_run=true", &csv).await.expect(200);
        assert!(contacts(&house).await.is_empty());
        let answer = import(&house, "", &csv).await.expect(200);
        let want = [
            "2 imported",
            "3 imported",
            "5 imported",
            "6 refused invalid_number",
            "7 refused duplicate",
            "8 refused no_evidence",
            "9 refused invalid_consent",
            "10 refused invalid_attribute",
            "11 refused no_address",
            "12 refused wrong_columns",
            "13 refused dated_ahead",
        ];
        let (told, summary) = verdicts(&answer);
        assert_eq!(told, want);
        assert_eq!(verdicts(&dry).0, want);
        let count = |summary: &Value| {
            ["rows", "imported", "refused", "opt_ins", "opt_outs"]
                .map(|name| summary[name].as_i64().unwrap())
        };
        assert_eq!(count(&summary), [11, 3, 8, 1, 1]);
        assert_eq!(summary["sha256"].as_str().unwrap().len(), 64);
        assert_eq!(house.marketing(ANA).await, "allow");
        assert_eq!(house.marketing(BIA).await, "no_consent");
        assert_eq!(house.marketing("+447700900124").await, "opted_out_category");
        let all = contacts(&house).await;
        let ana = all.iter().find(|one| one["name"] == "Ana").unwrap();
        assert_eq!(ana["tags"], json!(["new", "vip"]));
        assert_eq!(ana["attributes"], json!({"age": "42"}));
        assert_eq!(ana["aliases"].as_array().unwrap().len(), 2);
        assert!(all.iter().any(|one| one["name"] == "Bia; \"B\" II"));
        let events = house.events(ana["id"].as_str().unwrap()).await;
        assert_eq!(events[0]["kind"], "opt_in");
        let note = events[0]["evidence"]["note"].as_str().unwrap();
        assert_eq!(
            note,
            format!("import {}, line 2", summary["import"].as_str().unwrap())
        );
        let again = import(&house, "rows=none", &csv).await.expect(200);
        let (told, summary) = verdicts(&again);
        assert!(told.is_empty());
        assert_eq!(
            (&summary["unchanged"], &summary["updated"]),
            (&json!(3), &json!(0))
        );
        assert_eq!(
            house.events(ana["id"].as_str().unwrap()).await.len(),
            events.len()
        );
        house.close().await;
    }
}

#[tokio::test]
async fn no_file_brings_back_anybody_who_refused() {
    for house in [House::open().await, House::open_postgres().await] {
        let erased = house.opt_in(BIA).await;
        let path = format!("/api/v1/contacts/{}", erased["contact"].as_str().unwrap());
        house.delete(&path).await.expect(200);
        house.opt_out(ANA).await;
        let cai = "+447700900124";
        house
            .event(json!({"to": cai, "kind": "opt_out", "scope": {"all": true}}))
            .await;
        let before = contacts(&house).await;
        let evidence =
            json!({"source": "web_form", "wording": "Yes.", "at": "2026-11-22T09:59:59Z"});
        let csv = format!(
            "phone,consent,email\n{ANA},yes,\n{cai},yes,\n{BIA},yes,\n+447700900125,yes,dan@example.com\n"
        );
        let answer = import(&house, &mapping(&evidence), &csv).await.expect(200);
        let (told, _) = verdicts(&answer);
        assert_eq!(
            told,
            [
                "2 refused opted_out",
                "3 refused opted_out",
                "4 refused erased",
                "5 imported"
            ]
        );
        assert_eq!(house.marketing(ANA).await, "opted_out_category");
        assert_eq!(house.marketing(cai).await, "opted_out_all");
        assert_ne!(house.marketing(BIA).await, "allow");
        assert_eq!(contacts(&house).await.len(), before.len() + 1);
        // Somebody known with the address of somebody who was erased, and an address that is somebody else's.
        let csv = format!("phone,email\n{BIA},dan@example.com\n");
        let answer = import(&house, "", &csv).await.expect(200);
        assert_eq!(verdicts(&answer).0, ["2 refused erased"]);
        let csv = format!("phone,email\n{ANA},dan@example.com\n");
        let answer = import(&house, "", &csv).await.expect(200);
        assert_eq!(verdicts(&answer).0, ["2 refused two_people"]);
        // A refusal is taken without any evidence, and is in force.
        let answer = import(&house, "", "phone,consent\n+447700900125,no\n")
            .await
            .expect(200);
        assert_eq!(verdicts(&answer).0, ["2 updated"]);
        assert_eq!(house.marketing("+447700900125").await, "opted_out_category");
        house.close().await;
    }
}

#[tokio::test]
async fn what_does_not_fit_is_refused_before_anything_is_read() {
    let house = House::open().await;
    for (query, csv, word) in [
        (String::new(), "name\nAna\n", "no column holds"),
        (String::new(), "", "empty"),
        (
            mapping(&json!({"columns": {"Nope": "phone"}})),
            "phone\n+44\n",
            "Nope",
        ),
        (
            mapping(&json!({"columns": {"phone": "fax"}})),
            "phone\n+44\n",
            "fax",
        ),
        (mapping(&json!({"topic": "none"})), "phone\n+44\n", "topic"),
        (
            mapping(&json!({"delimiter": "|"})),
            "phone\n+44\n",
            "delimiter",
        ),
        (
            mapping(&json!({"encoding": "ebcdic"})),
            "phone\n+44\n",
            "encoding",
        ),
        (mapping(&json!({"colums": {}})), "phone\n+44\n", "colums"),
    ] {
        let answer = import(&house, &query, csv).await.expect(422);
        let detail = problem(&answer)["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(word), "{detail}");
    }
    problem(&import(&house, "mapping=%7B", "phone\n").await.expect(400));
    problem(&import(&house, "rows=some", "phone\n").await.expect(400));
    let path = "/api/v1/import";
    problem(
        &house
            .post_as(path, "application/json", "{}")
            .await
            .expect(415),
    );
    let key = house.key_for(Role::Read).await;
    let request = house
        .request("POST", path, Some(&key))
        .header("content-type", "text/csv");
    house
        .raw(request.body("phone\n".into()).unwrap())
        .await
        .expect(403);
}

#[tokio::test]
async fn a_file_that_breaks_off_says_so_and_keeps_what_was_read() {
    let house = House::open().await;
    let mut csv = "phone\n".to_owned();
    for n in 0..600 {
        csv.push_str(&format!("+4477009{n:05}\n"));
    }
    csv.push_str("\"never closed");
    csv.push_str(&"x".repeat(400_000));
    let (_, summary) = verdicts(&import(&house, "rows=none", &csv).await.expect(200));
    assert!(
        summary["stopped"]
            .as_str()
            .unwrap()
            .contains("never closed")
    );
    assert_eq!(summary["imported"], 500);
    assert_eq!(summary.get("sha256"), None);
}

async fn nonsense_is_not_taken_out(house: &House) {
    let both = "/api/v1/export/contacts.csv?segment=opted_out&tag=x";
    house.get(both).await.expect(400);
    house
        .get("/api/v1/export/contacts.csv?segment=none")
        .await
        .expect(404);
    house
        .get("/api/v1/export/contacts.csv?consent=maybe")
        .await
        .expect(422);
}

#[tokio::test]
async fn what_was_taken_out_can_be_taken_in_and_no_cell_is_a_formula() {
    for house in [House::open().await, House::open_postgres().await] {
        let evil = "=HYPERLINK(\"http://example.com\",\"x\")";
        let id = house.opt_in(ANA).await["contact"]
            .as_str()
            .unwrap()
            .to_owned();
        house.opt_out(BIA).await;
        let csv = format!(
            "phone,name,email,tags,attribute:note\n{ANA},\"{}\",=1@example.com,-tag,@SUM\n",
            evil.replace('"', "\"\"")
        );
        let (told, _) = verdicts(&import(&house, "", &csv).await.expect(200));
        assert_eq!(told, ["2 updated"]);
        let answer = house.get("/api/v1/export/contacts.csv").await.expect(200);
        assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8");
        let text = answer.text();
        let rows: Vec<&str> = text.split("\r\n").collect();
        assert_eq!(
            rows[0],
            "id,name,phone,email,bsuid,more_addresses,marketing,whatsapp_switch,tags,created_at,changed_at,attribute:note"
        );
        assert_eq!(rows.len(), 4, "{text}");
        let ana = rows.iter().find(|row| row.starts_with(&id)).unwrap();
        assert!(
            ana.contains("\"'=HYPERLINK(\"\"http://example.com\"\",\"\"x\"\")\","),
            "{ana}"
        );
        assert!(
            ana.contains(",+447700900123,'=1@example.com,,,opted_in,open,'-tag,"),
            "{ana}"
        );
        assert!(ana.ends_with(",'@SUM"), "{ana}");
        let (told, summary) = verdicts(&import(&house, "", &text).await.expect(200));
        assert_eq!(told, ["2 unchanged", "3 unchanged"], "{summary}");
        let out = house
            .get("/api/v1/export/contacts.csv?segment=opted_out&bom=true")
            .await;
        let out = out.expect(200).text();
        assert!(out.starts_with('\u{feff}') && out.contains(BIA) && !out.contains(ANA));
        let one = house
            .get("/api/v1/export/contacts.csv?consent=opted_in")
            .await
            .expect(200)
            .text();
        assert!(one.contains(ANA) && !one.contains(BIA));
        nonsense_is_not_taken_out(&house).await;
        let events = house
            .get("/api/v1/export/events.csv")
            .await
            .expect(200)
            .text();
        assert!(
            events.starts_with("id,contact,kind,scope,clock,at,received_at,source,log_index\r\n")
        );
        assert!(
            events.contains(&format!(",{id},opt_in,marketing|*|*,ours,")),
            "{events}"
        );
        assert!(events.contains(",imported,") && events.contains(",exported,"));
        let key = house.key_for(Role::Read).await;
        let request = house.request("GET", "/api/v1/export/events.csv", Some(&key));
        house
            .raw(request.body(axum::body::Body::empty()).unwrap())
            .await
            .expect(403);
        house.close().await;
    }
}

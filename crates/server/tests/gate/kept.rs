//! Receipts that a person keeps from their own page: after a code from the chat, and never without.

use consent::{event::Fact, scope::Scope};
use serde_json::Value;

use crate::{
    code::{Seen, ada, code, post, proof, writes},
    house::House,
};

const ADA: &str = "447700900123";
const BIA: &str = "447700900124";

fn file(seen: &Seen) -> (String, Value) {
    assert_eq!(seen.headers["content-type"], "application/json");
    assert_eq!(seen.headers["cache-control"], "no-store");
    let name = seen.headers["content-disposition"].to_str().unwrap();
    (name.to_owned(), serde_json::from_str(&seen.text).unwrap())
}

#[tokio::test]
async fn a_receipt_is_a_file_for_whoever_showed_the_code_and_for_nobody_else() {
    let house = House::open().await;
    let (contact, path) = ada(&house).await;
    let events = house.app.store.history(contact).await.unwrap();
    let record = events[0].id.to_string();
    writes(&house, contact).await;
    post(&house, &format!("{path}/code"), "").await;
    let typed = format!("code={}", code(&house).await);
    let open = post(&house, &format!("{path}/history"), &typed).await;
    for said in ["Download receipt", "Download all receipts"] {
        assert!(open.text.contains(said), "{said} is not in {}", open.text);
    }
    let proof = proof(&open.text);
    let receipt = format!("{path}/receipt");

    let one = post(&house, &receipt, &format!("proof={proof}&event={record}")).await;
    let (name, body) = file(&one);
    assert_eq!(
        name,
        format!("attachment; filename=\"consent-receipt-{record}.json\"")
    );
    assert_eq!(body["header"]["record_id"], record.as_str());
    assert_eq!(body["header"]["pii_principal_id"], contact.to_string());
    assert!(!one.text.contains(ADA), "no number: {}", one.text);
    let all = post(&house, &receipt, &format!("proof={proof}&event=all")).await;
    let (name, body) = file(&all);
    assert!(name.ends_with("consent-receipts.json\""), "{name}");
    assert_eq!(body["items"].as_array().unwrap().len(), 1);

    let tampered = proof.replace(['A', 'B', 'C', 'D', 'E', 'F'], "G");
    for without in [
        format!("event={record}"),
        format!("proof={tampered}&event={record}"),
        "proof=&event=all".to_owned(),
        "proof=%FF".to_owned(),
    ] {
        let refused = post(&house, &receipt, &without).await;
        assert!(
            refused.text.contains("Please ask for a new code"),
            "{without}"
        );
        for gone in [record.as_str(), "name=\"proof\"", "attachment"] {
            assert!(!refused.text.contains(gone), "{gone} after {without}");
        }
        assert!(!refused.headers.contains_key("content-disposition"));
    }
    // Neither somebody else's link nor somebody else's event.
    let other = house.record(BIA, Fact::OptIn(Scope::MARKETING)).await;
    let other = house.app.store.history(other).await.unwrap()[0].id;
    let seen = post(&house, &receipt, &format!("proof={proof}&event={other}")).await;
    assert!(!seen.headers.contains_key("content-disposition"));
    assert!(!seen.text.contains(&other.to_string()), "{}", seen.text);
}

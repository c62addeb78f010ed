//! The pages for segments, imports and attributes, as a browser without any script meets them.

use serde_json::json;
use server::services::staff::Role;

use crate::{browser::Browser, house::House};

const ANA: &str = "+447700900123";
const EVIL: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>";

#[tokio::test]
async fn a_segment_is_built_row_by_row_without_a_script() {
    for house in [House::open().await, House::open_postgres().await] {
        house.opt_in(ANA).await;
        let mut marketer = Browser::of(&house, Role::Marketer).await;
        let page = marketer.get("/segments/new").await.expect(200).text();
        assert!(page.contains("value=\"add:0\"") && page.contains("name=\"a.0.0\""));
        let rows = [
            ("row", "0"),
            ("kind.0", "any"),
            ("new.0", "none"),
            ("row", "0.0"),
            ("kind.0.0", "consent"),
            ("a.0.0", "opted_in"),
        ];
        let more = [&rows[..], &[("act", "add:0")]].concat();
        let page = marketer
            .post("/segments/new", &more)
            .await
            .expect(200)
            .text();
        assert!(page.contains("name=\"kind.0.1\"") && page.contains("value=\"add:0.1\""));
        // A group without anything in it is no condition yet; asked for, it is said.
        assert!(!page.contains("role=\"alert\""));
        let empty = [
            &rows[..],
            &[
                ("row", "0.1"),
                ("kind.0.1", "none"),
                ("act", "save"),
                ("name", "x"),
            ],
        ]
        .concat();
        let page = marketer
            .post("/segments/new", &empty)
            .await
            .expect(422)
            .text();
        assert!(page.contains("role=\"alert\""));
        let whole = [&rows[..], &[("act", "save"), ("name", EVIL)]].concat();
        let kept = Browser::leads(&marketer.post("/segments/new", &whole).await.expect(303));
        let page = marketer.get(&format!("{kept}?whole=1")).await;
        let page = page.expect(200).text();
        assert!(page.contains("1 person") && page.contains(ANA));
        for path in [kept.as_str(), "/segments"] {
            let page = marketer.get(path).await.expect(200).text();
            assert!(
                !page.contains("<script>alert") && !page.contains("<img"),
                "{path}"
            );
        }
        let count = marketer.get(&format!("{kept}/count")).await.expect(200);
        assert_eq!(count.text(), "1 person");
        let again = [&rows[..], &[("act", "save"), ("name", EVIL)]].concat();
        marketer.post("/segments/new", &again).await.expect(422);
        // Those that are always there are copied, never changed.
        let copy = [&rows[..], &[("act", "save"), ("name", "Mine")]].concat();
        let copied = Browser::leads(
            &marketer
                .post("/segments/opted_out", &copy)
                .await
                .expect(303),
        );
        assert_ne!(copied, "/segments/opted_out");
        marketer
            .post(&copied, &[("act", "remove")])
            .await
            .expect(303);
        marketer.get(&copied).await.expect(404);
        house.close().await;
    }
}

#[tokio::test]
async fn each_role_does_what_it_may_and_no_more() {
    let house = House::open().await;
    house.opt_in(ANA).await;
    let mut viewer = Browser::of(&house, Role::Viewer).await;
    let page = viewer
        .get("/segments/opted_in?whole=1")
        .await
        .expect(200)
        .text();
    assert!(
        !page.contains(ANA) && page.contains("…23"),
        "numbers are masked"
    );
    for path in ["/segments", "/settings/attributes"] {
        viewer.get(path).await.expect(200);
    }
    for path in [
        "/segments/new",
        "/import",
        "/segments/opted_in/contacts.csv",
    ] {
        viewer.get(path).await.expect(403);
    }
    let save = [("act", "save"), ("name", "x")];
    for path in [
        "/segments/new",
        "/settings/attributes",
        "/segments/opted_in",
    ] {
        viewer.post(path, &save).await.expect(403);
    }
    let agent = Browser::of(&house, Role::Agent).await;
    agent.get("/import").await.expect(403);
    let marketer = Browser::of(&house, Role::Marketer).await;
    marketer
        .get("/segments/opted_in/contacts.csv")
        .await
        .expect(403);
    let compliance = Browser::of(&house, Role::Compliance).await;
    let csv = compliance.get("/segments/opted_in/contacts.csv").await;
    assert!(csv.expect(200).text().contains(ANA));
    let csrf = "stolen";
    marketer
        .upload_with(csrf, "/import", ("a.csv", "phone\n+447700900124\n"))
        .await
        .expect(403);
    let nobody = house.see("/segments").await.expect(303);
    assert!(Browser::leads(&nobody).starts_with("/login"));
}

#[tokio::test]
async fn a_file_is_sent_tried_and_taken_in() {
    for house in [House::open().await, House::open_postgres().await] {
        let mut officer = Browser::of(&house, Role::Compliance).await;
        let csv = format!("Telefone;Nome;Opt-in;{EVIL}\n{ANA};{EVIL};sim;{EVIL}\n12;X;;\n")
            .replace('"', "");
        let sent = officer.upload("/import", ("a.csv", &csv)).await.expect(303);
        let here = Browser::leads(&sent);
        let page = officer.get(&here).await.expect(200).text();
        assert!(page.contains("Telefone") && !page.contains("<script>alert"));
        for guessed in ["phone", "name", "consent"] {
            let selected = format!("value=\"{guessed}\" selected");
            assert_eq!(
                page.matches(&selected).count(),
                1,
                "{guessed} is chosen for one column"
            );
        }
        let columns = [
            ("column.0", "phone"),
            ("column.1", "name"),
            ("column.2", "consent"),
            ("column.3", "attribute:note"),
        ];
        let try_it = [&columns[..], &[("act", "try")]].concat();
        let page = officer.post(&here, &try_it).await.expect(200).text();
        assert!(page.contains("Opt-in without evidence") && !page.contains("value=\"import\""));
        let proof = [
            ("source", "shop"),
            ("wording", "Yes."),
            ("at", "2026-01-02"),
            ("tags", "fair, new"),
        ];
        let try_it = [&columns[..], &proof, &[("act", "try")]].concat();
        let page = officer.post(&here, &try_it).await.expect(200).text();
        assert!(page.contains("value=\"import\"") && !page.contains("<script>alert"));
        assert_eq!(house.marketing(ANA).await, "no_consent");
        let mut marketer = Browser::of(&house, Role::Marketer).await;
        marketer.post(&here, &try_it).await.expect(403);
        let take = [&columns[..], &proof, &[("act", "import")]].concat();
        officer.post(&here, &take).await.expect(200);
        assert_eq!(house.marketing(ANA).await, "allow");
        officer.get(&here).await.expect(404);
        let list = house
            .get("/api/v1/contacts?tag=fair")
            .await
            .expect(200)
            .json();
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
        assert_eq!(list["items"][0]["tags"], json!(["fair", "new"]));
        let bad = officer.upload("/import", ("a.csv", "PK\u{3}\u{4}")).await;
        assert!(bad.expect(422).text().contains("workbook"));
        house.close().await;
    }
}

#[tokio::test]
async fn the_kind_of_an_attribute_is_set_on_its_page() {
    let house = House::open().await;
    let mut marketer = Browser::of(&house, Role::Marketer).await;
    let here = "/settings/attributes";
    let set = [("key", "age"), ("kind", "number")];
    marketer.post(here, &set).await.expect(303);
    let page = marketer.get(here).await.expect(200).text();
    assert!(page.contains("<bdi>age</bdi>") && page.contains("value=\"number\" selected"));
    marketer
        .post(here, &[("key", EVIL), ("kind", "text")])
        .await
        .expect(303);
    let page = marketer.get(here).await.expect(200).text();
    assert!(!page.contains("<script>alert") && !page.contains("<img"));
    let bad = marketer
        .post(here, &[("key", "a:b"), ("kind", "text")])
        .await;
    assert!(bad.expect(422).text().contains("role=\"alert\""));
    marketer
        .post(here, &[("key", "age"), ("kind", "")])
        .await
        .expect(303);
    house.get("/api/v1/attributes/age").await.expect(404);
}

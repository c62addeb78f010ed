//! The team: by page, by API, and in the log.

use serde_json::json;
use server::services::staff::Role;

use crate::{
    browser::{Browser, PASSWORD},
    house::House,
    member::member,
};

#[tokio::test]
async fn an_admin_invites_changes_resets_and_removes() {
    for house in [House::open().await, House::open_postgres().await] {
        let mut admin = Browser::of(&house, Role::Admin).await;
        let fields = [
            ("name", "Bo <b>"),
            ("email", "bo@shop.example"),
            ("role", "agent"),
        ];
        let page = admin
            .post("/settings/users", &fields)
            .await
            .expect(200)
            .text();
        assert!(page.contains("Bo &#60;b&#62;") && !page.contains("<b>"));
        let link = page
            .split("/welcome/")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        let path = format!("/welcome/{link}");
        let mut bo = Browser::new(&house);
        let chosen = [
            ("password", PASSWORD),
            ("again", PASSWORD),
            ("email", "eve@evil.example"),
        ];
        bo.send(&path, &chosen).await.expect(303);
        assert!(bo.get("/").await.expect(200).text().contains("Bo"));
        Browser::new(&house).get(&path).await.expect(404);

        let users = house.get("/api/v1/users").await.expect(200).json();
        let id = users["items"].as_array().unwrap().iter();
        let id = id
            .clone()
            .find(|user| user["email"] == "bo@shop.example")
            .unwrap()["id"]
            .clone();
        let id = id.as_str().unwrap();
        admin.post("/settings/users", &fields).await.expect(422);
        let role = format!("/settings/users/{id}/role");
        admin.post(&role, &[("role", "emperor")]).await.expect(422);
        admin.post(&role, &[("role", "marketer")]).await.expect(303);
        bo.get("/").await.expect(303);
        let user = house
            .get(&format!("/api/v1/users/{id}"))
            .await
            .expect(200)
            .json();
        assert_eq!(
            (&user["role"], &user["state"]),
            (&json!("marketer"), &json!("active"))
        );
        let reset = house
            .post(&format!("/api/v1/users/{id}/reset"), json!({}))
            .await
            .expect(200);
        assert_eq!(reset.json()["state"], "invited");
        admin
            .post(&format!("/settings/users/{id}/remove"), &[])
            .await
            .expect(303);
        house.get(&format!("/api/v1/users/{id}")).await.expect(404);
        house
            .post(
                "/api/v1/users",
                json!({"email": "bo@shop.example", "name": "Bo", "role": "viewer"}),
            )
            .await
            .expect(201);
    }
}

#[tokio::test]
async fn the_last_admin_stays() {
    let house = House::open().await;
    let mut admin = Browser::of(&house, Role::Admin).await;
    let id = house.app.store.members().await.unwrap()[0].id;
    for path in ["role", "remove"] {
        let path = format!("/settings/users/{id}/{path}");
        admin.post(&path, &[("role", "viewer")]).await.expect(409);
    }
    house
        .delete(&format!("/api/v1/users/{id}"))
        .await
        .expect(409);
    member(&house.app, "second@shop.example", Role::Admin, "!").await;
    house
        .delete(&format!("/api/v1/users/{id}"))
        .await
        .expect(204);
    admin.get("/").await.expect(303);
}

#[tokio::test]
async fn bad_members_are_refused_with_the_field_to_blame() {
    let house = House::open().await;
    let good = json!({"email": "bo@shop.example", "name": "Bo", "role": "agent"});
    for (field, value) in [
        ("email", "bo"),
        ("email", "a b@shop.example"),
        ("name", " "),
        ("name", "a\nb"),
        ("role", "boss"),
    ] {
        let mut body = good.clone();
        body[field] = json!(value);
        let problem = house.post("/api/v1/users", body).await.expect(422).json();
        assert_eq!(problem["field"], field, "{problem}");
    }
    let mut body = good.clone();
    body["colour"] = json!("red");
    house.post("/api/v1/users", body).await.expect(422);
    house.post("/api/v1/users", good.clone()).await.expect(201);
    house.post("/api/v1/users", good).await.expect(409);
}

#[tokio::test]
async fn everything_is_proved_by_a_button_and_one_event_by_a_file() {
    for house in [House::open().await, House::open_postgres().await] {
        let event = house.opt_in("+447700900123").await["id"].clone();
        let event = event.as_str().unwrap();
        house.number().await;
        let mut compliance = Browser::of(&house, Role::Compliance).await;
        let page = compliance.get("/ledger").await.expect(200).text();
        assert!(!page.contains("Everything fits"));
        compliance.post("/ledger/verify", &[]).await.expect(303);
        let state = || async { house.get("/api/v1/ledger/verify").await.expect(200).json() };
        while state().await["state"] == "running" {
            tokio::task::yield_now().await;
        }
        assert_eq!(state().await["holds"], true, "{}", state().await);
        assert!(
            compliance
                .get("/ledger")
                .await
                .expect(200)
                .text()
                .contains("Everything fits")
        );
        let proof = compliance
            .get(&format!("/ledger/proof?event={event}"))
            .await
            .expect(200);
        assert_eq!(
            proof.text(),
            house
                .get(&format!("/api/v1/ledger/proof/{event}"))
                .await
                .text()
        );
        assert!(
            proof.headers["content-disposition"]
                .to_str()
                .unwrap()
                .starts_with("attachment")
        );
        compliance
            .get("/ledger/proof?event=nonsense")
            .await
            .expect(422);
        compliance
            .get("/ledger/proof?event=00000000-0000-7000-8000-000000000001")
            .await
            .expect(404);
    }
}

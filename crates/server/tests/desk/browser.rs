//! A browser that keeps one cookie, and the people who use it.
#![allow(dead_code, reason = "each test program needs another part of it")]

use axum::{
    body::Body,
    http::{Request, header, request::Builder},
};
use server::services::staff::{Role, password};
use uuid::Uuid;

use crate::{
    house::{Answer, House},
    member::{cookie, member},
};

/// What everybody's password is.
pub const PASSWORD: &str = "correct horse battery";

/// A browser; nobody is signed in at first.
pub struct Browser<'a> {
    pub house: &'a House,
    pub cookie: Option<String>,
}

impl<'a> Browser<'a> {
    pub fn new(house: &'a House) -> Self {
        Self {
            house,
            cookie: None,
        }
    }

    /// A browser in which somebody of a role is signed in.
    pub async fn of(house: &'a House, role: Role) -> Self {
        Self {
            house,
            cookie: Some(cookie(&house.app, role).await),
        }
    }

    fn request(&self, method: &str, path: &str) -> Builder {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "desk.example")
            .header(header::ORIGIN, "http://desk.example");
        match &self.cookie {
            Some(cookie) => request.header(header::COOKIE, cookie),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Answer {
        let request = self.request("GET", path).body(Body::empty());
        self.house.raw(request.unwrap()).await
    }

    /// Sends a form as it is, and keeps the cookie that comes back.
    pub async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        let request = self
            .request("POST", path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let answer = self
            .house
            .raw(request.body(Body::from(body)).unwrap())
            .await;
        let set = answer.headers.get_all(header::SET_COOKIE).into_iter();
        for value in set {
            let value = value.to_str().unwrap().split(';').next().unwrap();
            let is_empty = value.ends_with('=');
            self.cookie = (!is_empty).then(|| value.to_owned());
        }
        answer
    }

    /// Sends a form with the token of this session.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf().await;
        let mut all = vec![("csrf", csrf.as_str())];
        all.extend_from_slice(fields);
        self.send(path, &all).await
    }

    /// Sends a file, as a form with a file does.
    pub async fn upload(&self, path: &str, (name, file): (&str, &str)) -> Answer {
        let csrf = self.csrf().await;
        self.upload_with(&csrf, path, (name, file)).await
    }

    /// The same with another token.
    pub async fn upload_with(&self, csrf: &str, path: &str, (name, file): (&str, &str)) -> Answer {
        let body = format!(
            "--x\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{csrf}\r\n--x\r\ncontent-disposition: form-data; \
             name=\"file\"; filename=\"{name}\"\r\ncontent-type: text/csv\r\n\r\n{file}\r\n--x--\r\n"
        );
        let request = self
            .request("POST", path)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x");
        self.house
            .raw(request.body(Body::from(body)).unwrap())
            .await
    }

    /// The token in the forms of this session.
    pub async fn csrf(&self) -> String {
        let page = self.get("/account").await.expect(200).text();
        value_of(&page, "csrf")
    }

    /// Where an answer leads.
    pub fn leads(answer: &Answer) -> String {
        assert_eq!(answer.status.as_u16(), 303, "{}", answer.text());
        let to = answer.headers.get(header::LOCATION).unwrap();
        to.to_str().unwrap().to_owned()
    }
}

/// The value of the hidden field of this name.
pub fn value_of(page: &str, name: &str) -> String {
    let input = page.split(&format!("name=\"{name}\" value=\"")).nth(1);
    let input = input.unwrap_or_else(|| panic!("the page has no `{name}`: {page}"));
    input.split('"').next().unwrap().to_owned()
}

/// A member who signs in with [`PASSWORD`].
pub async fn member_with_password(house: &House, email: &str, role: Role) -> Uuid {
    let hash = password::hash(PASSWORD).await.unwrap();
    member(&house.app, email, role, &hash).await
}

//! The client against raw sockets: what is on the wire, and what is not.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    task::JoinHandle,
};

use super::*;

const BODY: &[u8] = br#"{"messaging_product":"whatsapp","to":"447700900123"}"#;
const ACCEPTED: &str = r#"{"contacts":[{"wa_id":"447700900123"}],"messages":[{"id":"wamid.X"}]}"#;

fn client(address: SocketAddr, send_timeout_ms: u64) -> Client {
    let settings = Settings {
        send_timeout: Duration::from_millis(send_timeout_ms),
        ..Settings::new(&format!("http://{address}"))
    };
    Client::new(settings).unwrap()
}

fn route() -> SendRoute {
    let path = "/v25.0/109900000000001/messages";
    match crate::route::read("POST", path, None).unwrap().0 {
        crate::route::Route::Send(route) => route,
        crate::route::Route::Pass(_) => panic!("a send"),
    }
}

fn passage(method: &str, path: &str, query: Option<&str>) -> Passage {
    match crate::route::read(method, path, query).unwrap().0 {
        crate::route::Route::Pass(passage) => passage,
        crate::route::Route::Send(_) => panic!("a passage"),
    }
}

async fn post(client: &Client, live: Live) -> Outcome {
    let token = Bearer::from_token("EAAsecret").unwrap();
    client
        .post(live, &route(), &token, Bytes::from_static(BODY))
        .await
}

fn always() -> Live {
    Box::new(|_| true)
}

/// A server that answers every request on every connection with `answer`, and tells what it got.
async fn server(answer: String) -> (SocketAddr, UnboundedReceiver<String>, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, heard) = unbounded_channel();
    let connections = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            let (tell, answer) = (tell.clone(), answer.clone());
            tokio::spawn(async move {
                while let Some(request) = request(&mut socket).await {
                    tell.send(request).unwrap();
                    socket.write_all(answer.as_bytes()).await.unwrap();
                }
            });
        }
    });
    (address, heard, connections)
}

/// Reads one request with a Content-Length, or none.
async fn request(socket: &mut TcpStream) -> Option<String> {
    let mut got = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&got).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case("content-length")
                    .then(|| value.parse::<usize>().unwrap())
            });
            if body.len() >= length.unwrap_or(0) {
                return Some(text);
            }
        }
        let mut part = [0; 4096];
        match socket.read(&mut part).await {
            Ok(0) | Err(_) => return None,
            Ok(length) => got.extend_from_slice(&part[..length]),
        }
    }
}

fn http(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nX-App-Usage: {{}}\r\nSet-Cookie: a=b\r\n\r\n{body}",
        body.len()
    )
}

/// Everything that the next connection brings until it is closed.
async fn all_bytes(listener: TcpListener) -> Vec<u8> {
    let (mut socket, _) = listener.accept().await.unwrap();
    let mut got = Vec::new();
    let _ = socket.read_to_end(&mut got).await;
    got
}

#[tokio::test]
async fn a_live_permit_sends_exactly_the_body_and_the_connection_is_used_again() {
    let (address, mut heard, connections) = server(http("200 OK", ACCEPTED)).await;
    let client = client(address, 5000);
    for _ in 0..3 {
        let Outcome::Accepted(accepted) = post(&client, always()).await else {
            panic!("not accepted")
        };
        assert_eq!(
            (accepted.id.as_str(), accepted.body.as_ref()),
            ("wamid.X", ACCEPTED.as_bytes())
        );
        let request = heard.recv().await.unwrap();
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        assert!(
            head.starts_with("POST /v25.0/109900000000001/messages HTTP/1.1\r\n"),
            "{head}"
        );
        let head = head.to_lowercase();
        for line in [
            "authorization: bearer eaasecret",
            "content-type: application/json",
            &format!("content-length: {}", BODY.len()),
        ] {
            assert!(head.lines().any(|found| found == line), "{line} in {head}");
        }
        assert!(!head.contains("transfer-encoding"), "{head}");
        assert_eq!(body.as_bytes(), BODY);
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_void_permit_sends_not_one_byte() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client(listener.local_addr().unwrap(), 5000);
    let got = tokio::spawn(all_bytes(listener));
    assert_eq!(post(&client, Box::new(|_| false)).await, Outcome::Lapsed);
    drop(client);
    assert_eq!(got.await.unwrap(), b"");
}

#[tokio::test]
async fn a_void_permit_sends_not_one_byte_on_a_connection_that_was_waiting() {
    let (address, mut heard, connections) = server(http("200 OK", ACCEPTED)).await;
    let client = client(address, 5000);
    client.warm().await.unwrap();
    assert!(heard.recv().await.unwrap().starts_with("GET /v25.0/ "));
    assert_eq!(post(&client, Box::new(|_| false)).await, Outcome::Lapsed);
    assert!(matches!(
        post(&client, always()).await,
        Outcome::Accepted(_)
    ));
    let next = heard.recv().await.unwrap();
    assert!(
        next.starts_with("POST") && next.matches("POST").count() == 1,
        "{next}"
    );
    assert!(heard.try_recv().is_err());
    assert!(connections.load(Ordering::SeqCst) >= 1);
}

/// A listener whose queue is full takes the connection only after the kernel asks again, a second
/// later. The permit was live when the send began, and is not when it could write.
#[tokio::test]
async fn a_permit_that_ends_while_the_connection_is_made_sends_nothing() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut fillers = Vec::new();
    for _ in 0..2 {
        fillers.push(TcpStream::connect(address).await.unwrap());
    }
    let client = client(address, 20_000);
    let began = Instant::now();
    let void_at = began + consent::permit::PERMIT_LIFE;
    let sending: JoinHandle<Outcome> =
        tokio::spawn(async move { post(&client, Box::new(move |now| now < void_at)).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!sending.is_finished(), "the connection waits");
    for _ in 0..2 {
        drop(listener.accept().await.unwrap());
    }
    let got = tokio::spawn(all_bytes(listener));
    assert_eq!(sending.await.unwrap(), Outcome::Lapsed);
    assert_eq!(got.await.unwrap(), b"");
    drop(fillers);
}

#[tokio::test]
async fn nobody_listening_is_a_definite_no() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let outcome = post(&client(address, 5000), always()).await;
    assert!(
        matches!(&outcome, Outcome::NotSent { why } if !why.contains("EAA")),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn silence_a_reset_and_half_an_answer_are_unknown() {
    for answer in [
        None,
        Some(""),
        Some("HTTP/1.1 200"),
        Some("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"messages\""),
        Some("HTTP/1.1 400 Bad Request\r\nContent-Length: 99\r\n\r\n{\"error\""),
        Some("not http at all\r\n\r\n"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = client(listener.local_addr().unwrap(), 400);
        let serving = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            request(&mut socket).await.unwrap();
            match answer {
                Some(answer) => socket.write_all(answer.as_bytes()).await.unwrap(),
                None => tokio::time::sleep(Duration::from_secs(5)).await,
            }
        });
        let outcome = post(&client, always()).await;
        assert!(
            matches!(outcome, Outcome::Unknown(_)),
            "{answer:?}: {outcome:?}"
        );
        serving.abort();
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let answer =
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n";
    let (address, mut heard, _) = server(answer.to_owned()).await;
    let outcome = post(&client(address, 5000), always()).await;
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    heard.recv().await.unwrap();
    assert!(heard.try_recv().is_err());
}

#[tokio::test]
async fn an_empty_body_is_not_posted_and_neither_is_one_called_off() {
    let (address, mut heard, _) = server(http("200 OK", ACCEPTED)).await;
    let client = client(address, 5000);
    let token = Bearer::from_token("EAAsecret").unwrap();
    let outcome = client.post(always(), &route(), &token, Bytes::new()).await;
    assert!(matches!(outcome, Outcome::NotSent { .. }), "{outcome:?}");
    let (gauge, start) = Gauge::new(Bytes::from_static(BODY), always());
    assert!(start.call_off() && start.call_off());
    let sent = client
        .send_request(&route(), &token)
        .body(reqwest::Body::wrap(gauge))
        .send()
        .await;
    assert!(Lapsed::caused(&sent.unwrap_err()));
    assert!(heard.try_recv().is_err());
}

#[tokio::test]
async fn an_upload_is_handed_through_byte_for_byte_and_few_headers_with_it() {
    let (address, mut heard, _) = server(http("200 OK", r#"{"id":"3099"}"#)).await;
    let client = client(address, 5000);
    let passage = passage("POST", "/v25.0/109900000000001/media", None);
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert(
        "content-type",
        "multipart/form-data; boundary=x".parse().unwrap(),
    );
    headers.insert("content-length", "11".parse().unwrap());
    headers.insert("authorization", "Bearer theirs".parse().unwrap());
    headers.insert("cookie", "a=b".parse().unwrap());
    let chunks = ["--x\r\n", "--x--\n"]
        .map(|chunk| Ok::<_, std::io::Error>(Bytes::from_static(chunk.as_bytes())));
    let payload = Payload::stream(futures::stream::iter(chunks));
    let token = Bearer::from_token("ours").unwrap();
    let answer = client
        .forward(&passage, &token, &headers, payload)
        .await
        .unwrap();
    assert_eq!(
        (answer.status.as_u16(), answer.body.as_ref()),
        (200, br#"{"id":"3099"}"#.as_slice())
    );
    assert!(
        answer.headers.contains_key("x-app-usage") && !answer.headers.contains_key("set-cookie")
    );
    let request = heard.recv().await.unwrap();
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "--x\r\n--x--\n");
    let head = head.to_lowercase();
    assert!(
        head.contains("authorization: bearer ours") && head.contains("boundary=x"),
        "{head}"
    );
    assert!(
        !head.contains("theirs") && !head.contains("cookie") && !head.contains("chunked"),
        "{head}"
    );
}

#[tokio::test]
async fn templates_and_numbers_are_read_and_a_refusal_is_an_error() {
    let page = r#"{"data":[{"id":"1","name":"a","language":"en","status":"APPROVED","category":"UTILITY"}]}"#;
    let (address, mut heard, _) = server(http("200 OK", page)).await;
    let token = Bearer::from_token("EAAsecret").unwrap();
    let client_a = client(address, 5000);
    let found = client_a
        .templates("2099", &token, Some("QVFI=&x"))
        .await
        .unwrap();
    assert_eq!(found.templates.len(), 1);
    let line = heard.recv().await.unwrap();
    assert!(
        line.starts_with("GET /v25.0/2099/message_templates?fields=id,name,")
            && line.contains("&after=QVFI%3D%26x HTTP"),
        "{line}"
    );
    let number: NumberId = "1099".parse().unwrap();
    let error = client_a.number(&number, &token).await.unwrap_err();
    assert!(matches!(error, CallError::Unreadable(_)), "{error:?}");
    let info = r#"{"id":"1099","display_phone_number":"+1 202-555-0100","quality_rating":"GREEN"}"#;
    let (address, _heard, _) = server(http("200 OK", info)).await;
    let info = client(address, 5000).number(&number, &token).await.unwrap();
    assert_eq!(info.quality.as_deref(), Some("GREEN"));
    let refused = r#"{"error":{"message":"expired","code":190}}"#;
    let (address, _heard, _) = server(http("401 Unauthorized", refused)).await;
    let error = client(address, 5000)
        .number(&number, &token)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, CallError::Refused { http: 401, fault } if fault.code == 190),
        "{error:?}"
    );
}

#[tokio::test]
async fn the_limits_of_a_number_are_asked_for_beside_its_quality() {
    let body = r#"{"id":"1099","quality_rating":"YELLOW","throughput":{"level":"HIGH"},"status":"CONNECTED",
        "whatsapp_business_manager_messaging_limit":"TIER_10K"}"#;
    let (address, mut heard, _) = server(http("200 OK", body)).await;
    let token = Bearer::from_token("EAAsecret").unwrap();
    let number: NumberId = "1099".parse().unwrap();
    let client = client(address, 5000);
    let info = client.number_limits(&number, &token).await.unwrap();
    let seen = [info.quality, info.limit, info.throughput, info.status];
    assert_eq!(
        seen.map(Option::unwrap),
        ["YELLOW", "TIER_10K", "HIGH", "CONNECTED"]
    );
    let line = heard.recv().await.unwrap();
    assert!(line.contains("quality_rating,throughput,status,"), "{line}");
}

#[tokio::test]
async fn a_template_is_deleted_by_its_name_and_its_id() {
    let (address, mut heard, _) = server(http("200 OK", r#"{"success":true}"#)).await;
    let token = Bearer::from_token("EAAsecret").unwrap();
    let gone = client(address, 5000);
    let gone = gone.delete_template("2099", &token, ("autumn_sale", "5099"));
    gone.await.unwrap();
    let line = heard.recv().await.unwrap();
    let wanted = "DELETE /v25.0/2099/message_templates?hsm_id=5099&name=autumn_sale HTTP";
    assert!(line.starts_with(wanted), "{line}");
}

#[tokio::test]
async fn a_receipt_passes_without_a_permit() {
    let (address, mut heard, _) = server(http("200 OK", r#"{"success":true}"#)).await;
    let body = br#"{"messaging_product":"whatsapp","status":"read","message_id":"wamid.X"}"#;
    let read = crate::message::read(body, crate::message::Endpoint::Messages, None).unwrap();
    let crate::message::Request::Receipt(receipt) = read else {
        panic!("a receipt")
    };
    let token = Bearer::from_token("EAAsecret").unwrap();
    let answer = client(address, 5000)
        .receipt(&route(), &token, &receipt)
        .await
        .unwrap();
    assert_eq!(answer.body.as_ref(), br#"{"success":true}"#);
    assert!(
        heard
            .recv()
            .await
            .unwrap()
            .ends_with(std::str::from_utf8(body).unwrap())
    );
}

#[test]
fn what_is_no_address_is_refused() {
    for url in [
        "",
        "graph.facebook.com",
        "ftp://x",
        "https://x/?a=b",
        "https://user@x",
        "file:///x",
    ] {
        let made = Client::new(Settings::new(url));
        assert!(matches!(made, Err(BadClient::Url(_))), "{url}");
    }
    assert!(Client::new(Settings::new("http://127.0.0.1:9/graph/")).is_ok());
}

//! The status of a message never goes back, in whatever order the news comes.

use std::sync::Arc;

use consent::id::AttemptId;
use store::message::{MessageLine, News, State};
use uuid::Uuid;

use crate::harness::{Place, at, message};

contract![
    any_order_gives_the_same,
    any_order_in_one_batch_gives_the_same,
    what_is_final_stays,
    news_names_a_message_in_two_ways,
    what_was_learned_is_kept,
];

const WAY: [State; 4] = [State::Accepted, State::Sent, State::Delivered, State::Read];

fn news(id: AttemptId, state: State) -> News {
    News {
        id: Some(id),
        wamid: Some(format!("wamid.{id}")),
        state,
        error_code: None,
        reason: None,
        at: at(100 + State::ALL.iter().position(|each| *each == state).unwrap() as i64),
    }
}

/// Every order of four pieces of news, in some.
fn orders() -> Vec<Vec<State>> {
    let mut orders = vec![vec![]];
    for _ in WAY {
        let longer = |order: &Vec<State>| {
            let rest: Vec<State> = WAY
                .into_iter()
                .filter(|state| !order.contains(state))
                .collect();
            let order = order.clone();
            rest.into_iter()
                .map(move |state| [order.as_slice(), &[state]].concat())
        };
        orders = orders.iter().flat_map(longer).collect();
    }
    assert_eq!(orders.len(), 24);
    orders
}

async fn reserved(place: &Place, count: usize) -> Vec<MessageLine> {
    let ana = place.newcomer("Ana").await;
    let lines: Vec<_> = (0..count).map(|_| message(ana)).collect();
    let mut tx = place.store.begin().await.unwrap();
    tx.keep_messages(&lines).await.unwrap();
    tx.commit().await.unwrap();
    lines
}

async fn take(place: &Place, news: &[News]) {
    let mut tx = place.store.begin().await.unwrap();
    tx.take_news(news).await.unwrap();
    tx.commit().await.unwrap();
}

async fn now(place: &Place, id: AttemptId) -> MessageLine {
    place
        .store
        .find_messages(&[id], &[])
        .await
        .unwrap()
        .pop()
        .unwrap()
}

async fn any_order_gives_the_same(place: Arc<Place>) {
    let orders = orders();
    let lines = reserved(&place, orders.len()).await;
    for (order, line) in orders.iter().zip(&lines) {
        let mut highest = State::Reserved;
        for state in order {
            take(&place, &[news(line.id, *state)]).await;
            highest = highest.max(*state);
            assert_eq!(now(&place, line.id).await.state, highest, "{order:?}");
        }
        let kept = now(&place, line.id).await;
        assert_eq!(kept.wamid, Some(format!("wamid.{}", line.id)));
        assert_eq!(kept.outcome, Some(at(110)));
    }
}

async fn any_order_in_one_batch_gives_the_same(place: Arc<Place>) {
    let orders = orders();
    let lines = reserved(&place, orders.len()).await;
    let batch: Vec<_> = orders
        .iter()
        .zip(&lines)
        .flat_map(|(order, line)| order.iter().map(|state| news(line.id, *state)))
        .collect();
    take(&place, &batch).await;
    take(&place, &[]).await;
    for line in lines {
        assert_eq!(now(&place, line.id).await.state, State::Read);
    }
}

async fn what_is_final_stays(place: Arc<Place>) {
    let lines = reserved(&place, 6).await;
    // (first, then, what holds)
    let cases = [
        (State::Rejected, State::Unknown, State::Rejected),
        (State::Unknown, State::Delivered, State::Delivered),
        (State::Unknown, State::Rejected, State::Rejected),
        (State::Delivered, State::Failed, State::Delivered),
        (State::Failed, State::Sent, State::Failed),
        (State::Accepted, State::Unknown, State::Accepted),
    ];
    for ((first, then, holds), line) in cases.into_iter().zip(&lines) {
        take(&place, &[news(line.id, first)]).await;
        take(&place, &[news(line.id, then)]).await;
        assert_eq!(
            now(&place, line.id).await.state,
            holds,
            "{first:?} {then:?}"
        );
    }
    let ana = lines[0].contact;
    let still = [State::Denied, State::Received].map(|state| MessageLine {
        state,
        ..message(ana)
    });
    let mut tx = place.store.begin().await.unwrap();
    tx.keep_messages(&still).await.unwrap();
    tx.commit().await.unwrap();
    for line in still {
        take(&place, &[news(line.id, State::Read)]).await;
        assert_eq!(now(&place, line.id).await.state, line.state);
    }
}

async fn news_names_a_message_in_two_ways(place: Arc<Place>) {
    let lines = reserved(&place, 2).await;
    take(&place, &[news(lines[0].id, State::Accepted)]).await;
    let by_wamid = News {
        id: None,
        ..news(lines[0].id, State::Delivered)
    };
    let stranger = News {
        wamid: None,
        ..news(AttemptId::new(Uuid::now_v7()), State::Read)
    };
    let forged = News {
        id: Some(AttemptId::new(Uuid::now_v7())),
        ..news(lines[0].id, State::Read)
    };
    take(&place, &[by_wamid, stranger]).await;
    assert_eq!(now(&place, lines[0].id).await.state, State::Delivered);
    take(&place, &[forged]).await;
    assert_eq!(
        now(&place, lines[0].id).await.state,
        State::Read,
        "an unknown attempt falls back to Meta's id"
    );
    assert_eq!(now(&place, lines[1].id).await.state, State::Reserved);
}

async fn what_was_learned_is_kept(place: Arc<Place>) {
    let line = reserved(&place, 1).await.pop().unwrap();
    let unknown = News {
        wamid: None,
        error_code: Some(500),
        reason: Some("no answer".to_owned()),
        ..news(line.id, State::Unknown)
    };
    take(&place, &[unknown]).await;
    take(&place, &[news(line.id, State::Delivered)]).await;
    let kept = now(&place, line.id).await;
    assert_eq!(
        (kept.error_code, kept.reason.as_deref()),
        (Some(500), Some("no answer"))
    );
    assert_eq!(
        (kept.state, kept.unknown),
        (State::Delivered, Some(at(104)))
    );
    assert!(kept.wamid.is_some());
}

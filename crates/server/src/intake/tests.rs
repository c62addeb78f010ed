//! What waits is taken in its order, and what matters most is never turned away.

use super::*;

fn status(id: usize) -> Body {
    let text = format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"2","changes":[{{"field":"messages","value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"1","phone_number_id":"1"}},"statuses":[{{"id":"wamid.{id}","status":"sent","timestamp":"1795341600","recipient_id":"447700900123"}}]}}}}]}}]}}"#
    );
    Body::read(Bytes::from(text), "")
}

fn message(text: &str) -> Body {
    let text = format!(
        r#"{{"object":"whatsapp_business_account","entry":[{{"id":"2","changes":[{{"field":"messages","value":{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"1","phone_number_id":"1"}},"messages":[{{"from":"447700900123","id":"wamid.x","timestamp":"1795341600","type":"text","text":{{"body":"{text}"}}}}]}}}}]}}]}}"#
    );
    Body::read(Bytes::from(text), "")
}

#[test]
fn an_opt_out_waits_in_the_first_lane_and_a_status_in_the_last() {
    let policy = Policy::default();
    assert_eq!(message("STOP").lane(&policy), Lane::OptOuts);
    assert_eq!(message("hello").lane(&policy), Lane::Others);
    assert_eq!(status(1).lane(&policy), Lane::Statuses);
    let broken = Body::read(Bytes::from_static(b"{\"entry\":"), "");
    assert_eq!(broken.lane(&policy), Lane::OptOuts, "it may be a STOP");
}

#[test]
fn what_waits_goes_together_and_opt_outs_go_by_themselves() {
    let intake = Intake::new(1);
    for (lane, body) in [
        (Lane::Statuses, status(1)),
        (Lane::Others, message("hello")),
        (Lane::OptOuts, message("STOP")),
    ] {
        let place = intake.enter(body.raw.len()).unwrap();
        intake.queue(place, body, lane).unwrap();
    }
    let policy = Policy::default();
    let group = |desk: &Desk| -> Vec<Lane> {
        let group = intake.next_group(desk);
        group
            .iter()
            .map(|ticket| ticket.body.lane(&policy))
            .collect()
    };
    let (first, second) = (intake.desk().unwrap(), intake.desk().unwrap());
    assert_eq!(group(&first), [Lane::OptOuts, Lane::Statuses]);
    assert_eq!(group(&second), [Lane::Others]);
    assert!(group(&first).is_empty() && group(&second).is_empty());
    assert!(intake.desk().is_none());
}

#[test]
fn some_statuses_ride_with_opt_outs_and_never_without_one() {
    let intake = Intake::new(1);
    let queue = |body: Body, lane| {
        let place = intake.enter(body.raw.len()).unwrap();
        intake.queue(place, body, lane).unwrap();
    };
    queue(message("STOP"), Lane::OptOuts);
    for id in 0..RIDING_ITEMS_MAX {
        queue(status(id), Lane::Statuses);
    }
    let desk = intake.desk().unwrap();
    assert_eq!(intake.next_group(&desk).len(), RIDING_ITEMS_MAX);
    assert!(intake.next_group(&desk).is_empty(), "no opt-out leads");
    let others = intake.desk().unwrap();
    assert_eq!(intake.next_group(&others).len(), 1);
}

#[test]
fn a_group_is_bounded_and_no_body_is_too_large_for_it() {
    let intake = Intake::new(1);
    for id in 0..GROUP_ITEMS_MAX + 1 {
        let body = status(id);
        let place = intake.enter(body.raw.len()).unwrap();
        intake.queue(place, body, Lane::Statuses).unwrap();
    }
    let desk = intake.desk().unwrap();
    assert_eq!(intake.next_group(&desk).len(), GROUP_ITEMS_MAX);
    assert_eq!(intake.next_group(&desk).len(), 1);
}

#[test]
fn one_desk_is_kept_for_opt_outs() {
    let intake = Intake::new(1);
    let queue = |body: Body, lane| {
        let place = intake.enter(body.raw.len()).unwrap();
        intake.queue(place, body, lane).unwrap();
    };
    queue(status(1), Lane::Statuses);
    let busy = intake.desk().unwrap();
    assert!(intake.desk().is_none(), "not for statuses");
    queue(message("STOP"), Lane::OptOuts);
    let desk = intake.desk().unwrap();
    assert_eq!(intake.next_group(&desk).len(), 2, "the status rides");
    queue(status(2), Lane::Statuses);
    assert!(intake.next_group(&desk).is_empty(), "the status waits");
    assert_eq!(intake.next_group(&busy).len(), 1);
}

#[test]
fn large_bodies_leave_room_for_small_ones() {
    let intake = Intake::new(1);
    let mut held = Vec::new();
    while let Ok(place) = intake.enter(1 << 20) {
        held.push(place);
    }
    assert!(intake.enter(1 << 10).is_ok());
    assert!(held.len() > 32, "and there are {} of them", held.len());
}

#[test]
fn when_it_gets_full_statuses_are_turned_away_first_and_opt_outs_last() {
    let intake = Intake::new(1);
    let mut held = Vec::new();
    let mut turned_away = Vec::new();
    while let Ok(place) = intake.enter(LARGE_BYTES) {
        held.push(place);
        assert!(
            intake.glance(message("STOP").raw.as_ref()).is_ok(),
            "a message is read in any case"
        );
        let glanced = intake.glance(status(1).raw.as_ref());
        for (lane, body) in [
            (Lane::Statuses, status(1)),
            (Lane::Others, message("hello")),
            (Lane::OptOuts, message("STOP")),
        ] {
            let Ok(place) = intake.enter(1) else {
                continue;
            };
            let queued = intake.queue(place, body, lane);
            if lane == Lane::Statuses {
                assert!(
                    queued.is_err() || glanced.is_ok(),
                    "only what would be turned away is"
                );
            }
            if queued.is_err() && !turned_away.contains(&lane) {
                turned_away.push(lane);
            }
        }
    }
    assert_eq!(turned_away, [Lane::Statuses, Lane::Others]);
    assert!(intake.glance(status(1).raw.as_ref()).is_err());
    assert_eq!(intake.enter(LARGE_BYTES).unwrap_err(), Full);
    held.clear();
    assert!(intake.enter(LARGE_BYTES).is_ok(), "room is given back");
}

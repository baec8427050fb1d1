//! The checker finds what it is there to find: each fault, planted into a history without one.

use uuid::Uuid;

use crate::{
    checker::{Contents, Event, Row, faults},
    history::{History, Kind, Outcome, Write},
};

/// A customer stored and updated, one stored and erased, one refused and one of whom nothing is known.
fn sound() -> (Vec<Write>, Contents) {
    let mut history = History::default();
    let writes = [
        (Kind::Store, "crm-1", acknowledged(1, 1)),
        (Kind::Update, "crm-1", acknowledged(1, 2)),
        (Kind::Store, "crm-2", acknowledged(2, 1)),
        (Kind::Delete, "crm-2", Outcome::Acknowledged { number: 2, version: None }),
        (Kind::Store, "crm-1", Outcome::Refused(409)),
        (Kind::Store, "crm-3", Outcome::Unknown),
    ];
    for (kind, external_id, outcome) in writes {
        history.intend(kind, external_id).outcome = outcome;
    }
    let writes = history.writes();
    let event = |index: usize, customer_number, version| Event {
        customer_number,
        version,
        kind: writes[index].kind.event().to_owned(),
        correlation_id: writes[index].correlation_id,
    };
    let row = |number, external_id: Option<&str>, first_name: Option<String>| Row {
        number,
        version: 2,
        external_id: external_id.map(str::to_owned),
        erased: first_name.is_none(),
        first_name,
    };
    let contents = Contents {
        rows: vec![row(1, Some("crm-1"), Some(writes[1].mark.clone())), row(2, None, None)],
        events: vec![event(0, 1, 1), event(1, 1, 2), event(2, 2, 1), event(3, 2, 2)],
    };
    (writes, contents)
}

fn acknowledged(number: i64, version: i64) -> Outcome {
    Outcome::Acknowledged { number, version: Some(version) }
}

#[test]
fn a_sound_history_has_no_faults() {
    let (writes, contents) = sound();
    assert_eq!(faults(&writes, &contents), Vec::<String>::new());
}

#[test]
fn a_write_of_unknown_outcome_may_have_happened() {
    let (writes, mut contents) = sound();
    let event = Event {
        customer_number: 3,
        version: 1,
        kind: "stored".to_owned(),
        correlation_id: writes[5].correlation_id,
    };
    contents.events.push(event);
    contents.rows.push(Row {
        number: 3,
        version: 1,
        external_id: Some("crm-3".to_owned()),
        first_name: Some(writes[5].mark.clone()),
        erased: false,
    });
    assert_eq!(faults(&writes, &contents), Vec::<String>::new());
}

type Plant = fn(&mut Vec<Write>, &mut Contents);

const PLANTS: [(Plant, &str); 12] = [
    (|_, contents| drop(contents.events.remove(3)), "acknowledged, and lost"),
    (|_, contents| drop(contents.rows.remove(0)), "events without a row"),
    (|_, contents| drop(contents.events.remove(0)), "not an event a version"),
    (|_, contents| contents.rows[0].version = 3, "not an event a version"),
    (|_, contents| contents.events.push(contents.events[0].clone()), "done more than once"),
    (|writes, _| writes[0].outcome = Outcome::Refused(409), "refused, and done"),
    (|writes, _| writes[4].outcome = Outcome::Refused(500), "nobody's"),
    (|writes, _| writes[1].outcome = acknowledged(1, 3), "not what was asked for"),
    (|_, contents| contents.events[3].correlation_id = Uuid::new_v4(), "nobody asked for"),
    (|_, contents| contents.rows[0].first_name = Some("another".to_owned()), "not as its last write left it"),
    (|_, contents| contents.rows[1].erased = false, "not as its last write left it"),
    (|_, contents| contents.rows[1].external_id = Some("crm-1".to_owned()), "there twice"),
];

#[test]
fn planted_faults_are_found() {
    for (index, (plant, expected)) in PLANTS.iter().enumerate() {
        let (mut writes, mut contents) = sound();
        plant(&mut writes, &mut contents);
        let found = faults(&writes, &contents);
        assert!(found.iter().any(|fault| fault.contains(expected)), "{index}: {expected}: {found:?}");
    }
}

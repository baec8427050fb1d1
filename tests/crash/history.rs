//! What clients wanted, and what they were told.

use uuid::Uuid;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Store,
    Update,
    Delete,
}

impl Kind {
    /// Of the event that such a write leaves.
    pub fn event(self) -> &'static str {
        match self {
            Self::Store => "stored",
            Self::Update => "updated",
            Self::Delete => "erased",
        }
    }
}

/// What became of a write, as far as its client knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// No proper answer: it may have happened, or not, or may still.
    Unknown,
    Refused(u16),
    /// The customer's number, and its version where the answer tells.
    Acknowledged {
        number: i64,
        version: Option<i64>,
    },
}

/// One write. `mark` is a word of its own that it leaves in the row; its event has its correlation id.
#[derive(Clone, Debug)]
pub struct Write {
    pub correlation_id: Uuid,
    pub kind: Kind,
    pub external_id: String,
    pub mark: String,
    pub outcome: Outcome,
}

/// Everything one client did, in order.
#[derive(Clone, Debug, Default)]
pub struct History(Vec<Write>);

impl History {
    /// Written down before anything is sent: whatever happens next, it is not forgotten.
    pub fn intend(&mut self, kind: Kind, external_id: &str) -> &mut Write {
        let correlation_id = Uuid::new_v4();
        self.0.push(Write {
            correlation_id,
            kind,
            external_id: external_id.to_owned(),
            mark: format!("m{}", correlation_id.simple()),
            outcome: Outcome::Unknown,
        });
        self.0.last_mut().expect("just pushed")
    }

    pub fn writes(self) -> Vec<Write> {
        self.0
    }
}

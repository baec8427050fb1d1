//! What became of the lines, counted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::fault::Fault;

/// Kinds of faults that are kept apart and shown. A file whose every line fails in a way of its own has no more kinds.
const MAX_KINDS: usize = 100;

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// By the API's words.
    outcomes: BTreeMap<String, u64>,
    pub failed: u64,
    /// By field and code.
    faults: BTreeMap<String, u64>,
}

/// The words in the order of the report, and what a dry run says for them.
const WORDS: [(&str, &str); 6] = [
    ("created", "create"),
    ("updated", "update"),
    ("unchanged", "unchanged"),
    ("existing", "existing"),
    ("stale", "stale"),
    ("deleted", "delete"),
];

impl Tally {
    pub fn done(&mut self, outcome: &str) {
        *self.outcomes.entry(outcome.to_owned()).or_default() += 1;
    }

    pub fn failed(&mut self, faults: &[Fault]) {
        self.failed += 1;
        for fault in faults {
            let kind = fault.kind();
            if self.faults.len() < MAX_KINDS || self.faults.contains_key(&kind) {
                *self.faults.entry(kind).or_default() += 1;
            }
        }
    }

    pub fn lines(&self) -> u64 {
        self.failed + self.outcomes.values().sum::<u64>()
    }

    /// `created 3 · updated 0 · unchanged 1 · failed 2`, and a line with the kinds of faults, most frequent first.
    pub fn sentence(&self, is_dry_run: bool, count: impl Fn(u64) -> String) -> String {
        let said = WORDS.iter().enumerate().filter_map(|(index, (done, would))| {
            let number = self.outcomes.get(*done).copied().unwrap_or_default();
            let word = if is_dry_run { would } else { done };
            (index < 3 || number > 0).then(|| format!("{word} {}", count(number)))
        });
        let failed = format!("{} {}", if is_dry_run { "fail" } else { "failed" }, count(self.failed));
        let said: Vec<_> = said.chain([failed]).collect();
        let begin = if is_dry_run { "would " } else { "" };
        format!("{begin}{}", said.join(" · "))
    }

    pub fn kinds(&self, count: impl Fn(u64) -> String) -> Option<String> {
        let mut kinds: Vec<_> = self.faults.iter().collect();
        kinds.sort_by_key(|(_, number)| std::cmp::Reverse(**number));
        let kinds: Vec<_> =
            kinds.iter().map(|(kind, number)| format!("{} × {kind}", count(**number))).collect();
        (!kinds.is_empty()).then(|| format!("   {}", kinds.join("   ")))
    }

    pub fn json(&self) -> Value {
        let Self { outcomes, failed, faults } = self;
        json!({ "lines": self.lines(), "outcomes": outcomes, "failed": failed, "faults": faults })
    }
}

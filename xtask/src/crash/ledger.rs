//! What one worker has written, and how sure it is of each write.

use std::collections::BTreeMap;

use serde_json::Value;

/// The kinds of write under load.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    Create,
    Update,
    Batch,
    Conversion,
    Merge,
    Handover,
    Removal,
    Upload,
    Pool,
    Deal,
    Import,
    Undo,
    Field,
    Role,
}

impl Kind {
    pub const ALL: [Kind; 14] = [
        Kind::Create,
        Kind::Update,
        Kind::Batch,
        Kind::Conversion,
        Kind::Merge,
        Kind::Handover,
        Kind::Removal,
        Kind::Upload,
        Kind::Pool,
        Kind::Deal,
        Kind::Import,
        Kind::Undo,
        Kind::Field,
        Kind::Role,
    ];

    /// How often it is drawn, of 100.
    pub fn weight(self) -> u64 {
        match self {
            Kind::Create => 25,
            Kind::Update => 24,
            Kind::Batch => 8,
            Kind::Conversion => 7,
            Kind::Merge => 6,
            Kind::Handover | Kind::Removal | Kind::Upload => 5,
            Kind::Pool => 4,
            Kind::Deal => 4,
            Kind::Import | Kind::Undo | Kind::Field => 2,
            Kind::Role => 1,
        }
    }
}

/// Whether a write was answered.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Certainty {
    /// It must be there, whole.
    Acknowledged,
    /// It must be there whole, or not at all.
    Unknown,
}

/// A customer that this worker alone writes.
#[derive(Clone, Debug)]
pub struct Record {
    pub id: String,
    pub name: String,
    pub version: u64,
    /// The description of that version.
    pub note: String,
    /// The description of an update that got no answer.
    pub pending: Option<String>,
}

/// One thing that an act changes, as an outsider sees it. What is not there
/// is null.
#[derive(Clone, Debug)]
pub struct Probe {
    /// Below `/api/v1`.
    pub path: String,
    /// A JSON pointer into the answer.
    pub member: &'static str,
    pub before: Value,
    pub after: Value,
}

/// A write other than an update of a record.
#[derive(Clone, Debug)]
pub enum Write {
    /// A customer of whose creation no answer came.
    Create {
        name: String,
        note: String,
        key: String,
    },
    /// Customers called `{tag}{number}`, all in one commit.
    Batch { tag: String, count: usize },
    /// A lead that becomes a customer called `company` and a contact.
    Conversion {
        lead: String,
        company: String,
        contact: String,
    },
    /// Customers called `{tag}{number}`, by a job that outlives the process.
    Import { tag: String, count: usize },
    /// The same taken back, by such a job.
    Undo { tag: String, count: usize },
    /// A field of customers.
    Field { name: String },
    /// Anything whose parts can be looked at one by one. A later act on the
    /// same subject takes its place.
    Act { subject: String, probes: Vec<Probe> },
    /// Something else has been done to the same since.
    Superseded,
}

/// The writes of one worker.
#[derive(Default)]
pub struct Ledger {
    pub records: Vec<Record>,
    /// Positions in `records` touched since the last check.
    pub touched: Vec<usize>,
    pub writes: Vec<(Write, Certainty)>,
    /// Positions in `writes` that have not been checked after a restart.
    pub unchecked: Vec<usize>,
    /// Counts names, so that each is used once.
    pub names: u64,
}

impl Ledger {
    pub fn enter(&mut self, write: Write, certainty: Certainty) {
        let same = |other: &Write| match (other, &write) {
            (Write::Act { subject, .. }, Write::Act { subject: new, .. }) => subject == new,
            (Write::Import { tag, .. }, Write::Undo { tag: new, .. }) => tag == new,
            _ => false,
        };
        // What it follows was a moment ago: an act's steps come one after
        // another.
        let recent = self.writes.len().saturating_sub(RECENT);
        for (other, _) in &mut self.writes[recent..] {
            if same(other) {
                *other = Write::Superseded;
            }
        }
        self.unchecked.push(self.writes.len());
        self.writes.push((write, certainty));
    }
}

/// How far back an entry may lie that a new one takes the place of.
const RECENT: usize = 5_000;

/// What became of the writes of a kind.
#[derive(Default, Clone)]
pub struct Count {
    pub acknowledged: u64,
    pub unknown: u64,
    pub refused: u64,
    /// The first refusal in words.
    pub example: Option<String>,
    /// The route is not there (404, 405 or 501 at the first attempt).
    pub absent: bool,
}

/// The counts of all workers.
#[derive(Default)]
pub struct Tally(pub BTreeMap<Kind, Count>);

impl Tally {
    pub fn of(&mut self, kind: Kind) -> &mut Count {
        self.0.entry(kind).or_default()
    }

    pub fn is_absent(&self, kind: Kind) -> bool {
        self.0.get(&kind).is_some_and(|count| count.absent)
    }

    pub fn table(&self) -> String {
        let mut text = format!(
            "  {:<11} {:>12} {:>8} {:>8}\n",
            "write", "acknowledged", "unknown", "refused"
        );
        for (kind, count) in &self.0 {
            let remark = match &count.example {
                _ if count.absent => "  not exercised: the route does not answer".to_string(),
                Some(example) => format!("  first refusal: {example}"),
                None => String::new(),
            };
            let name = format!("{kind:?}").to_lowercase();
            let (acknowledged, unknown, refused) =
                (count.acknowledged, count.unknown, count.refused);
            text.push_str(&format!(
                "  {name:<11} {acknowledged:>12} {unknown:>8} {refused:>8}{remark}\n"
            ));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_make_a_hundred() {
        assert_eq!(Kind::ALL.iter().map(|kind| kind.weight()).sum::<u64>(), 100);
    }

    #[test]
    fn a_later_act_takes_the_place_of_an_earlier_one() {
        let act = |subject: &str| Write::Act {
            subject: subject.into(),
            probes: Vec::new(),
        };
        let mut ledger = Ledger::default();
        for subject in ["a", "b", "a"] {
            ledger.enter(act(subject), Certainty::Acknowledged);
        }
        let standing = ledger
            .writes
            .iter()
            .filter(|(write, _)| !matches!(write, Write::Superseded));
        assert_eq!((standing.count(), ledger.unchecked.len()), (2, 3));
    }
}

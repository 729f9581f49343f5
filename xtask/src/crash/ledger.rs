//! What one worker has written, and how sure it is of each write.

use std::collections::BTreeMap;

/// The kinds of write under load.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    Create,
    Update,
    Batch,
    Conversion,
    Merge,
    Import,
    Field,
}

impl Kind {
    pub const ALL: [Kind; 7] = [
        Kind::Create,
        Kind::Update,
        Kind::Batch,
        Kind::Conversion,
        Kind::Merge,
        Kind::Import,
        Kind::Field,
    ];

    /// How often it is drawn, of 100.
    pub fn weight(self) -> u64 {
        match self {
            Kind::Create => 38,
            Kind::Update => 32,
            Kind::Batch => 10,
            Kind::Conversion => 9,
            Kind::Merge => 6,
            Kind::Import => 3,
            Kind::Field => 2,
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
    /// A customer that goes into another.
    Merge { kept: String, gone: String },
    /// Customers called `{tag}{number}`, by a job that outlives the process.
    Import { tag: String, count: usize },
    /// A field of customers.
    Field { name: String },
}

/// The writes of one worker.
#[derive(Default)]
pub struct Ledger {
    pub records: Vec<Record>,
    /// Positions in `records` touched since the last check.
    pub touched: Vec<usize>,
    pub writes: Vec<(Write, Certainty)>,
    /// How many of `writes` have been checked after a restart.
    pub checked: usize,
    /// Counts names, so that each is used once.
    pub names: u64,
}

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
}

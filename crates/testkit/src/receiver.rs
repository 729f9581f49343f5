//! The other side of a channel, which may be away, refuse, or take an effect and be cut off before it says so.

use guanxi_engine::outbox::{Channel, Effect, Unsent};
use parking_lot::Mutex;
use std::collections::VecDeque;
use uuid::Uuid;

/// How it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Taken,
    Away,
    Refused,
    /// It took the effect, and the line was cut before the answer.
    Cut,
}

/// Keeps what it took, by the identity of the effect, each time that it did.
#[derive(Default)]
pub struct Receiver {
    answers: Mutex<VecDeque<Answer>>,
    took: Mutex<Vec<Uuid>>,
}

impl Receiver {
    /// The next answers; after them it takes everything.
    pub fn answers(&self, answers: impl IntoIterator<Item = Answer>) {
        self.answers.lock().extend(answers);
    }

    pub fn took(&self) -> Vec<Uuid> {
        self.took.lock().clone()
    }
}

impl Channel for Receiver {
    fn name(&self) -> &'static str {
        "receiver"
    }

    fn send(&self, effect: &Effect) -> Result<(), Unsent> {
        let answer = self.answers.lock().pop_front().unwrap_or(Answer::Taken);
        if matches!(answer, Answer::Taken | Answer::Cut) {
            self.took.lock().push(effect.id);
        }
        match answer {
            Answer::Taken => Ok(()),
            Answer::Away => Err(Unsent::Again("away".to_owned())),
            Answer::Refused => Err(Unsent::Never("refused".to_owned())),
            Answer::Cut => Err(Unsent::Again("cut off".to_owned())),
        }
    }
}

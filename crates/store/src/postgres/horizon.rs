//! How far the log can be read so that nothing lower appears later.
//!
//! Positions come from a sequence, drawn while the changed rows are locked; so the log of a record is in the order
//! of its changes, but a lower position may be committed after a higher one. (Holding back rows by their own
//! transaction number is not enough: a higher-numbered transaction may have drawn the lower position.)
//!
//! Every transaction has its number before it draws a position. Therefore: see the highest position; take a new
//! transaction number, the *fence*; whoever drew a lower position has a number below the fence; once the oldest
//! running transaction is not below it, all of them have ended, and everything up to that position is settled.

use super::errors::Trouble;
use super::server::Server;
use crate::error::StoreResult;
use crate::log;
use crate::render::quoted;
use deadpool_postgres::Client;
use parking_lot::Mutex;
use std::collections::VecDeque;

/// Fences kept while a long transaction holds them back.
const MOST_FENCES: usize = 64;

#[derive(Default)]
pub struct Horizon {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    settled: i64,
    /// Rising.
    fences: VecDeque<Fence>,
}

#[derive(Clone, Copy)]
struct Fence {
    position: i64,
    transaction: i64,
}

impl Horizon {
    /// The highest settled position.
    pub fn settle(&self, server: &Server, schema: &str) -> StoreResult<i64> {
        let client = server.client()?;
        let mut state = self.state.lock();
        state.settle(server, &client, schema).map_err(Trouble::last)
    }
}

impl State {
    fn settle(&mut self, server: &Server, client: &Client, schema: &str) -> Result<i64, Trouble> {
        let number = |text: &str| -> Result<i64, Trouble> {
            let rows = server.ask(client, text, &[])?;
            Ok(rows
                .first()
                .and_then(|row| row.get::<_, Option<i64>>(0))
                .unwrap_or(0))
        };
        let oldest = "SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)";
        if !self.fences.is_empty() {
            self.pass(number(oldest)?);
        }
        let top = number(&format!(
            "SELECT max(\"seq\") FROM {}.{}",
            quoted(schema),
            quoted(log::TABLE)
        ))?;
        let fenced = self
            .fences
            .back()
            .map_or(self.settled, |fence| fence.position);
        if top > fenced {
            // In a transaction of its own, which ends at once.
            let transaction = number("SELECT CAST(CAST(pg_current_xact_id() AS text) AS bigint)")?;
            if self.fences.len() == MOST_FENCES {
                self.fences.pop_back();
            }
            self.fences.push_back(Fence {
                position: top,
                transaction,
            });
            self.pass(number(oldest)?);
        }
        Ok(self.settled)
    }

    fn pass(&mut self, oldest: i64) {
        while let Some(fence) = self
            .fences
            .front()
            .copied()
            .filter(|fence| fence.transaction <= oldest)
        {
            self.settled = fence.position;
            self.fences.pop_front();
        }
    }
}

//! Reading columns into a copy, in short pieces: a long reader would stop the database's checkpoints.

use crate::column::{Form, Need};
use crate::columns::Inner;
use crate::copy::Copy;
use crate::data::{Loaded, forms_of};
use guanxi_meta::ColumnType;
use guanxi_query::cond::{Cond, Direction, Op, Select};
use guanxi_store::{StoreError, StoreExt};
use std::collections::HashSet;
use std::time::{Duration, Instant};

/// Rows of one piece.
const PIECE: u32 = 10_000;
/// How long columns that do not fit are not tried again.
const REFUSED_FOR: Duration = Duration::from_secs(600);

/// Columns of one table that somebody waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wish {
    pub table: String,
    pub needs: Vec<(Need, ColumnType)>,
}

/// How a wish ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    Held,
    /// Memory does not suffice, or a value is out of range.
    Unfit,
    Stopped,
}

impl Inner {
    /// Reads what is wished for and lacking.
    pub fn load(&self, wish: &Wish) -> Result<Ended, StoreError> {
        let copy = self.copy(&wish.table);
        let lacking: Vec<(Need, ColumnType)> = {
            let data = copy.data.read();
            wish.needs
                .iter()
                .filter(|(need, _)| !data.held.contains_key(need))
                .cloned()
                .collect()
        };
        if lacking.is_empty() {
            return Ok(Ended::Held);
        }
        self.begin_following()?;
        copy.marks.lock().loading = Some(HashSet::new());
        let read = self.read(&copy, wish, &lacking);
        // Whatever became of it: nothing is on its way any more.
        let since = copy.marks.lock().loading.take().unwrap_or_default();
        let Some(mut loaded) = read? else {
            let refused = if self.is_closed() {
                Ended::Stopped
            } else {
                Ended::Unfit
            };
            if refused == Ended::Unfit {
                self.refuse(wish);
            }
            return Ok(refused);
        };
        loaded.shrink();
        let _alone = copy.changing.lock();
        let mut data = copy.data.write();
        // Rows that changed while they were read are read again by whoever asks first.
        copy.marks.lock().changed.extend(since);
        data.install(loaded, self.now());
        Ok(Ended::Held)
    }

    /// `None` when it does not fit, or nobody wants it any more.
    fn read(
        &self,
        copy: &Copy,
        wish: &Wish,
        lacking: &[(Need, ColumnType)],
    ) -> Result<Option<Loaded>, StoreError> {
        let mut names: Vec<String> = lacking
            .iter()
            .map(|(need, _)| need.column.clone())
            .collect();
        names.sort();
        names.dedup();
        let mut loaded = Loaded::new(lacking, &names);
        // What the same question reads must stay.
        let own: Vec<Need> = wish.needs.iter().map(|(need, _)| need.clone()).collect();
        let mut last = 0;
        loop {
            let select = Select::from(&copy.table, names.clone())
                .filter(Cond::compare("seq", Op::Greater, last))
                .order("seq", Direction::Ascending)
                .limit(PIECE);
            let rows = self.store().look(|view| view.select(&select))?;
            let Some(row) = rows.last() else { break };
            last = row.seq;
            if loaded.push(&rows).is_err() || self.is_closed() {
                return Ok(None);
            }
            if self.make_room(loaded.bytes(), (&copy.table, &own)).is_err() {
                return Ok(None);
            }
            if rows.len() < PIECE as usize {
                break;
            }
        }
        Ok(Some(loaded))
    }

    fn refuse(&self, wish: &Wish) {
        let mut refused = self.refused().lock();
        refused.retain(|(_, until)| *until > Instant::now());
        refused.push((wish.clone(), Instant::now() + REFUSED_FOR));
    }

    /// Whether these columns did not fit a short while ago.
    pub fn is_refused(&self, wish: &Wish) -> bool {
        let refused = self.refused().lock();
        refused.iter().any(|(other, until)| {
            *until > Instant::now()
                && other.table == wish.table
                && other.needs.iter().all(|need| wish.needs.contains(need))
        })
    }
}

/// The wish for columns of a table as it is declared; `None` where it has no such column.
pub(crate) fn wish(table: &guanxi_meta::TableSpec, needs: &[Need]) -> Option<Wish> {
    let typed = |need: &Need| {
        let column = table
            .columns
            .iter()
            .find(|column| column.name == need.column)?;
        let form: Form = forms_of(column.ty, need.form)?;
        Some((
            Need {
                column: need.column.clone(),
                form,
            },
            column.ty,
        ))
    };
    let needs = needs.iter().map(typed).collect::<Option<_>>()?;
    Some(Wish {
        table: table.name.clone(),
        needs,
    })
}

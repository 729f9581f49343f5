//! Results and errors of the caller's own, carried through the store's transactions.

use crate::error::StoreError;
use crate::traits::{Outcome, Store, StoreExt, Transaction, View, Weight};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;

impl<S: Store + ?Sized> StoreExt for S {
    fn look<T, E: From<StoreError>>(
        &self,
        body: impl FnMut(&mut dyn View) -> Result<T, E>,
    ) -> Result<T, E> {
        read(self, None, body)
    }

    fn look_within<T, E: From<StoreError>>(
        &self,
        limit: Duration,
        body: impl FnMut(&mut dyn View) -> Result<T, E>,
    ) -> Result<T, E> {
        read(self, Some(limit), body)
    }

    fn change<T, E>(
        &self,
        weight: Weight,
        mut body: impl FnMut(&mut dyn Transaction) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let answer: Arc<Mutex<Option<Result<T, E>>>> = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&answer);
        let run = move |transaction: &mut dyn Transaction| {
            let result = body(transaction);
            let outcome = if result.is_ok() {
                Outcome::Commit
            } else {
                Outcome::RollBack
            };
            *slot.lock() = Some(result);
            Ok(outcome)
        };
        self.transact(weight, Box::new(run))?;
        let result = answer.lock().take();
        result.unwrap_or_else(|| Err(unanswered().into()))
    }
}

fn read<S: Store + ?Sized, T, E: From<StoreError>>(
    store: &S,
    limit: Option<Duration>,
    mut body: impl FnMut(&mut dyn View) -> Result<T, E>,
) -> Result<T, E> {
    let mut answer = None;
    store.view(limit, &mut |view| {
        answer = Some(body(view));
        Ok(())
    })?;
    answer.unwrap_or_else(|| Err(unanswered().into()))
}

fn unanswered() -> StoreError {
    StoreError::Broken("the store answered without running the body".to_owned())
}

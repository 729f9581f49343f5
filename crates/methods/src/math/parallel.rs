//! Work cut over the processors of this machine.

/// At most this many threads: beyond it the short loops here gain nothing.
const MOST_THREADS: usize = 8;

pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, |count| count.get().min(MOST_THREADS))
}

/// Applies `work` to consecutive ranges of 0..n, at least `grain` long, and gives the results in order.
///
/// The cuts depend on `n` and `grain` alone and not on the number of threads, so that floating sums come out the same
/// on every machine.
pub fn map_ranges<T: Send>(
    n: usize,
    grain: usize,
    work: impl Fn(std::ops::Range<usize>) -> T + Sync,
) -> Vec<T> {
    let grain = grain.max(n.div_ceil(64)).max(1);
    let ranges: Vec<_> = (0..n)
        .step_by(grain)
        .map(|at| at..(at + grain).min(n))
        .collect();
    map(&ranges, |range| work(range.clone()))
}

/// Applies `work` to every item, in parallel, and gives the results in order.
pub fn map<I: Sync, T: Send>(items: &[I], work: impl Fn(&I) -> T + Sync) -> Vec<T> {
    let threads = threads().min(items.len());
    if threads <= 1 {
        return items.iter().map(work).collect();
    }
    let next = std::sync::atomic::AtomicUsize::new(0);
    let mut done: Vec<(usize, T)> = std::thread::scope(|scope| {
        let run = || {
            let mut done = Vec::new();
            loop {
                let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                match items.get(at) {
                    Some(item) => done.push((at, work(item))),
                    None => return done,
                }
            }
        };
        let workers: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
        let mut done = run();
        for worker in workers {
            match worker.join() {
                Ok(part) => done.extend(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order() {
        let squares = map(&(0..1000).collect::<Vec<u64>>(), |x| x * x);
        assert!(
            squares
                .iter()
                .enumerate()
                .all(|(at, x)| *x == (at * at) as u64)
        );
        let parts = map_ranges(1001, 10, |range| range.sum::<usize>());
        assert_eq!(parts.iter().sum::<usize>(), 1000 * 1001 / 2);
        assert!(map_ranges(0, 10, |range| range.len()).is_empty());
    }
}

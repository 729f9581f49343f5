//! Times and what is said of them.

use serde_json::{Value as Json, json};
use std::time::Duration;

/// What many requests took.
#[derive(Debug, Clone, Copy, Default)]
pub struct Times {
    pub p50: Duration,
    pub p99: Duration,
    pub count: usize,
}

impl Times {
    pub fn of(mut took: Vec<Duration>) -> Times {
        took.sort_unstable();
        let at = |share: f64| {
            let place = (took.len() as f64 * share).ceil() as usize;
            took.get(place.saturating_sub(1))
                .copied()
                .unwrap_or_default()
        };
        Times {
            p50: at(0.5),
            p99: at(0.99),
            count: took.len(),
        }
    }

    pub fn words(&self) -> String {
        format!(
            "p50 {} p99 {} ms",
            milliseconds(self.p50),
            milliseconds(self.p99)
        )
    }

    pub fn json(&self) -> Json {
        json!({"p50_ms": round(ms(self.p50)), "p99_ms": round(ms(self.p99)), "requests": self.count})
    }
}

pub fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

pub fn milliseconds(duration: Duration) -> String {
    format!("{:.2}", ms(duration))
}

/// To three decimals: more is noise.
pub fn round(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

/// `count` in a time, per second.
pub fn rate(count: u64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64().max(1e-9)
}

/// 12,345
pub fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Resident memory of a process in bytes, as the kernel counts it; `peak` is the highest so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory {
    pub now: u64,
    pub peak: u64,
}

impl Memory {
    /// Of this process, or of the child with that id. Zeros where there is no `/proc`.
    pub fn of(process: Option<u32>) -> Memory {
        let name = process.map_or("self".to_owned(), |id| id.to_string());
        let text = std::fs::read_to_string(format!("/proc/{name}/status")).unwrap_or_default();
        let field = |wanted: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(wanted));
            line.and_then(|rest| {
                rest.trim()
                    .trim_end_matches("kB")
                    .trim()
                    .parse::<u64>()
                    .ok()
            })
            .unwrap_or(0)
                * 1024
        };
        Memory {
            now: field("VmRSS:"),
            peak: field("VmHWM:"),
        }
    }
}

pub fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / (1 << 20) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hundredth_is_the_worst_of_a_hundred_but_one() {
        let times = Times::of((1..=100).map(Duration::from_millis).collect());
        assert_eq!(
            (times.p50, times.p99),
            (Duration::from_millis(50), Duration::from_millis(99))
        );
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(grouped(1_234_567.4), "1,234,567");
        assert_eq!(grouped(999.0), "999");
    }
}

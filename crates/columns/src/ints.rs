//! Whole numbers in as few bytes as their range needs: each is kept as its distance from a base.

use std::sync::OnceLock;

/// A value that stands for null in its width: the greatest, in 64 bits the least.
pub(crate) trait Lane: Copy + Eq + Send + Sync {
    const NULL: Self;
    /// Whether the value lies in `low ..= low + span`, by one comparison without sign.
    fn within(self, low: Self, span: Self) -> bool;
}

macro_rules! lane {
    ($type:ty) => {
        impl Lane for $type {
            const NULL: $type = <$type>::MAX;

            #[inline(always)]
            fn within(self, low: $type, span: $type) -> bool {
                self.wrapping_sub(low) <= span
            }
        }
    };
}

lane!(u8);
lane!(u16);
lane!(u32);

impl Lane for i64 {
    const NULL: i64 = i64::MIN;

    #[inline(always)]
    fn within(self, low: i64, span: i64) -> bool {
        self.wrapping_sub(low).cast_unsigned() <= span.cast_unsigned()
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Raw {
    B8(Vec<u8>),
    B16(Vec<u16>),
    B32(Vec<u32>),
    B64(Vec<i64>),
}

/// Does the same with the vector of whatever width.
macro_rules! each_width {
    ($raw:expr, $list:ident => $body:expr) => {
        match $raw {
            Raw::B8($list) => $body,
            Raw::B16($list) => $body,
            Raw::B32($list) => $body,
            Raw::B64($list) => $body,
        }
    };
}

/// A column of integers that may be null.
#[derive(Debug, Clone)]
pub(crate) struct Ints {
    /// What is added to a value of 8, 16 or 32 bits.
    base: i64,
    raw: Raw,
    /// Whether a value came that 64 bits keep for null; then nothing can be asked of the column.
    odd: bool,
    /// Made when they are first asked for.
    zones: OnceLock<Vec<Zone>>,
}

/// Rows of a zone: so few that even among numbers in no order most zones lie beyond the first fifty of many.
pub(crate) const ZONE: usize = 64;

/// The least and the greatest number of some rows, or wider; the least above the greatest where all are null.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Zone {
    pub low: i64,
    pub high: i64,
}

impl Zone {
    const EMPTY: Zone = Zone {
        low: i64::MAX,
        high: i64::MIN,
    };

    fn take(&mut self, value: Option<i64>) {
        if let Some(value) = value {
            self.low = self.low.min(value);
            self.high = self.high.max(value);
        }
    }
}

impl Ints {
    pub fn new() -> Ints {
        Ints {
            base: 0,
            raw: Raw::B8(Vec::new()),
            odd: false,
            zones: OnceLock::new(),
        }
    }

    /// One for each [`ZONE`] rows.
    pub fn zones(&self) -> &[Zone] {
        self.zones.get_or_init(|| {
            let starts = (0..self.len()).step_by(ZONE);
            let zone = |start: usize| {
                let mut zone = Zone::EMPTY;
                (start..(start + ZONE).min(self.len())).for_each(|at| zone.take(self.get(at)));
                zone
            };
            starts.map(zone).collect()
        })
    }

    /// A row that is appended or written over widens its zone; one that comes between others moves all behind it.
    fn rezone(&mut self, at: usize, value: Option<i64>, kind: Placing) {
        let len = self.len();
        let Some(zones) = self.zones.get_mut() else {
            return;
        };
        if kind == Placing::Between && at != len {
            self.zones.take();
            return;
        }
        if at / ZONE == zones.len() {
            zones.push(Zone::EMPTY);
        }
        zones[at / ZONE].take(value);
    }

    pub fn len(&self) -> usize {
        each_width!(&self.raw, list => list.len())
    }

    pub fn raw(&self) -> &Raw {
        &self.raw
    }

    pub fn is_odd(&self) -> bool {
        self.odd
    }

    pub fn bytes(&self) -> usize {
        let zones = self.zones.get().map_or(0, Vec::capacity) * size_of::<Zone>();
        zones
            + each_width!(&self.raw, list => list.capacity() * size_of_val(&list.first().copied().unwrap_or_default()))
    }

    pub fn get(&self, at: usize) -> Option<i64> {
        match &self.raw {
            Raw::B8(list) => (list[at] != u8::NULL).then(|| self.base + i64::from(list[at])),
            Raw::B16(list) => (list[at] != u16::NULL).then(|| self.base + i64::from(list[at])),
            Raw::B32(list) => (list[at] != u32::NULL).then(|| self.base + i64::from(list[at])),
            Raw::B64(list) => (list[at] != i64::NULL).then_some(list[at]),
        }
    }

    pub fn insert(&mut self, at: usize, value: Option<i64>) {
        self.rezone(at, value, Placing::Between);
        let raw = self.room_for(value);
        match &mut self.raw {
            Raw::B8(list) => put_in(list, at, raw.map_or(u8::NULL, |raw| raw as u8)),
            Raw::B16(list) => put_in(list, at, raw.map_or(u16::NULL, |raw| raw as u16)),
            Raw::B32(list) => put_in(list, at, raw.map_or(u32::NULL, |raw| raw as u32)),
            Raw::B64(list) => put_in(list, at, raw.unwrap_or(i64::NULL)),
        }
    }

    pub fn set(&mut self, at: usize, value: Option<i64>) {
        self.rezone(at, value, Placing::Over);
        let raw = self.room_for(value);
        match &mut self.raw {
            Raw::B8(list) => list[at] = raw.map_or(u8::NULL, |raw| raw as u8),
            Raw::B16(list) => list[at] = raw.map_or(u16::NULL, |raw| raw as u16),
            Raw::B32(list) => list[at] = raw.map_or(u32::NULL, |raw| raw as u32),
            Raw::B64(list) => list[at] = raw.unwrap_or(i64::NULL),
        }
    }

    /// Keeps the rows for which `keep` says so.
    pub fn retain(&mut self, keep: &[bool]) {
        self.zones.take();
        each_width!(&mut self.raw, list => retain(list, keep));
    }

    /// The rows in these places of the old column; none is null.
    pub fn rearranged(&self, places: &[Option<u32>]) -> Ints {
        fn pick<T: Lane>(list: &[T], places: &[Option<u32>]) -> Vec<T> {
            places
                .iter()
                .map(|place| place.map_or(T::NULL, |at| list[at as usize]))
                .collect()
        }
        let raw = match &self.raw {
            Raw::B8(list) => Raw::B8(pick(list, places)),
            Raw::B16(list) => Raw::B16(pick(list, places)),
            Raw::B32(list) => Raw::B32(pick(list, places)),
            Raw::B64(list) => Raw::B64(pick(list, places)),
        };
        Ints {
            base: self.base,
            raw,
            odd: self.odd,
            zones: OnceLock::new(),
        }
    }

    pub fn shrink(&mut self) {
        each_width!(&mut self.raw, list => list.shrink_to_fit());
    }

    /// The values from `low` to `high` as raw values: the lowest and how far the highest is; `None` where no
    /// value of this width can lie there.
    pub fn window(&self, low: i64, high: i64) -> Option<(i64, i64)> {
        let (first, last) = match self.raw {
            Raw::B64(_) => (i64::MIN + 1, i64::MAX),
            _ => (0, self.most()),
        };
        // Beyond 64 bits there is nothing, so saturation keeps the answer right.
        let low = low.saturating_sub(self.offset()).max(first);
        let high = high.saturating_sub(self.offset()).min(last);
        (low <= high).then(|| (low, high.wrapping_sub(low)))
    }

    /// How many different values the width has, null among them.
    pub fn codes(&self) -> usize {
        match self.raw {
            Raw::B8(_) => usize::from(u8::MAX) + 1,
            Raw::B16(_) => usize::from(u16::MAX) + 1,
            Raw::B32(_) | Raw::B64(_) => usize::MAX,
        }
    }

    /// The number of the row's value among `codes`.
    pub fn code(&self, at: usize) -> usize {
        match &self.raw {
            Raw::B8(list) => usize::from(list[at]),
            Raw::B16(list) => usize::from(list[at]),
            Raw::B32(list) => list[at] as usize,
            Raw::B64(list) => list[at] as usize,
        }
    }

    /// What a raw value lies below the value itself.
    pub fn offset(&self) -> i64 {
        if matches!(self.raw, Raw::B64(_)) {
            0
        } else {
            self.base
        }
    }

    /// The greatest raw value.
    fn most(&self) -> i64 {
        match self.raw {
            Raw::B8(_) => MOST_8,
            Raw::B16(_) => MOST_16,
            Raw::B32(_) => MOST_32,
            Raw::B64(_) => i64::MAX,
        }
    }

    /// The raw value, after the column was widened if it had to be.
    fn room_for(&mut self, value: Option<i64>) -> Option<i64> {
        let value = value?;
        if matches!(self.raw, Raw::B64(_)) {
            self.odd |= value == i64::NULL;
            return Some(value);
        }
        let fits = |column: &Ints| {
            value
                .checked_sub(column.base)
                .filter(|raw| (0..=column.most()).contains(raw))
        };
        if fits(self).is_none() {
            self.widen(value);
        }
        if matches!(self.raw, Raw::B64(_)) {
            self.odd |= value == i64::NULL;
            return Some(value);
        }
        fits(self)
    }

    /// Encodes anew so that `value` fits too, with room on both sides.
    fn widen(&mut self, value: i64) {
        let (mut low, mut high) = (i128::from(value), i128::from(value));
        for at in 0..self.len() {
            if let Some(value) = self.get(at) {
                low = low.min(i128::from(value));
                high = high.max(i128::from(value));
            }
        }
        let span = high - low;
        let width = [MOST_8, MOST_16, MOST_32]
            .into_iter()
            .find(|most| span <= i128::from(*most));
        // Numbers that only grow are the usual ones, so more room is left above.
        let base = width.map_or(0, |most| low - (i128::from(most) - span) / 8);
        let base = i64::try_from(base).unwrap_or(low as i64);
        let mut old = std::mem::replace(self, Ints::new());
        self.zones = std::mem::take(&mut old.zones);
        let values = (0..old.len()).map(|at| old.get(at));
        let raw = |value: Option<i64>| value.map(|value| value - base);
        self.base = base;
        self.odd = old.odd;
        self.raw = match width {
            Some(MOST_8) => Raw::B8(
                values
                    .map(|value| raw(value).map_or(u8::NULL, |raw| raw as u8))
                    .collect(),
            ),
            Some(MOST_16) => Raw::B16(
                values
                    .map(|value| raw(value).map_or(u16::NULL, |raw| raw as u16))
                    .collect(),
            ),
            Some(MOST_32) => Raw::B32(
                values
                    .map(|value| raw(value).map_or(u32::NULL, |raw| raw as u32))
                    .collect(),
            ),
            _ => Raw::B64(values.map(|value| value.unwrap_or(i64::NULL)).collect()),
        };
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Placing {
    Between,
    Over,
}

const MOST_8: i64 = u8::MAX as i64 - 1;
const MOST_16: i64 = u16::MAX as i64 - 1;
const MOST_32: i64 = u32::MAX as i64 - 1;

/// A vector that doubled when a row is appended would take twice the memory that it needs.
pub(crate) fn put_in<T>(list: &mut Vec<T>, at: usize, value: T) {
    if list.len() == list.capacity() {
        list.reserve_exact(list.len() / 8 + 1_024);
    }
    list.insert(at, value);
}

pub(crate) fn retain<T>(list: &mut Vec<T>, keep: &[bool]) {
    let mut at = 0;
    list.retain(|_| {
        at += 1;
        keep[at - 1]
    });
}

#[cfg(test)]
mod tests {
    use super::{Ints, ZONE, Zone};

    #[test]
    fn zones_hold_every_value_whatever_is_done_to_rows() {
        let mut ints = Ints::new();
        let holds = |ints: &Ints, step: &str| {
            let zones: Vec<Zone> = ints.zones().to_vec();
            assert_eq!(zones.len(), ints.len().div_ceil(ZONE), "{step}");
            for at in 0..ints.len() {
                let zone = zones[at / ZONE];
                let held = ints
                    .get(at)
                    .is_none_or(|value| zone.low <= value && value <= zone.high);
                assert!(held, "{step}: row {at}");
            }
        };
        for at in 0..ZONE * 2 {
            ints.insert(at, (at % 7 != 0).then_some(at as i64));
        }
        holds(&ints, "read");
        ints.insert(ZONE * 2, Some(-9_000_000_000));
        holds(
            &ints,
            "appended, in a zone of its own, wider than all before",
        );
        ints.set(3, Some(1 << 40));
        holds(&ints, "written over");
        ints.insert(5, Some(77));
        holds(&ints, "between others");
        let keep: Vec<bool> = (0..ints.len()).map(|at| at % 3 != 0).collect();
        ints.retain(&keep);
        holds(&ints, "some gone");
    }

    #[test]
    fn values_outlive_every_widening() {
        let values = [
            Some(5),
            None,
            Some(250),
            Some(-3),
            Some(70_000),
            None,
            Some(-5_000_000_000),
            Some(i64::MAX),
            Some(i64::MIN + 1),
            Some(0),
        ];
        let mut ints = Ints::new();
        for (at, value) in values.iter().enumerate() {
            ints.insert(at, *value);
            let kept: Vec<_> = (0..=at).map(|at| ints.get(at)).collect();
            assert_eq!(kept, values[..=at]);
        }
        ints.set(0, None);
        ints.insert(1, Some(9));
        assert_eq!(
            [ints.get(0), ints.get(1), ints.get(2), ints.get(3)],
            [None, Some(9), None, Some(250)]
        );
        assert!(!ints.is_odd());
        ints.set(0, Some(i64::MIN));
        assert!(ints.is_odd());
    }

    #[test]
    fn a_small_range_takes_a_byte_wherever_it_lies() {
        let mut ints = Ints::new();
        for at in 0..1_000 {
            ints.insert(at, Some(1_700_000_000 + (at as i64 % 200)));
        }
        assert!(ints.bytes() < 4_000, "{}", ints.bytes());
        assert_eq!(ints.get(999), Some(1_700_000_199));
        assert_eq!(ints.window(0, 5), None);
        assert!(ints.window(i64::MIN, i64::MAX).is_some());
    }
}

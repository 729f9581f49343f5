//! Chance that is always the same: a generator seeded by what it is for.

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
#[derive(Debug, Clone)]
pub struct Dice(u64);

const SEED: u64 = 0x6775_616e_7869_0001;
const GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

impl Dice {
    /// The throws for one record: the same for the same stream and index, unlike for any other.
    pub fn new(stream: u64, index: u64) -> Dice {
        Dice(mix(
            mix(SEED ^ stream.wrapping_mul(GAMMA)).wrapping_add(index.wrapping_mul(GAMMA))
        ))
    }

    /// Below `limit`, which is not 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }

    /// Both ends included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1) as u64) as i64
    }

    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }

    /// A word by weights that need not add up to anything.
    pub fn weighted(&mut self, from: &[(&'static str, u64)]) -> &'static str {
        let mut left = self.below(from.iter().map(|(_, weight)| weight).sum());
        for (word, weight) in from {
            if left < *weight {
                return word;
            }
            left -= weight;
        }
        ""
    }

    /// A minute of the working day: 8:30 to 18:00.
    pub fn working_minute(&mut self) -> u64 {
        510 + self.below(570)
    }

    /// Appends `count` digits.
    pub fn digits(&mut self, count: usize, text: &mut String) {
        for _ in 0..count {
            text.push(char::from(b'0' + self.below(10) as u8));
        }
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GAMMA);
        mix(self.0)
    }
}

/// Sends 0..space to itself, each number to another one, in no visible order: names drawn by it do not repeat
/// before all were used. Numbers beyond `space` start again.
pub fn scatter(index: u64, space: u64) -> u64 {
    let bits = u64::BITS - (space - 1).leading_zeros();
    let (mask, half) = ((1 << bits) - 1, bits / 2 + 1);
    let mut at = index % space;
    loop {
        for odd in [
            0x9e37_79b9_7f4a_7c15,
            0xbf58_476d_1ce4_e5b9_u64,
            0x94d0_49bb_1331_11eb,
        ] {
            at = at.wrapping_mul(odd).wrapping_add(SEED) & mask;
            at ^= at >> half;
        }
        // At most every second number is beyond the space, so that this ends soon; and it ends since the steps are
        // one cycle that leads back to `index`.
        if at < space {
            return at;
        }
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

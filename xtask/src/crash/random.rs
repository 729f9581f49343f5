//! Random numbers that a seed repeats (SplitMix64, Steele, Lea and Flood 2014).

pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// A generator of its own for one worker in one round.
    pub fn branch(seed: u64, round: u64, worker: u64) -> Random {
        let mut random = Random(seed ^ round.rotate_left(20) ^ worker.rotate_left(40));
        random.next();
        random
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`, which is above 0.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_branches_differ() {
        let draw = |mut random: Random| [random.next(), random.next()];
        assert_eq!(draw(Random::branch(1, 2, 3)), draw(Random::branch(1, 2, 3)));
        assert_ne!(draw(Random::branch(1, 2, 3)), draw(Random::branch(1, 2, 4)));
        assert!((0..100).all(|_| Random::new(7).below(5) < 5));
    }
}

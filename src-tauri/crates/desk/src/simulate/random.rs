//! Chance, the same on every machine.

/// SplitMix64: five lines, no state to seed wrongly, good enough for visitors.
pub(super) struct Random(pub(super) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// 0 to `limit` − 1; `limit` is small against 2^63, so the bias is nothing.
    pub(super) fn below(&mut self, limit: i64) -> i64 {
        (self.next() >> 1) as i64 % limit
    }

    pub(super) fn one_in(&mut self, chances: i64) -> bool {
        self.below(chances) == 0
    }

    /// Normally distributed around 0: the sum of twelve uniform numbers, whose variance is 1.
    pub(super) fn bell(&mut self, deviation: i64) -> i64 {
        let sum: i64 = (0..12).map(|_| self.below(1 << 16)).sum();
        (sum - (6 << 16)) * deviation / (1 << 16)
    }

    pub(super) fn hex(&mut self, digits: usize) -> String {
        (0..digits)
            .map(|_| char::from_digit(self.below(16) as u32, 16).expect("below 16"))
            .collect()
    }
}

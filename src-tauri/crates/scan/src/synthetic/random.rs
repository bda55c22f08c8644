/// A small generator (SplitMix64), the same on every machine. Not for secrets.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// A generator for one part of one frame: `name` keeps the parts apart (FNV-1a), the numbers the frames.
    pub(super) fn of(name: &str, seed: u64, number: u32) -> Random {
        let named = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut random = Random(seed);
        let seeded = Random(named ^ random.next()).next();
        Random(seeded ^ u64::from(number).wrapping_mul(0xd134_2543_de82_ef95))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A whole number below `limit`, which is not 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    /// Evenly between two numbers.
    pub(crate) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * (self.next() >> 40) as f32 / (1 << 24) as f32
    }

    /// Normally distributed about 0 with deviation 1, cut at ±6: the sum of twelve even numbers.
    pub(crate) fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.between(0.0, 1.0)).sum::<f32>() - 6.0
    }

    /// True in this share of all cases.
    pub(super) fn happens(&mut self, share: f32) -> bool {
        self.between(0.0, 1.0) < share
    }

    /// One of several, each as likely as the other.
    pub(super) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// One of two places to change.
    pub(super) fn pick_mut<'a, T>(&mut self, choices: [&'a mut T; 2]) -> &'a mut T {
        let [first, second] = choices;
        if self.happens(0.5) { first } else { second }
    }

    /// One of several, each with its weight; the weights add up to more than 0.
    pub(super) fn pick_by<'a, T>(&mut self, choices: &'a [(T, usize)]) -> &'a T {
        let total = choices.iter().map(|(_, weight)| weight).sum();
        let mut at = self.below(total);
        for (choice, weight) in choices {
            if at < *weight {
                return choice;
            }
            at -= weight;
        }
        unreachable!("a number below the sum of the weights falls into one of them")
    }
}

//! Reed–Solomon over GF(256) as QR symbols use it: primitive polynomial 0x11D, generator with the roots
//! α⁰ … α^(parity−1), errors and erasures (ISO/IEC 18004, 7.5; Blahut, Algebraic Codes, chapter 7).
//!
//! A block is divided by its generator first, 32 bytes of remainder at a time; most blocks leave none and are done.
//! The syndromes of the others come from the remainder, which is much shorter than the block.

/// The most parity codewords a block has.
const MOST_PARITY: usize = 30;
/// Codewords of a block never exceed the order of the field.
pub(super) const MOST_CODEWORDS: usize = 255;

/// Parity that is never spent once codewords are erased: four codewords tell a right correction from a wrong one
/// in all but one of some 10⁹ blocks of noise.
const RESERVE: usize = 4;

/// Powers of α, twice over so that a sum of two logarithms needs no reduction, then zeros for the logarithm of 0.
const EXP: [u8; 1025] = {
    let mut table = [0; 1025];
    let (mut value, mut index) = (1_u16, 0);
    while index < 255 {
        table[index] = value as u8;
        table[index + 255] = value as u8;
        value <<= 1;
        if value & 0x100 != 0 {
            value ^= 0x11D;
        }
        index += 1;
    }
    table
};

/// Logarithms to base α; that of 0 is so large that every sum with it lands among the zeros of [`EXP`].
const LOG: [u16; 256] = {
    let mut table = [512; 256];
    let mut index = 0;
    while index < 255 {
        table[EXP[index] as usize] = index as u16;
        index += 1;
    }
    table
};

static EXP_TABLE: [u8; 1025] = EXP;
static LOG_TABLE: [u16; 256] = LOG;

const fn times_at_build(a: u8, b: u8) -> u8 {
    EXP[LOG[a as usize] as usize + LOG[b as usize] as usize]
}

fn times(a: u8, b: u8) -> u8 {
    EXP_TABLE[usize::from(LOG_TABLE[usize::from(a)]) + usize::from(LOG_TABLE[usize::from(b)])]
}

/// α to a power below 510.
fn alpha(power: usize) -> u8 {
    EXP_TABLE[power]
}

fn log(value: u8) -> usize {
    usize::from(LOG_TABLE[usize::from(value)])
}

/// A remainder: 32 codewords, the highest power in the highest byte of the first word.
type Remainder = [u64; 4];

/// The generator of one number of parity codewords, times every half byte: first the 16 low ones, then the high.
struct Generator {
    parity: usize,
    rows: [Remainder; 32],
}

impl Generator {
    const fn of(parity: usize) -> Generator {
        let mut coefficients = [0_u8; MOST_PARITY + 1];
        coefficients[0] = 1;
        let mut root = 0;
        while root < parity {
            let mut at = root + 1;
            while at > 0 {
                coefficients[at] ^= times_at_build(coefficients[at - 1], EXP[root]);
                at -= 1;
            }
            root += 1;
        }
        let mut rows = [[0; 4]; 32];
        let mut half = 0;
        while half < 32 {
            let factor = if half < 16 {
                half as u8
            } else {
                (half as u8 - 16) << 4
            };
            let mut at = 0;
            while at < parity {
                let byte = times_at_build(coefficients[at + 1], factor) as u64;
                rows[half][at / 8] |= byte << (56 - 8 * (at % 8));
                at += 1;
            }
            half += 1;
        }
        Generator { parity, rows }
    }

    /// The remainder of a block, its first `parity` bytes being those of the polynomial.
    fn remainder(&self, block: &[u8]) -> [u8; 32] {
        let mut left: Remainder = [0; 4];
        let (data, parity) = block.split_at(block.len() - self.parity);
        for &codeword in data {
            let lead = (left[0] >> 56) as u8 ^ codeword;
            let (low, high) = (
                &self.rows[usize::from(lead & 15)],
                &self.rows[16 + usize::from(lead >> 4)],
            );
            left = [
                (left[0] << 8 | left[1] >> 56) ^ low[0] ^ high[0],
                (left[1] << 8 | left[2] >> 56) ^ low[1] ^ high[1],
                (left[2] << 8 | left[3] >> 56) ^ low[2] ^ high[2],
                (left[3] << 8) ^ low[3] ^ high[3],
            ];
        }
        let mut bytes = [0; 32];
        for (out, word) in bytes.chunks_exact_mut(8).zip(left) {
            out.copy_from_slice(&word.to_be_bytes());
        }
        for (out, codeword) in bytes.iter_mut().zip(parity) {
            *out ^= codeword;
        }
        bytes
    }
}

/// All numbers of parity codewords in the standard (table 9).
static GENERATORS: [Generator; 13] = [
    Generator::of(7),
    Generator::of(10),
    Generator::of(13),
    Generator::of(15),
    Generator::of(16),
    Generator::of(17),
    Generator::of(18),
    Generator::of(20),
    Generator::of(22),
    Generator::of(24),
    Generator::of(26),
    Generator::of(28),
    Generator::of(30),
];

/// What a block with wrong codewords gives away about them.
pub(super) struct Syndromes {
    values: [u8; MOST_PARITY],
    parity: usize,
}

/// `None` if the block is without error.
///
/// # Panics
/// If the standard has no block with so much parity, or the block is not longer than that.
pub(super) fn syndromes(block: &[u8], parity: usize) -> Option<Syndromes> {
    assert!(
        parity < block.len() && block.len() <= MOST_CODEWORDS,
        "blocks hold data and parity"
    );
    let generator = GENERATORS
        .iter()
        .find(|generator| generator.parity == parity)
        .expect("the numbers of parity codewords are those of table 9");
    let remainder = generator.remainder(block);
    let remainder = &remainder[..parity];
    if remainder.iter().all(|byte| *byte == 0) {
        return None;
    }
    let mut values = [0; MOST_PARITY];
    for (power, value) in values[..parity].iter_mut().enumerate() {
        let root = alpha(power);
        *value = remainder.iter().fold(0, |sum, byte| times(sum, root) ^ byte);
    }
    Some(Syndromes { values, parity })
}

/// How much parity errors (two each) and erasures (one each) may use up.
///
/// Without erasures it is what the standard allows: it keeps back some parity of the smallest blocks, which noise
/// would otherwise resemble too often.
pub(super) fn capacity(parity: usize, erased: usize) -> usize {
    let kept = match (parity, erased) {
        (_, 1..) => RESERVE,
        (7, 0) => 3,
        (10, 0) => 2,
        (_, 0) => parity % 2,
    };
    parity - kept
}

/// A polynomial of a degree up to the number of parity codewords, the constant first.
type Polynomial = [u8; MOST_PARITY + 2];

/// Corrects a block in place and tells how many codewords were wrong; `None`, and the block is as it was, if errors
/// and erasures exceed the [`capacity`].
pub(super) fn correct(block: &mut [u8], syndromes: &Syndromes, erased: &[usize]) -> Option<u16> {
    let parity = syndromes.parity;
    let capacity = capacity(parity, erased.len());
    if erased.len() > capacity {
        return None;
    }
    let (locator, errata) = locator(syndromes, block.len(), erased, capacity)?;
    let roots = Roots::of(&locator[..=errata], block.len());
    if roots.count != errata {
        return None;
    }
    let evaluator = evaluator(syndromes, &locator);
    let mut changes = [0; MOST_PARITY];
    for (change, &power) in changes.iter_mut().zip(&roots.powers[..errata]) {
        let inverse = (255 - power) % 255;
        let slope = evaluate_odd(&locator, inverse);
        // A root of the locator is a single one, so its derivative there is not zero.
        if slope == 0 {
            return None;
        }
        let value = evaluate(&evaluator[..parity], inverse);
        *change = times(times(value, alpha(255 - log(slope))), alpha(power));
    }
    let mut wrong = 0;
    for (change, &power) in changes.iter().zip(&roots.powers[..errata]) {
        block[block.len() - 1 - power] ^= change;
        wrong += u16::from(*change != 0);
    }
    Some(wrong)
}

/// Berlekamp and Massey's algorithm, begun with the erasures: the locator of everything wrong, and how much it is;
/// `None` if that is more than the capacity.
fn locator(
    syndromes: &Syndromes,
    codewords: usize,
    erased: &[usize],
    capacity: usize,
) -> Option<(Polynomial, usize)> {
    let mut locator: Polynomial = [0; MOST_PARITY + 2];
    locator[0] = 1;
    for (count, &position) in erased.iter().enumerate() {
        let root = alpha(codewords - 1 - position);
        for at in (0..=count).rev() {
            locator[at + 1] ^= times(locator[at], root);
        }
    }
    let mut before = locator;
    let mut length = erased.len();
    for step in erased.len()..syndromes.parity {
        let discrepancy =
            (0..=length.min(step)).fold(0, |sum, at| sum ^ times(locator[at], syndromes.values[step - at]));
        before.copy_within(..MOST_PARITY + 1, 1);
        before[0] = 0;
        if discrepancy == 0 {
            continue;
        }
        let mut next = locator;
        for (coefficient, &old) in next.iter_mut().zip(&before) {
            *coefficient ^= times(discrepancy, old);
        }
        if 2 * length <= step + erased.len() {
            let inverse = alpha(255 - log(discrepancy));
            before = locator.map(|coefficient| times(coefficient, inverse));
            length = step + 1 + erased.len() - length;
            // Two for each error and one for each erasure.
            if 2 * length - erased.len() > capacity {
                return None;
            }
        }
        locator = next;
    }
    Some((locator, length))
}

/// The powers of x, counted from the end of the block, at which a locator says that a codeword is wrong.
struct Roots {
    powers: [usize; MOST_PARITY],
    count: usize,
}

impl Roots {
    /// Chien's search: each coefficient is stepped from one place of the block to the next by its own power of α.
    fn of(locator: &[u8], codewords: usize) -> Roots {
        let mut roots = Roots {
            powers: [0; MOST_PARITY],
            count: 0,
        };
        let mut logs = [512; MOST_PARITY + 1];
        for (log_of, &coefficient) in logs.iter_mut().zip(locator) {
            *log_of = log(coefficient);
        }
        for power in 0..codewords {
            let mut sum = 0;
            for (degree, log_of) in logs[..locator.len()].iter_mut().enumerate() {
                sum ^= EXP_TABLE[*log_of];
                // Once round the field for every step past 0; the logarithm of 0 stays where it is.
                *log_of = match *log_of {
                    512 => 512,
                    small if small < degree => small + 255 - degree,
                    large => large - degree,
                };
            }
            if sum == 0 {
                if roots.count == MOST_PARITY {
                    break;
                }
                roots.powers[roots.count] = power;
                roots.count += 1;
            }
        }
        roots
    }
}

/// The error evaluator: syndromes times locator, up to the number of syndromes.
fn evaluator(syndromes: &Syndromes, locator: &Polynomial) -> Polynomial {
    let mut product: Polynomial = [0; MOST_PARITY + 2];
    for (at, out) in product[..syndromes.parity].iter_mut().enumerate() {
        *out = (0..=at).fold(0, |sum, low| {
            sum ^ times(locator[low], syndromes.values[at - low])
        });
    }
    product
}

/// The value of a polynomial at a power of α.
fn evaluate(polynomial: &[u8], power: usize) -> u8 {
    let x = alpha(power);
    polynomial
        .iter()
        .rev()
        .fold(0, |sum, &coefficient| times(sum, x) ^ coefficient)
}

/// The value of a polynomial's derivative at a power of α: in this field only the odd powers leave something.
fn evaluate_odd(polynomial: &Polynomial, power: usize) -> u8 {
    let square = alpha((2 * power) % 255);
    polynomial
        .iter()
        .skip(1)
        .step_by(2)
        .rev()
        .fold(0, |sum, &coefficient| times(sum, square) ^ coefficient)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{Strategy, any, prop, proptest};
    use proptest::sample::Index;
    use proptest::test_runner::Config;
    use qrcode::ec::create_error_correction_code;

    use super::*;

    /// Data and its parity.
    fn encoded(data: &[u8], parity: usize) -> Vec<u8> {
        [data, &create_error_correction_code(data, parity)].concat()
    }

    /// Places of a block, all different.
    fn places(picks: &[Index], codewords: usize) -> Vec<usize> {
        let mut left: Vec<usize> = (0..codewords).collect();
        let all = picks.iter().take(codewords);
        all.map(|pick| left.swap_remove(pick.index(left.len()))).collect()
    }

    fn parities() -> impl Strategy<Value = usize> {
        (0..GENERATORS.len()).prop_map(|index| GENERATORS[index].parity)
    }

    /// Damages a block with `errors` and `erasures` and tries to correct it.
    fn corrected(
        block: &[u8],
        parity: usize,
        places: &[usize],
        errors: usize,
        changes: &[u8],
    ) -> (Vec<u8>, Option<u16>) {
        let mut damaged = block.to_vec();
        for (number, (&place, &change)) in places.iter().zip(changes).enumerate() {
            // An error is a change; an erasure may hide a codeword that is right.
            damaged[place] ^= if number < errors { change | 1 } else { change & !1 };
        }
        let wrong = match syndromes(&damaged, parity) {
            Some(syndromes) => correct(&mut damaged, &syndromes, &places[errors..]),
            None => Some(0),
        };
        (damaged, wrong)
    }

    proptest! {
        #![proptest_config(Config { cases: 1500, failure_persistence: None, ..Config::default() })]

        #[test]
        fn as_many_errors_and_erasures_as_allowed_are_corrected_and_one_more_is_refused(
            parity in parities(),
            data in prop::collection::vec(any::<u8>(), 1..100),
            erasures in 0_usize..=26,
            picks in prop::collection::vec(any::<Index>(), 31),
            changes in prop::collection::vec(any::<u8>(), 31),
        ) {
            // Blocks of the standard hold up to four times as much data as parity.
            let data = &data[..data.len().min(4 * parity)];
            let block = encoded(data, parity);
            let erasures = erasures.min(parity - RESERVE);
            let errors = (capacity(parity, erasures) - erasures) / 2;
            let places = places(&picks, block.len());
            let needed = (errors + erasures).min(places.len());
            let errors = errors.min(needed);
            let (after, wrong) = corrected(&block, parity, &places[..needed], errors, &changes);
            assert!(wrong.is_some_and(|wrong| usize::from(wrong) >= errors));
            assert_eq!(after, block);

            if needed < places.len() {
                let (after, wrong) = corrected(&block, parity, &places[..=needed], errors + 1, &changes);
                assert_eq!(wrong, None);
                assert_ne!(after, block);
            }
        }

        #[test]
        fn any_block_and_any_erasures_give_a_block_without_error_or_none(
            parity in parities(),
            block in prop::collection::vec(any::<u8>(), 31..=MOST_CODEWORDS),
            picks in prop::collection::vec(any::<Index>(), 0..40),
        ) {
            let mut repaired = block.clone();
            let places = places(&picks, block.len());
            if let Some(found) = syndromes(&block, parity) {
                match correct(&mut repaired, &found, &places) {
                    Some(_) => assert!(syndromes(&repaired, parity).is_none()),
                    None => assert_eq!(repaired, block),
                }
            }
        }
    }

    #[test]
    fn every_single_error_of_the_smallest_block_is_corrected() {
        let block = encoded(b"nineteen data bytes", 7);
        for place in 0..block.len() {
            for change in 1..=255 {
                let mut damaged = block.clone();
                damaged[place] ^= change;
                let syndromes = syndromes(&damaged, 7).unwrap();
                assert_eq!(correct(&mut damaged, &syndromes, &[]), Some(1));
                assert_eq!(damaged, block);
            }
        }
    }

    #[test]
    fn noise_is_not_taken_for_a_damaged_block() {
        // The smallest blocks, with erasures and without: chance corrects fewer than one in 10⁹.
        let mut state = 0x5EED_u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 24) as u8
        };
        for _ in 0..100_000 {
            let mut block: Vec<u8> = (0..26).map(|_| next()).collect();
            for parity in [7, 10] {
                let syndromes = syndromes(&block, parity).unwrap();
                assert_eq!(correct(&mut block, &syndromes, &[]), None);
                assert_eq!(correct(&mut block, &syndromes, &[1, 4, 9]), None);
            }
        }
    }
}

use gatepost_scan::symbol::{Level, Modules, read};
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof, proptest};
use proptest::test_runner::Config;

use crate::drawn::{LEVELS, Numbers, Unmasked, capacity, modules, size_of};

fn levels() -> impl Strategy<Value = Level> {
    prop_oneof![Just(Level::L), Just(Level::M), Just(Level::Q), Just(Level::H)]
}

proptest! {
    #![proptest_config(Config { cases: 600, failure_persistence: None, ..Config::default() })]

    #[test]
    fn noise_of_any_size_is_no_symbol(version in 1_u8..=40, seed in any::<u64>(), shift in 0_u32..8) {
        let mut numbers = Numbers(seed | 1);
        let size = size_of(version);
        let values = numbers.bytes(size * size).into_iter().map(|byte| byte as i8 >> shift).collect();
        assert!(read(&Modules::new(size, values).unwrap()).is_err());
    }

    #[test]
    fn any_data_codewords_give_an_answer(
        version in prop_oneof![1_u8..=9, 10_u8..=26, 27_u8..=40],
        level in levels(),
        start in prop::collection::vec(any::<u8>(), 0..24),
        filling in any::<u8>(),
    ) {
        let mut codewords = start;
        codewords.resize(capacity(version, level), filling);
        if let Ok(symbol) = read(&modules(&Unmasked::of(&codewords, version, level).masked(filling % 8))) {
            assert!(!symbol.payload.bytes.is_empty());
            let end = symbol.payload.segments.last().unwrap().range.end;
            assert_eq!(end, symbol.payload.bytes.len());
        }
    }

    #[test]
    fn any_value_counts_as_what_it_is(value in any::<i8>(), x in 0_usize..21, y in 0_usize..21) {
        let modules = Modules::new(21, vec![value; 441]).unwrap();
        assert_eq!(modules.dark(x, y), value > 0);
        assert_eq!(modules.sureness(x, y), value.unsigned_abs());
    }
}

#[test]
fn noise_in_the_shape_of_a_symbol_is_hardly_ever_read() {
    // Format information in its place and noise for codewords: a wrong correction is a matter of chance only.
    let mut numbers = Numbers(0xBAD);
    for round in 0..4000_u32 {
        let (version, level) = (1 + (round % 3) as u8, LEVELS[round as usize / 3 % 4]);
        let frame =
            Unmasked::of(&vec![0; capacity(version, level)], version, level).masked((round % 8) as u8);
        let size = size_of(version);
        let values = (0..size * size).map(|at| {
            let (x, y) = (at % size, at / size);
            let is_data = x > 8 && y > 8;
            match is_data {
                true => numbers.next() as i8,
                false if frame[at] => 127,
                false => -127,
            }
        });
        let values = values.collect();
        assert!(
            read(&Modules::new(size, values).unwrap()).is_err(),
            "{version} {level:?}"
        );
    }
}

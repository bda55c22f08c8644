//! Leaves that are changed by a seeded generator, most of them so that they are none any more.

/// Numbers that look random and are the same in every run (xorshift64*).
pub(crate) struct Seeded(u64);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Seeded {
        Seeded(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % end
    }

    pub(crate) fn one_of<T: Copy>(&mut self, some: &[T]) -> T {
        some[self.below(some.len() as u64) as usize]
    }
}

/// Values of every type, at and beyond the limits of every member, and other forms of the same.
const VALUES: [&str; 62] = [
    "null",
    "true",
    "false",
    "0",
    "1",
    "-1",
    "2",
    "7",
    "44",
    "45",
    "1.0",
    "1e3",
    "-0",
    "NaN",
    "Infinity",
    "299",
    "300",
    "450",
    "451",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "-2147483648",
    "-2147483649",
    "4294967295",
    "4294967296",
    "9007199254740991",
    "9007199254740992",
    "-9007199254740991",
    "18446744073709551616",
    "01",
    "+1",
    "1_0",
    "٣",
    "\"\"",
    "\"x\"",
    "\"1\"",
    "\"门\"",
    "\"\\u0041\"",
    "\"\\/\"",
    "\"\\u001f\"",
    "\"\\u001F\"",
    "\"\\t\"",
    "\"\\ud800\"",
    "\"\u{7f}\"",
    "\"\u{2028}\"",
    "\"\t\"",
    "[]",
    "[1]",
    "[[1]]",
    "[\"fever\"]",
    "[\"fever\",\"fever\"]",
    "{}",
    "{\"a\":1}",
    "{\"a\":\"b\"}",
    "{\"b\":\"\",\"a\":\"\"}",
    "\"low\"",
    "\"guard\"",
    "\"first\"",
    "\"closed\"",
    "\"opened\"",
];

const NAMES: [&str; 24] = [
    "x",
    "op",
    "_sd",
    "key",
    "step",
    "of",
    "by",
    "code",
    "doc",
    "iss",
    "age",
    "why",
    "fault",
    "follows",
    "change",
    "due",
    "disclosed",
    "lost",
    "number",
    "count",
    "name",
    "typ",
    "v",
    "门",
];

/// The members of a leaf in the order in which they stand, each with the bytes of its value.
pub(crate) fn members(leaf: &str) -> Vec<(String, String)> {
    let (mut depth, mut quoted, mut escaped, mut begin) = (0, false, false, 1);
    let mut found = Vec::new();
    for (at, symbol) in leaf.char_indices() {
        match symbol {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '{' | '[' => depth += 1,
            '}' | ']' if depth > 1 => depth -= 1,
            ',' | '}' if depth == 1 => {
                let (name, value) = leaf[begin..at].split_once(':').expect("a member");
                found.push((name.trim_matches('"').to_owned(), value.to_owned()));
                begin = at + 1;
            }
            _ => {}
        }
    }
    found
}

pub(crate) fn leaf_of(members: &[(String, String)]) -> String {
    let members: Vec<String> = members
        .iter()
        .map(|(name, value)| format!("\"{name}\":{value}"))
        .collect();
    format!("{{{}}}", members.join(","))
}

/// Changes a leaf in one way. `other` is another leaf of the same ledger.
pub(crate) fn mutated(leaf: &str, other: &str, seeded: &mut Seeded) -> Vec<u8> {
    let mut there = members(leaf);
    let at = seeded.below(there.len() as u64) as usize;
    match seeded.below(20) {
        0 | 1 => drop(there.remove(at)),
        2 | 3 => {
            let name = seeded.one_of(&NAMES).to_owned();
            there.push((name, seeded.one_of(&VALUES).to_owned()));
            there.sort();
        }
        4..=8 => there[at].1 = seeded.one_of(&VALUES).to_owned(),
        9 => there.swap(at, (at + 1) % 3),
        10 => there.insert(at, there[at].clone()),
        11 => there.insert(at, (there[at].0.clone(), seeded.one_of(&VALUES).to_owned())),
        12 => there[at]
            .1
            .push_str(seeded.one_of(&["0", "\"", " ", "]", "}", ",1"])),
        13 => there[at].0.make_ascii_uppercase(),
        14 | 15 => {
            let others = members(other);
            let (name, value) = others[seeded.below(others.len() as u64) as usize].clone();
            there.retain(|(known, _)| *known != name);
            there.push((name, value));
            there.sort();
        }
        _ => return changed_text(leaf, seeded),
    }
    leaf_of(&there).into_bytes()
}

/// Changes the text of a leaf, whatever its members are.
fn changed_text(leaf: &str, seeded: &mut Seeded) -> Vec<u8> {
    let at = seeded.below(leaf.len() as u64) as usize;
    let mut bytes = leaf.as_bytes().to_vec();
    let arabic = |text: &str| text.replacen('1', "١", 1);
    match seeded.below(9) {
        0 => return arabic(leaf).into_bytes(),
        1 => return leaf.replacen(':', ": ", 1).into_bytes(),
        2 => return leaf.replacen("typ", "\\u0074yp", 1).into_bytes(),
        3 => bytes.extend_from_slice(seeded.one_of(&["\n", " ", "\0", "{}"]).as_bytes()),
        4 => bytes
            .splice(0..0, seeded.one_of(&["\u{feff}", " ", "["]).bytes())
            .for_each(drop),
        5 => bytes.truncate(at),
        6 => bytes[at] = 0xff,
        7 => return ["[".repeat(2000), "]".repeat(2000)].concat().into_bytes(),
        _ => bytes[at] ^= 1 << seeded.below(7),
    }
    bytes
}

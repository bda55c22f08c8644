//! Made-up payloads in the sizes and alphabets that real passes have, and their symbols.

use qrcode::{Color, EcLevel, QrCode};

use super::random::Random;

const WORD: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const BASE45: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const DIGITS: &[u8] = b"0123456789";

/// The kinds of passes, by how much their codes hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PayloadKind {
    /// A link with a token of 48 to 129 characters, level M, Q or H: 29 to 73 modules.
    Link,
    /// A link with a token of 8 to 19 characters, level M, Q or H: 25 to 41 modules.
    ShortLink,
    /// 300 to 619 characters of base 45, level L, M or Q: 53 to 97 modules.
    Alphanumeric,
    /// 500 to 899 digits, level L: 49 to 69 modules.
    Digits,
}

/// A payload and its symbol.
pub(super) struct MadeUpCode {
    pub(super) payload: Vec<u8>,
    pub(super) version: u8,
    /// Modules along a side.
    pub(super) modules: usize,
    /// Whether a logo in the middle would leave enough to correct: levels Q and H.
    pub(super) bears_a_logo: bool,
    dark: Vec<bool>,
}

impl MadeUpCode {
    pub(super) fn new(kind: PayloadKind, random: &mut Random) -> MadeUpCode {
        const HIGH: [EcLevel; 3] = [EcLevel::M, EcLevel::Q, EcLevel::H];
        const LOW: [EcLevel; 3] = [EcLevel::L, EcLevel::M, EcLevel::Q];
        let (prefix, alphabet, least, range, levels) = match kind {
            PayloadKind::Link => ("https://pass.example/v?t=", WORD, 48, 82, HIGH),
            PayloadKind::ShortLink => ("https://p.example/c?", WORD, 8, 12, HIGH),
            PayloadKind::Alphanumeric => ("HC1:", BASE45, 300, 320, LOW),
            PayloadKind::Digits => ("shc:/", DIGITS, 500, 400, [EcLevel::L; 3]),
        };
        let mut payload = prefix.as_bytes().to_vec();
        let length = least + random.below(range);
        payload.extend((0..length).map(|_| *random.pick(alphabet)));
        let level = *random.pick(&levels);
        let code = QrCode::with_error_correction_level(&payload, level)
            .expect("a thousand digits, or fewer letters, fit into a code of any level");
        let modules = code.width();
        MadeUpCode {
            payload,
            version: ((modules - 17) / 4) as u8,
            modules,
            bears_a_logo: matches!(level, EcLevel::Q | EcLevel::H)
                && matches!(kind, PayloadKind::Link | PayloadKind::ShortLink),
            dark: code
                .into_colors()
                .into_iter()
                .map(|module| module == Color::Dark)
                .collect(),
        }
    }

    pub(super) fn is_dark(&self, x: usize, y: usize) -> bool {
        self.dark[y * self.modules + x]
    }
}

//! Keys by the signs that stand for them in a test.

/// What a sign in [`crate::Window::press`] means; every other character is the key that types it.
pub const SIGNS: [(char, char); 20] = [
    ('⏎', '\u{e007}'),
    ('⎋', '\u{e00c}'),
    ('⌫', '\u{e003}'),
    ('⇥', '\u{e004}'),
    ('⌦', '\u{e017}'),
    ('←', '\u{e012}'),
    ('↑', '\u{e013}'),
    ('→', '\u{e014}'),
    ('↓', '\u{e015}'),
    ('⇱', '\u{e011}'),
    ('⇲', '\u{e010}'),
    ('①', '\u{e031}'),
    ('②', '\u{e032}'),
    ('③', '\u{e033}'),
    ('④', '\u{e034}'),
    ('⑨', '\u{e039}'),
    ('⑩', '\u{e03a}'),
    ('⑫', '\u{e03c}'),
    // The numeric pad's star: the one above 8 is a shifted digit.
    ('*', '\u{e024}'),
    ('␣', ' '),
];

/// Shift, held down around the sign `⇤` (Shift and Tab).
pub const SHIFT: char = '\u{e008}';

/// The WebDriver code of a sign or character (<https://www.w3.org/TR/webdriver2/#keyboard-actions>).
#[must_use]
pub fn code_of(sign: char) -> char {
    SIGNS
        .iter()
        .find(|(known, _)| *known == sign)
        .map_or(sign, |(_, code)| *code)
}

/// Whether a keyboard (US) types this character with Shift.
#[must_use]
pub fn needs_shift(character: char) -> bool {
    character.is_ascii_uppercase() || "~!@#$%^&()_+{}|:\"<>?".contains(character)
}

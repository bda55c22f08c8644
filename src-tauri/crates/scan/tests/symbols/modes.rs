use gatepost_scan::symbol::{
    ApplicationIndicator, Fnc1, Level, Mode, Payload, StructuredAppend, Unread, read,
};

use crate::drawn::Codewords;

fn payload_of(codewords: Codewords) -> Payload {
    read(&codewords.symbol(6, Level::M)).unwrap().payload
}

fn text_of(bytes: &[u8]) -> Option<String> {
    payload_of(Codewords::default().bytes(bytes)).text
}

fn text_under(eci: u32, bytes: &[u8]) -> Option<String> {
    payload_of(eci_of(eci).bytes(bytes)).text
}

fn eci_of(number: u32) -> Codewords {
    let header = Codewords::default().push(0b0111, 4);
    match number {
        0..=127 => header.push(number, 8),
        128..=16383 => header.push(0b10, 2).push(number, 14),
        _ => header.push(0b110, 3).push(number, 21),
    }
}

#[test]
fn kanji_are_shift_jis_in_bytes() {
    // The standard's own example, and one beyond 0xE040.
    let payload = payload_of(Codewords::default().kanji("点茗漾"));
    assert_eq!(payload.bytes, [0x93, 0x5F, 0xE4, 0xAA, 0xE0, 0x40]);
    assert_eq!(payload.text.as_deref(), Some("点茗漾"));
    assert_eq!(payload.segments[0].mode, Mode::Kanji);
}

#[test]
fn hanzi_are_gb_2312_in_bytes() {
    let payload = payload_of(Codewords::default().hanzi("健康码，绿"));
    assert_eq!(payload.bytes[..2], [0xBD, 0xA1]);
    assert_eq!(payload.text.as_deref(), Some("健康码，绿"));
    assert_eq!(payload.segments[0].mode, Mode::Hanzi);
}

#[test]
fn another_subset_of_hanzi_is_no_message() {
    let symbol = Codewords::default()
        .push(0b1101, 4)
        .push(2, 4)
        .push(1, 8)
        .push(0, 13)
        .symbol(1, Level::L);
    assert_eq!(read(&symbol), Err(Unread::Content));
}

#[test]
fn modes_follow_each_other_in_one_symbol() {
    let payload = payload_of(
        Codewords::default()
            .alphanumeric("GATE")
            .hanzi("门")
            .bytes("é门".as_bytes()),
    );
    assert_eq!(payload.text.as_deref(), Some("GATE门é门"));
    let modes: Vec<Mode> = payload.segments.iter().map(|segment| segment.mode).collect();
    assert_eq!(modes, [Mode::Alphanumeric, Mode::Hanzi, Mode::Byte]);
    assert_eq!(payload.bytes[payload.segments[1].range.clone()], [0xC3, 0xC5]);
}

#[test]
fn the_character_set_is_the_one_that_the_symbol_names() {
    let encodings: [(u32, &encoding_rs::Encoding, &str); 21] = [
        (4, encoding_rs::ISO_8859_2, "žluťoučký"),
        (5, encoding_rs::ISO_8859_3, "ĉapelo"),
        (6, encoding_rs::ISO_8859_4, "ķēniņš"),
        (7, encoding_rs::ISO_8859_5, "ворота"),
        (8, encoding_rs::ISO_8859_6, "باب"),
        (9, encoding_rs::ISO_8859_7, "πύλη"),
        (11, encoding_rs::WINDOWS_1254, "kapı"),
        (13, encoding_rs::WINDOWS_874, "ประตู"),
        (15, encoding_rs::ISO_8859_13, "vārti"),
        (17, encoding_rs::ISO_8859_15, "5 €"),
        (18, encoding_rs::ISO_8859_16, "poartă"),
        (20, encoding_rs::SHIFT_JIS, "門の前"),
        (21, encoding_rs::WINDOWS_1250, "brána „x“"),
        (22, encoding_rs::WINDOWS_1251, "брама"),
        (23, encoding_rs::WINDOWS_1252, "‘gate’"),
        (24, encoding_rs::WINDOWS_1256, "بوابة"),
        (26, encoding_rs::UTF_8, "门 🚪"),
        (28, encoding_rs::BIG5, "門禁"),
        (29, encoding_rs::GBK, "门禁"),
        (30, encoding_rs::EUC_KR, "출입문"),
        (32, encoding_rs::GB18030, "门㐀"),
    ];
    for (eci, encoding, text) in encodings {
        let (bytes, _, has_unmapped) = encoding.encode(text);
        assert!(!has_unmapped, "{eci}");
        let payload = payload_of(eci_of(eci).bytes(&bytes));
        assert_eq!(payload.text.as_deref(), Some(text), "{eci}");
        assert_eq!(payload.bytes, *bytes);
        assert_eq!(payload.segments[0].eci, Some(eci));
    }
}

#[test]
fn character_sets_without_a_table_are_read_too() {
    assert_eq!(text_under(3, b"\xfcber\x80").as_deref(), Some("über\u{80}"));
    assert_eq!(
        text_under(2, b"\x81ber \xe1\xff").as_deref(),
        Some("über ß\u{a0}")
    );
    assert_eq!(
        text_under(25, &[0x95, 0xE8, 0xD8, 0x3D, 0xDE, 0xAA]).as_deref(),
        Some("门🚪")
    );
    assert_eq!(text_under(33, &[0xFF, 0xFE, 0xE8, 0x95]).as_deref(), Some("门"));
    assert_eq!(text_under(34, &[0, 1, 0xF6, 0xAA]).as_deref(), Some("🚪"));
    assert_eq!(text_under(27, b"plain").as_deref(), Some("plain"));
}

#[test]
fn bytes_that_are_said_to_be_binary_have_no_text() {
    assert_eq!(text_under(899, b"plain"), None);
    // Assigned to nobody, in two and in three codewords.
    assert_eq!(text_under(9999, b"plain"), None);
    assert_eq!(text_under(999_999, b"plain"), None);
}

#[test]
fn a_designator_above_the_last_one_is_no_message() {
    let above = eci_of(1_000_000).bytes(b"plain");
    assert_eq!(read(&above.symbol(6, Level::M)), Err(Unread::Content));
    let reserved = Codewords::default()
        .push(0b0111, 4)
        .push(0b111, 3)
        .push(0, 21)
        .bytes(b"plain");
    assert_eq!(read(&reserved.symbol(6, Level::M)), Err(Unread::Content));
}

#[test]
fn a_character_set_that_is_named_wrongly_is_guessed_instead() {
    assert_eq!(text_under(26, b"\xc3\xc5\xbd\xfb").as_deref(), Some("门禁"));
    assert_eq!(text_under(27, "门禁".as_bytes()).as_deref(), Some("门禁"));
}

#[test]
fn a_character_parted_by_two_segments_is_joined() {
    let [first, rest @ ..] = "门".as_bytes() else {
        panic!("three bytes");
    };
    let payload = payload_of(Codewords::default().bytes(&[*first]).bytes(rest));
    assert_eq!(payload.text.as_deref(), Some("门"));
}

#[test]
fn unnamed_bytes_are_utf_8_if_they_can_be() {
    for text in [
        "https://example.org/?a=1",
        "健康码：绿码",
        "\u{feff}Ünïcödé",
        "🚪",
        "一",
        "tab\tline\r\n",
    ] {
        assert_eq!(
            text_of(text.as_bytes()).as_deref(),
            Some(text.trim_start_matches('\u{feff}'))
        );
    }
}

#[test]
fn unnamed_chinese_is_read_as_gb_18030() {
    for text in [
        "门",
        "张三",
        "健康码：绿码",
        "姓名:李四;体温36.5℃",
        "上海市浦东新区",
        "访客, 请出示二维码！",
    ] {
        assert_eq!(
            text_of(&encoding_rs::GB18030.encode(text).0).as_deref(),
            Some(text)
        );
    }
}

#[test]
fn unnamed_japanese_is_read_as_shift_jis() {
    for text in [
        "こんにちは",
        "東京都",
        "テスト",
        "入口のドア",
        "日本語のテキストです。",
        "会場：第１会議室",
    ] {
        assert_eq!(
            text_of(&encoding_rs::SHIFT_JIS.encode(text).0).as_deref(),
            Some(text)
        );
    }
}

#[test]
fn half_width_kana_are_told_from_chinese_by_their_voice_marks_or_by_kanji_mode() {
    for text in ["ﾃﾞｻﾞｲﾝQR", "*ﾀﾞﾌﾞﾙQR*", "ｹﾞｰﾄﾞ"] {
        assert_eq!(
            text_of(&encoding_rs::SHIFT_JIS.encode(text).0).as_deref(),
            Some(text)
        );
    }
    let bytes = encoding_rs::SHIFT_JIS.encode("ﾄﾋﾗ").0;
    let payload = payload_of(Codewords::default().kanji("扉").bytes(&bytes));
    assert_eq!(payload.text.as_deref(), Some("扉ﾄﾋﾗ"));
}

#[test]
fn a_stray_control_character_does_not_make_text_binary() {
    assert_eq!(
        text_of(b"\x01\x10AD:SUB:\xb0\xa2;;").as_deref(),
        Some("\u{1}\u{10}AD:SUB:阿;;")
    );
    assert_eq!(text_of(b"\x02ID 7\x03").as_deref(), Some("\u{2}ID 7\u{3}"));
    assert_eq!(text_of(b"\x02\x037"), None);
}

#[test]
fn unnamed_western_text_is_read_as_latin() {
    for text in [
        "Müller",
        "Café",
        "Zürich, Bahnhofstraße 1",
        "¿Dónde está?",
        "naïve façade",
        "5 £",
        "Søren Ødegård",
        "“gate”",
    ] {
        assert_eq!(
            text_of(&encoding_rs::WINDOWS_1252.encode(text).0).as_deref(),
            Some(text)
        );
    }
}

#[test]
fn unnamed_bytes_that_are_no_text_have_none() {
    assert_eq!(
        text_of(&[0xD2, 0x84, 0x43, 0xA1, 0x01, 0x26, 0xA0, 0x00, 0x58]),
        None
    );
    assert_eq!(text_of(b"\0\0\0\x01"), None);
    assert_eq!(text_of(&[0x80, 0xFF, 0xFF]), None);
}

#[test]
fn one_symbol_of_several_says_which() {
    let header = |index, last| {
        Codewords::default()
            .push(0b0011, 4)
            .push(index, 4)
            .push(last, 4)
            .push(0x5A, 8)
    };
    let payload = payload_of(header(2, 3).bytes(b"part"));
    let expected = StructuredAppend {
        index: 2,
        count: 4,
        parity: 0x5A,
    };
    assert_eq!(payload.structured_append, Some(expected));
    assert_eq!(payload.bytes, b"part");
    // The fifth of four.
    let payload = payload_of(header(4, 3).bytes(b"part"));
    assert_eq!(payload.structured_append, None);
    assert_eq!(payload.bytes, b"part");
}

#[test]
fn gs1_fields_are_separated_and_percent_signs_are_kept() {
    let codewords = Codewords::default()
        .push(0b0101, 4)
        .alphanumeric("10AB%%C%211A")
        .bytes(b"%");
    let payload = payload_of(codewords);
    assert_eq!(payload.fnc1, Some(Fnc1::Gs1));
    assert_eq!(payload.bytes, b"10AB%C\x1d211A%");
    assert_eq!(payload.text.as_deref(), Some("10AB%C\u{1d}211A%"));
}

#[test]
fn without_function_character_1_percent_signs_are_themselves() {
    assert_eq!(
        payload_of(Codewords::default().alphanumeric("5%%%")).bytes,
        b"5%%%"
    );
}

#[test]
fn an_industry_names_itself_by_number_or_letter() {
    let under = |indicator| {
        let codewords = Codewords::default()
            .push(0b1001, 4)
            .push(indicator, 8)
            .alphanumeric("AA%B");
        read(&codewords.symbol(6, Level::M)).map(|symbol| symbol.payload)
    };
    let number = under(37).unwrap();
    assert_eq!(
        number.fnc1,
        Some(Fnc1::Industry(ApplicationIndicator::Number(37)))
    );
    assert_eq!(number.bytes, b"AA\x1dB");
    let letter = under(100 + u32::from(b'a')).unwrap();
    assert_eq!(
        letter.fnc1,
        Some(Fnc1::Industry(ApplicationIndicator::Letter('a')))
    );
    assert_eq!(under(100), Err(Unread::Content));
}

#[test]
fn what_no_encoder_writes_is_no_message() {
    let impossible = [
        // Modes that do not exist.
        Codewords::default().push(0b0110, 4),
        Codewords::default().push(0b1111, 4),
        // Numbers that are too large for their digits, and pairs for their characters.
        Codewords::default().push(0b0001, 4).push(3, 10).push(1000, 10),
        Codewords::default().push(0b0001, 4).push(2, 10).push(100, 7),
        Codewords::default().push(0b0001, 4).push(1, 10).push(10, 4),
        Codewords::default().push(0b0010, 4).push(2, 9).push(2025, 11),
        Codewords::default().push(0b0010, 4).push(1, 9).push(45, 6),
        // More characters than there is room for.
        Codewords::default().push(0b0100, 4).push(255, 8),
        Codewords::default().push(0b1000, 4).push(255, 8),
        // Nothing at all.
        Codewords::default(),
        Codewords::default().bytes(b""),
    ];
    for codewords in impossible {
        assert_eq!(read(&codewords.symbol(2, Level::L)), Err(Unread::Content));
    }
}

#[test]
fn nothing_printed_shows_the_payload() {
    let modules = Codewords::default().bytes(b"Zhang San").symbol(2, Level::M);
    let symbol = read(&modules).unwrap();
    for shown in [
        format!("{symbol:?}"),
        format!("{modules:?}"),
        format!("{:#?}", symbol.payload),
    ] {
        assert!(
            !shown.contains("Zhang") && !shown.contains("104") && !shown.contains("127"),
            "{shown}"
        );
    }
}

//! Strict-canonical JSON: the subset of RFC 8785 without fractions.

use serde_json::Value;

/// Writes `value` in its one canonical form: members sorted by UTF-16 code units, no white space, integers
/// only (RFC 8785 sections 3.2.1 to 3.2.3).
///
/// Returns `None` for a number that is not an integer below 2^53 in magnitude: such a value has no one form
/// that every language agrees on.
pub(crate) fn to_bytes(value: &Value) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(256);
    write(value, &mut out)?;
    Some(out)
}

const LARGEST_EXACT_INTEGER: u64 = (1 << 53) - 1;

fn write(value: &Value, out: &mut Vec<u8>) -> Option<()> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => {
            let magnitude = number
                .as_u64()
                .or_else(|| number.as_i64().map(i64::unsigned_abs))?;
            if magnitude > LARGEST_EXACT_INTEGER {
                return None;
            }
            out.extend_from_slice(number.to_string().as_bytes());
        }
        Value::String(text) => write_string(text, out),
        Value::Array(items) => write_list(b"[]", items, out, write)?,
        Value::Object(members) => {
            // Sorted here and not by the map: another crate may switch serde_json to insertion order.
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16()));
            write_list(b"{}", &sorted, out, |(name, member), out| {
                write_string(name, out);
                out.push(b':');
                write(member, out)
            })?;
        }
    }
    Some(())
}

fn write_list<T>(
    brackets: &[u8; 2],
    items: &[T],
    out: &mut Vec<u8>,
    mut item: impl FnMut(&T, &mut Vec<u8>) -> Option<()>,
) -> Option<()> {
    out.push(brackets[0]);
    for (index, one) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        item(one, out)?;
    }
    out.push(brackets[1]);
    Some(())
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    let quoted = serde_json::to_string(text).expect("a string always serialises");
    out.extend_from_slice(quoted.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn text(value: &Value) -> String {
        String::from_utf8(to_bytes(value).expect("canonical")).expect("UTF-8")
    }

    #[test]
    fn control_characters_are_escaped_as_the_standard_says() {
        assert_eq!(
            text(&json!("\u{8}\t\n\u{c}\r\u{1}\u{7f}\"\\/€")),
            "\"\\b\\t\\n\\f\\r\\u0001\u{7f}\\\"\\\\/€\""
        );
    }

    #[test]
    fn the_largest_exact_integer_is_written_and_the_next_one_is_refused() {
        assert_eq!(text(&json!(9_007_199_254_740_991_u64)), "9007199254740991");
        assert!(to_bytes(&json!(9_007_199_254_740_992_u64)).is_none());
        assert!(to_bytes(&json!(-9_007_199_254_740_992_i64)).is_none());
        assert!(to_bytes(&json!(1.5)).is_none());
    }

    #[test]
    fn the_example_of_the_standard_is_written_as_it_says() {
        // RFC 8785 sections 3.2.2 and 3.2.3, without the member whose numbers have fractions.
        let input = r#"{
            "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
            "literals": [null, true, false]
        }"#;
        let value: Value = serde_json::from_str(input).expect("JSON");
        let expected = r#"{"literals":[null,true,false],"string":"€$\u000f\nA'B\"\\\\\"/"}"#;
        assert_eq!(text(&value), expected);
    }

    #[test]
    fn members_are_sorted_by_utf_16_code_units_as_in_the_sample_of_the_standard() {
        // RFC 8785 section 3.2.3.
        let input = r#"{
            "\u20ac": "Euro Sign",
            "\r": "Carriage Return",
            "\ufb33": "Hebrew Letter Dalet With Dagesh",
            "1": "One",
            "\ud83d\ude00": "Emoji: Grinning Face",
            "\u0080": "Control",
            "\u00f6": "Latin Small Letter O With Diaeresis"
        }"#;
        let value: Value = serde_json::from_str(input).expect("JSON");
        let written = text(&value);
        let at = |word: &str| written.find(word).expect("every member is there");
        let order = ["Carriage", "One", "Control", "Latin", "Euro", "Emoji", "Hebrew"].map(at);
        assert!(order.is_sorted(), "{written}");
    }

    #[test]
    fn numbers_of_the_standards_table_are_written_or_are_outside_the_subset() {
        // RFC 8785 appendix B: the IEEE 754 bits and what they are written as.
        let outside = [
            0x8000_0000_0000_0000_u64,
            0x0000_0000_0000_0001,
            0x8000_0000_0000_0001,
            0x7fef_ffff_ffff_ffff,
            0xffef_ffff_ffff_ffff,
            0x4340_0000_0000_0000,
            0xc340_0000_0000_0000,
            0x4430_0000_0000_0000,
            0x44b5_2d02_c7e1_4af5,
            0x444b_1ae4_d6e2_ef50,
            0x3eb0_c6f7_a0b5_ed8d,
            0x41b3_de43_5555_5553,
            0xbecb_f647_612f_3696,
            0x4314_3ff3_c1cb_0959,
        ];
        for bits in outside {
            assert!(to_bytes(&json!(f64::from_bits(bits))).is_none(), "{bits:016x}");
        }
        for (number, written) in [("0", "0"), ("-1", "-1"), ("9007199254740991", "9007199254740991")] {
            let value: Value = serde_json::from_str(number).expect("JSON");
            assert_eq!(text(&value), written);
        }
        for number in [
            "-0",
            "1.0",
            "1e3",
            "9007199254740992",
            "-9007199254740992",
            "18446744073709551615",
        ] {
            let value: Value = serde_json::from_str(number).expect("JSON");
            assert!(to_bytes(&value).is_none(), "{number}");
        }
    }

    /// Any value of the subset, four deep.
    fn any_value() -> impl Strategy<Value = Value> {
        let largest = LARGEST_EXACT_INTEGER as i64;
        let flat = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-largest..=largest).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        flat.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::hash_map(any::<String>(), inner, 0..8)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_value_of_the_subset_reads_back_as_itself_and_is_written_the_same_again(value in any_value()) {
            let bytes = to_bytes(&value).expect("in the subset");
            let read: Value = serde_json::from_slice(&bytes).expect("JSON");
            prop_assert_eq!(&read, &value);
            prop_assert_eq!(to_bytes(&read), Some(bytes));
        }
    }
}

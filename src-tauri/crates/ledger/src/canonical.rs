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
    use serde_json::json;

    fn text(value: &Value) -> String {
        String::from_utf8(to_bytes(value).expect("canonical")).expect("UTF-8")
    }

    #[test]
    fn members_are_sorted_by_utf_16_code_units_and_white_space_is_gone() {
        // The order of RFC 8785 section 3.2.3: a character outside the basic plane sorts by its surrogates.
        let value =
            json!({"\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7});
        let expected = "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\u{fb33}\":3}";
        assert_eq!(text(&value), expected);
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
}

//! Every family of the shipped table, with a made-up payload and its near misses.
#![allow(clippy::unwrap_used, reason = "tests")]

use chrono::{DateTime, Utc};
use gatepost_codes::{EvidenceLevel, Freshness, HealthColour, IssuerTable, LONGEST_PAYLOAD_BYTES, Reading};
use proptest::prelude::{any, proptest};
use proptest::test_runner::Config;

const NOW_SECONDS: i64 = 1_640_000_000;
/// Ten seconds before now.
const MADE_SECONDS: &str = "1639999990";
const MADE_MILLISECONDS: &str = "1639999990000";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW_SECONDS, 0).unwrap()
}

/// Made-up hexadecimal digits.
fn hex(length: usize) -> String {
    "0123456789abcdef".chars().cycle().take(length).collect()
}

fn upper_hex(length: usize) -> String {
    hex(length).to_uppercase()
}

struct Family {
    id: &'static str,
    payload: Vec<u8>,
    region: Option<&'static str>,
    has_time: bool,
}

fn family(
    id: &'static str,
    payload: impl Into<Vec<u8>>,
    region: Option<&'static str>,
    has_time: bool,
) -> Family {
    Family {
        id,
        payload: payload.into(),
        region,
        has_time,
    }
}

fn platform(prefix: &str, region: &str, suffix: &str) -> String {
    format!("{prefix}qrCode=V5{}{region}{suffix}#/result", hex(32))
}

fn hubei(colour: &str) -> String {
    let (code, time) = (hex(32), MADE_MILLISECONDS);
    format!(
        r#"{{"codeId":"{code}","lastReportTime":1639000000000,"outTime":1650000000000,"zoning":"420100","host":"app.example.cn","color":"{colour}","nowTime":{time},"t":1}}"#
    )
}

/// Hexadecimal stands for every secret part, and phone and identity numbers are ones nobody can have.
#[expect(clippy::too_many_lines, reason = "a table of one line a payload family")]
fn families() -> Vec<Family> {
    let dingtalk = "https://h5.dingtalk.com/healthAct/index.html?";
    let time = MADE_MILLISECONDS;
    let mut weihai = b"000000000000000000::".to_vec();
    weihai.extend([0x00, 0xff, 0x0a, 0x80, 0x0d, 0xfe, 0x7f, 0x01]);
    vec![
        family(
            "shanghai",
            format!("https://s.sh.gov.cn/{}07{time}", hex(28)),
            Some("310000"),
            true,
        ),
        family(
            "zhejiang",
            format!("{dingtalk}qrCode=V2{}#/result", hex(32)),
            Some("330000"),
            false,
        ),
        family(
            "jiangsu",
            platform(dingtalk, "320000", "&b=1"),
            Some("320000"),
            false,
        ),
        family("jiangsu", platform("", "320000", ""), Some("320000"), false),
        family("henan", platform(dingtalk, "410000", ""), Some("410000"), false),
        family(
            "liaoning",
            platform(dingtalk, "210000", ""),
            Some("210000"),
            false,
        ),
        family(
            "shared_platform",
            platform(dingtalk, "620000", ""),
            Some("620000"),
            false,
        ),
        family("national", format!("jkm2020{}", hex(64)), None, false),
        family("guangdong", hex(256), Some("440000"), false),
        family(
            "guangzhou",
            format!(
                r#"{{"codeId":"{}","lastReportTime":{time},"outTime":9999999999999,"zoning":"440100"}}"#,
                hex(32)
            ),
            Some("440100"),
            true,
        ),
        family(
            "guangzhou_v2",
            format!(
                r#"{{"codeId":"{}","zoning":"440100","s":"{}"}}"#,
                hex(32),
                hex(48)
            ),
            Some("440100"),
            false,
        ),
        family("hubei", hubei("green"), Some("420100"), true),
        family(
            "chongqing",
            format!(
                r#"{{"codeId":"{}","lastReportTime":{time},"outTime":900,"zoning":"500000","inData":"{}"}}"#,
                hex(32),
                hex(40)
            ),
            Some("500000"),
            true,
        ),
        family(
            "fujian",
            format!(
                "FJQRJKMC1000000000000000A001{}{MADE_SECONDS}{}",
                hex(64),
                upper_hex(64)
            ),
            Some("350000"),
            true,
        ),
        family(
            "sichuan",
            format!("SCQRJKMC1000000000000000A001{}", upper_hex(138)),
            Some("510000"),
            false,
        ),
        family(
            "hebei",
            format!(
                "2000000000 01000000000000010001130000{}{time}0001{}",
                "20211220",
                upper_hex(254)
            ),
            Some("130000"),
            true,
        ),
        family("hunan", format!("{}:1", upper_hex(64)), Some("430000"), false),
        family(
            "shandong",
            format!("{}:0:{}::", upper_hex(64), upper_hex(32)),
            Some("370000"),
            false,
        ),
        family("weihai", weihai, Some("371000"), false),
        family(
            "shaanxi",
            format!(
                "https://ymt.shaanxi.gov.cn/ptrace/view/login.html?code={}",
                hex(32)
            ),
            Some("610000"),
            false,
        ),
    ]
}

fn issuer_of(reading: &Reading) -> Option<&str> {
    reading.issuer.as_ref().map(|issuer| issuer.as_str())
}

#[test]
fn a_payload_of_every_family_is_recognised_and_proves_its_structure_only() {
    let table = IssuerTable::built_in();
    for Family {
        id,
        payload,
        region,
        has_time,
    } in families()
    {
        let reading = table.read(&payload, now());
        assert_eq!(issuer_of(&reading), Some(id));
        assert_eq!(
            reading.region.as_ref().map(|region| region.as_str()),
            region,
            "{id}"
        );
        assert_eq!(reading.evidence, EvidenceLevel::StructureOnly, "{id}");
        let freshness = if has_time {
            Freshness::Fresh { age_seconds: 10 }
        } else {
            Freshness::NotStated
        };
        assert_eq!(reading.freshness, freshness, "{id}");
        assert_eq!(reading.issued_at.is_some(), has_time, "{id}");
        assert_eq!(
            reading.stated_colour,
            (id == "hubei").then_some(HealthColour::Green),
            "{id}"
        );
    }
}

#[test]
fn every_issuer_of_the_table_has_a_payload_here() {
    let tried: Vec<_> = families().iter().map(|family| family.id).collect();
    for issuer in IssuerTable::built_in().issuers() {
        assert!(tried.contains(&issuer.id.as_str()), "{}", issuer.id);
    }
}

#[test]
fn a_payload_with_a_byte_more_or_less_or_wrong_is_not_of_that_family() {
    // The tokens of these have no fixed length, so a digit more or less is still a token.
    const OPEN_ENDED: [&str; 2] = ["national", "shaanxi"];
    let table = IssuerTable::built_in();
    for Family { id, payload, .. } in families() {
        let is_still = |payload: &[u8]| issuer_of(&table.read(payload, now())) == Some(id);
        for extra in [b'0', b' ', b'\n'] {
            let longer = [&payload[..], &[extra]].concat();
            assert_eq!(
                is_still(&longer),
                extra == b'0' && OPEN_ENDED.contains(&id),
                "{id} + {extra}"
            );
            assert!(!is_still(&[&[extra], &payload[..]].concat()), "{extra} + {id}");
        }
        assert!(
            OPEN_ENDED.contains(&id) || !is_still(&payload[..payload.len() - 1]),
            "{id} cut short"
        );
        assert!(!is_still(&payload[1..]), "{id} without its first byte");
        // No field of any family allows a letter outside ASCII or a control character, binary tails apart.
        let end = if id == "weihai" { 20 } else { payload.len() };
        for index in 0..end {
            let mut wrong = payload.clone();
            wrong[index] = 0x07;
            assert!(!is_still(&wrong), "{id} wrong at {index}");
        }
    }
}

#[test]
fn letters_in_the_wrong_case_are_not_of_the_family() {
    let table = IssuerTable::built_in();
    for (id, wrong) in [
        ("guangdong", upper_hex(256)),
        ("hunan", format!("{}:1", hex(64))),
        (
            "shanghai",
            format!("https://s.sh.gov.cn/{}07{MADE_MILLISECONDS}", upper_hex(28)),
        ),
        ("sichuan", format!("SCQRJKMC1000000000000000A001{}", hex(138))),
    ] {
        assert_eq!(table.read(wrong.as_bytes(), now()), Reading::UNKNOWN, "{id}");
    }
}

#[test]
fn the_client_of_a_shanghai_code_is_one_of_three() {
    let table = IssuerTable::built_in();
    for (client, is_known) in [
        ("05", false),
        ("06", true),
        ("07", true),
        ("08", true),
        ("09", false),
    ] {
        let payload = format!("https://s.sh.gov.cn/{}{client}{MADE_MILLISECONDS}", hex(28));
        assert_eq!(
            table.read(payload.as_bytes(), now()).issuer.is_some(),
            is_known,
            "{client}"
        );
    }
}

#[test]
fn a_link_to_another_host_is_unknown() {
    let table = IssuerTable::built_in();
    for payload in [
        format!("https://s.sh.gov.cn.example/{}07{MADE_MILLISECONDS}", hex(28)),
        format!("https://sXsh.gov.cn/{}07{MADE_MILLISECONDS}", hex(28)),
        format!("http://s.sh.gov.cn/{}07{MADE_MILLISECONDS}", hex(28)),
        platform("https://h6.dingtalk.com/healthAct/index.html?", "320000", ""),
        platform("https://h5.dingtalk.com/healthAct/index.html?", "000000", ""),
    ] {
        assert_eq!(
            table.read(payload.as_bytes(), now()),
            Reading::UNKNOWN,
            "{payload}"
        );
    }
}

#[test]
fn the_colour_that_hubei_writes_is_read_and_an_unknown_word_is_not() {
    let table = IssuerTable::built_in();
    for (word, colour) in [
        ("green", Some(HealthColour::Green)),
        ("yellow", Some(HealthColour::YellowOrange)),
        ("orange", Some(HealthColour::YellowOrange)),
        ("red", Some(HealthColour::Red)),
        ("mauve", None),
    ] {
        let reading = table.read(hubei(word).as_bytes(), now());
        assert_eq!(issuer_of(&reading), Some("hubei"));
        assert_eq!(reading.stated_colour, colour, "{word}");
    }
}

#[test]
fn personal_data_in_the_clear_is_marked_in_the_table() {
    let table = IssuerTable::built_in();
    let marked: Vec<_> = table
        .issuers()
        .filter(|issuer| issuer.holds_personal_data)
        .map(|issuer| issuer.id.as_str())
        .collect();
    assert_eq!(marked, ["hebei", "weihai"]);
}

fn shanghai_made(seconds_before_now: i64) -> Freshness {
    let made = (NOW_SECONDS - seconds_before_now) * 1000;
    let payload = format!("https://s.sh.gov.cn/{}06{made}", hex(28));
    IssuerTable::built_in().read(payload.as_bytes(), now()).freshness
}

#[test]
fn a_code_is_stale_one_second_after_its_life_and_not_before() {
    assert_eq!(shanghai_made(600), Freshness::Fresh { age_seconds: 600 });
    assert_eq!(
        shanghai_made(601),
        Freshness::Stale {
            age_seconds: 601,
            max_age_seconds: 600
        }
    );
}

#[test]
fn a_phone_may_be_two_minutes_fast_and_no_more() {
    assert_eq!(shanghai_made(0), Freshness::Fresh { age_seconds: 0 });
    assert_eq!(shanghai_made(-120), Freshness::Fresh { age_seconds: 0 });
    assert_eq!(
        shanghai_made(-121),
        Freshness::FromTheFuture { ahead_seconds: 121 }
    );
}

#[test]
fn an_issuer_with_a_life_of_its_own_is_judged_by_that() {
    let chongqing = |age: i64| {
        let made = (NOW_SECONDS - age) * 1000;
        let payload = format!(
            r#"{{"codeId":"{}","lastReportTime":{made},"outTime":900,"zoning":"500000","inData":""}}"#,
            hex(32)
        );
        IssuerTable::built_in().read(payload.as_bytes(), now()).freshness
    };
    assert_eq!(chongqing(900), Freshness::Fresh { age_seconds: 900 });
    assert_eq!(
        chongqing(901),
        Freshness::Stale {
            age_seconds: 901,
            max_age_seconds: 900
        }
    );
}

#[test]
fn a_code_made_to_last_for_ever_is_never_stale() {
    let payload = format!(
        r#"{{"codeId":"{}","lastReportTime":1580000000000,"outTime":9999999999999,"zoning":"440100"}}"#,
        hex(32)
    );
    let reading = IssuerTable::built_in().read(payload.as_bytes(), now());
    assert_eq!(
        reading.freshness,
        Freshness::Fresh {
            age_seconds: 60_000_000
        }
    );
}

#[test]
fn a_payload_longer_than_any_code_is_unknown() {
    let table = IssuerTable::built_in();
    assert_eq!(
        table.read(&vec![b'a'; LONGEST_PAYLOAD_BYTES + 1], now()),
        Reading::UNKNOWN
    );
    assert_eq!(table.read(b"", now()), Reading::UNKNOWN);
    assert_eq!(table.read(&[0xff, 0xfe, 0x00], now()), Reading::UNKNOWN);
}

#[test]
fn a_reading_shows_no_part_of_the_token() {
    for Family { id, payload, .. } in families() {
        let reading = IssuerTable::built_in().read(&payload, now());
        let shown = format!("{reading:?}");
        assert!(
            !shown.contains("0123456789abcdef") && !shown.contains("00000000000"),
            "{id}: {shown}"
        );
    }
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, ..Config::default() })]

    #[test]
    fn any_bytes_at_any_time_give_a_reading(payload in any::<Vec<u8>>(), seconds in any::<i64>()) {
        let clock = DateTime::from_timestamp(seconds, 0).unwrap_or(DateTime::<Utc>::MAX_UTC);
        IssuerTable::built_in().read(&payload, clock);
    }

    #[test]
    fn any_time_in_a_payload_gives_a_reading(milliseconds in 0_u64..10_000_000_000_000, seconds in any::<i32>()) {
        let clock = DateTime::from_timestamp(i64::from(seconds), 0).unwrap();
        let payload = format!("https://s.sh.gov.cn/{}06{milliseconds:013}", hex(28));
        let reading = IssuerTable::built_in().read(payload.as_bytes(), clock);
        assert_eq!(issuer_of(&reading), Some("shanghai"));
        assert!(reading.freshness != Freshness::NotStated);
    }

    #[test]
    fn any_damage_to_a_payload_gives_a_reading(which in 0_usize..20, at in any::<usize>(), byte in any::<u8>()) {
        let mut payload = families().swap_remove(which).payload;
        let index = at % payload.len();
        payload[index] = byte;
        IssuerTable::built_in().read(&payload, now());
    }
}

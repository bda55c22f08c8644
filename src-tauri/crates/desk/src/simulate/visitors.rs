//! Who comes: what visitors show, how warm they are, and what a held one does next.

use chrono::DateTime;
use gatepost_codes::{HealthColour, IssuerTable, Reading};
use gatepost_rules::{
    BodyTemperature, CodeShown, ColourSource, DocumentKind, Fault, Mask, Reason, SeenColour,
};

use super::random::Random;
use super::{MINUTE_MS, SECOND_MS};

/// What stands in front of the guard.
#[derive(Clone)]
pub(super) struct Visitor {
    pub(super) code: CodeShown,
    pub(super) payload: Option<Vec<u8>>,
    pub(super) temperature: BodyTemperature,
    pub(super) mask: Mask,
    pub(super) fault: Option<Fault>,
}

pub(super) fn visitor(issuers: &IssuerTable, at_ms: i64, random: &mut Random) -> Visitor {
    let mut visitor = Visitor {
        code: CodeShown::Nothing,
        payload: None,
        temperature: measured(random),
        mask: match random.below(1_000) {
            0..=2 => Mask::NotWorn,
            3..=17 => Mask::PutOn,
            _ => Mask::Worn,
        },
        fault: None,
    };
    match random.below(1_000) {
        0..=18 => visitor.code = CodeShown::Document(DocumentKind::Identity),
        19..=28 => visitor.code = CodeShown::Document(DocumentKind::Paper),
        29..=39 => visitor.code = CodeShown::Document(DocumentKind::Companion),
        40..=64 => visitor.code = CodeShown::SeenByStaff(colour(random)),
        65 => visitor.fault = Some(Fault::CameraNoPicture),
        _ => {
            let issuer = issuer(random);
            let stale = random.one_in(150);
            let age_s = if stale {
                700 + random.below(9_000)
            } else {
                2 + random.below(80)
            };
            show_code(issuers, issuer, age_s, at_ms, &mut visitor, random);
        }
    }
    visitor
}

/// Holds a made-up code of `issuer`, made `age_s` seconds before, before the camera.
pub(super) fn show_code(
    issuers: &IssuerTable,
    issuer: &str,
    age_s: i64,
    at_ms: i64,
    visitor: &mut Visitor,
    random: &mut Random,
) {
    let payload = payload(issuer, at_ms - age_s * SECOND_MS, random);
    let now = DateTime::from_timestamp_millis(at_ms).unwrap_or_default();
    let reading: Reading = issuers.read(&payload, now);
    let source = if random.one_in(12) {
        ColourSource::Guard
    } else {
        ColourSource::Camera
    };
    let colour = Some(SeenColour {
        colour: colour(random),
        source,
    });
    visitor.code = CodeShown::Decoded {
        reading,
        colour,
        repeated: false,
    };
    visitor.payload = Some(payload);
}

/// How long a held visitor stands aside and what is different then; `None` where nothing would be.
pub(super) fn remedied(visitor: &Visitor, reasons: &[Reason], random: &mut Random) -> Option<(i64, Visitor)> {
    let mut again = visitor.clone();
    let pause_ms = match reasons.first()? {
        Reason::Fever => {
            // Most cool down after the walk in the sun; the others stay a case.
            let cooler = if random.below(10) < 6 {
                5 + random.below(6)
            } else {
                1
            };
            let tenths = visitor.temperature.tenths() - cooler as i16;
            again.temperature = if cooler > 1 {
                temperature(tenths.min(371))
            } else {
                temperature(tenths)
            };
            5 * MINUTE_MS
        }
        Reason::LowTemperature => {
            again.temperature = normal(random);
            15 * SECOND_MS
        }
        Reason::NoMask => MINUTE_MS,
        Reason::StaleCode => MINUTE_MS / 2,
        Reason::RedCode
        | Reason::YellowCode
        | Reason::CodeFromTheFuture
        | Reason::RepeatedCode
        | Reason::ColourNotSeen
        | Reason::NothingShown => return None,
    };
    if visitor.mask == Mask::NotWorn {
        again.mask = Mask::PutOn;
    }
    Some((pause_ms + random.below(20_000), again))
}

/// Half of the visitors come at any time, the others in two rushes: an eighth into the day and at 70 % of it.
pub(super) fn arrival(open_ms: i64, random: &mut Random) -> i64 {
    let spread_ms = open_ms / 14;
    loop {
        let at_ms = match random.below(20) {
            0..=9 => random.below(open_ms),
            10..=13 => open_ms / 8 + random.bell(spread_ms),
            _ => open_ms * 7 / 10 + random.bell(spread_ms),
        };
        if (0..open_ms).contains(&at_ms) {
            return at_ms;
        }
    }
}

/// 0.3 % with a fever, 1 % with cold skin, all others about 36.4 °C.
fn measured(random: &mut Random) -> BodyTemperature {
    match random.below(1_000) {
        0..=2 => temperature(373 + random.below(14) as i16),
        3..=12 => temperature(349 - random.below(28) as i16),
        _ => normal(random),
    }
}

/// Around 36.4 °C with a standard deviation of 0.25 °C, below every threshold in use.
fn normal(random: &mut Random) -> BodyTemperature {
    let hundredths = 3_640 + random.bell(25);
    temperature(((hundredths + 5) / 10).clamp(356, 372) as i16)
}

pub(super) fn temperature(tenths: i16) -> BodyTemperature {
    let tenths = tenths.clamp(BodyTemperature::MIN.tenths(), BodyTemperature::MAX.tenths());
    BodyTemperature::from_tenths(tenths).expect("clamped to the range")
}

/// 0.2 % red, 1 % yellow.
fn colour(random: &mut Random) -> HealthColour {
    match random.below(1_000) {
        0..=1 => HealthColour::Red,
        2..=11 => HealthColour::YellowOrange,
        _ => HealthColour::Green,
    }
}

/// Most codes are those of the place, Shanghai here.
fn issuer(random: &mut Random) -> &'static str {
    match random.below(100) {
        0..=67 => "shanghai",
        68..=78 => "jiangsu",
        79..=86 => "zhejiang",
        87..=91 => "national",
        92..=94 => "henan",
        95..=96 => "guangdong",
        97..=98 => "fujian",
        _ => "unknown",
    }
}

/// A payload of the issuer's shape with a random token; no server ever issued it.
fn payload(issuer: &str, made_ms: i64, random: &mut Random) -> Vec<u8> {
    let platform = "https://h5.dingtalk.com/healthAct/index.html?qrCode=";
    let text = match issuer {
        "shanghai" => format!("https://s.sh.gov.cn/{}06{made_ms:013}", random.hex(28)),
        "zhejiang" => format!("{platform}V2{}#/result", random.hex(32)),
        "jiangsu" => format!("{platform}V5{}320500#/result", random.hex(32)),
        "henan" => format!("{platform}V5{}410100#/result", random.hex(32)),
        "national" => format!("jkm2020{}", random.hex(40)),
        "guangdong" => random.hex(256),
        "fujian" => {
            let (token, seal) = (random.hex(64), random.hex(64).to_uppercase());
            format!("FJQRJKMC1000000000000000A001{token}{}{seal}", made_ms / SECOND_MS)
        }
        _ => format!("http://invalid.example/{}", random.hex(16)),
    };
    text.into_bytes()
}

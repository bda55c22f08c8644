//! What is printed of a frame.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatepost_codes::{IssuerId, IssuerTable};
use gatepost_report::{Argument, Language};
use gatepost_scan::{ColourClass, ColourReading, Detection, Pass};
use serde::Serialize;

use crate::Fault;
use crate::output::{Output, plain};

/// One frame as a JSON line.
#[derive(Serialize)]
pub(super) struct FrameLine {
    pub(super) file: String,
    /// From 0.
    pub(super) frame: usize,
    /// Pixels of the frame that was looked at.
    pub(super) width: u32,
    pub(super) height: u32,
    /// From the decoded picture to the codes, as a clock on the wall has it.
    pub(super) milliseconds: f64,
    /// Of the reader alone, without colour of a JPEG or a smaller size; `None` where the system does not tell.
    pub(super) cpu_microseconds: Option<u64>,
    /// The deadline ended the search.
    pub(super) is_cut_short: bool,
    pub(super) codes: Vec<CodeLine>,
}

#[derive(Serialize)]
pub(super) struct CodeLine {
    /// `None` when the bytes are not UTF-8.
    payload: Option<String>,
    /// The bytes in the character set that the code names, or that they look like.
    text: Option<String>,
    payload_base64: String,
    #[serde(skip)]
    payload_bytes: usize,
    /// Pixels of the file's picture, clockwise from the code's own top left.
    corners: [[f32; 2]; 4],
    version: u8,
    colour: &'static str,
    #[serde(skip)]
    class: ColourClass,
    confidence: f32,
    /// What the frames of a sequence agree on.
    colour_over_frames: Option<ColourLine>,
    polarity: &'static str,
    pass: &'static str,
    issuer: Option<IssuerId>,
}

#[derive(Serialize)]
struct ColourLine {
    colour: &'static str,
    confidence: f32,
}

impl CodeLine {
    pub(super) fn new(
        code: Detection,
        over_frames: Option<ColourReading>,
        issuer: Option<IssuerId>,
    ) -> CodeLine {
        CodeLine {
            issuer,
            payload_bytes: code.payload.len(),
            payload_base64: STANDARD.encode(&code.payload),
            text: code.text,
            corners: code.corners.map(|corner| [corner.x, corner.y]),
            version: code.version,
            colour: colour_code(code.colour.class),
            class: code.colour.class,
            confidence: code.colour.confidence,
            colour_over_frames: over_frames.map(|reading| ColourLine {
                colour: colour_code(reading.class),
                confidence: reading.confidence,
            }),
            polarity: if code.is_inverted {
                "light_on_dark"
            } else {
                "dark_on_light"
            },
            pass: pass_code(code.pass),
            payload: String::from_utf8(code.payload).ok(),
        }
    }
}

impl FrameLine {
    /// One JSON object, or one sentence for each code.
    pub(super) fn tell(&self, issuers: &IssuerTable, output: &Output) -> Result<(), Fault> {
        let words = &output.words;
        let file = plain(&self.file);
        let file = match self.frame {
            0 => file,
            frame => words.text(
                "cli-scan-frame",
                &[("file", file.into()), ("frame", (frame + 1).into())],
            ),
        };
        let milliseconds = format!("{:.1}", self.milliseconds);
        let about_all = [("file", file.into()), ("milliseconds", milliseconds.into())];
        if output.json || self.codes.is_empty() {
            return output.result(self, "cli-scan-none", &about_all);
        }
        for code in &self.codes {
            let issuer = code.issuer.as_ref().and_then(|id| issuers.issuer(id));
            let issuer = match (issuer, words.language()) {
                (Some(issuer), Language::ZhCn) => issuer.name_zh.clone(),
                (Some(issuer), Language::En) => issuer.name_en.clone(),
                (None, _) => words.word("issuer-unknown"),
            };
            let payload = match code.payload.as_ref().or(code.text.as_ref()) {
                Some(text) => plain(text),
                None => words.text("cli-payload-bytes", &[("n", code.payload_bytes.into())]),
            };
            let mut arguments: Vec<(&str, Argument<'_>)> = about_all.to_vec();
            arguments.extend([
                ("issuer", issuer.into()),
                ("colour", words.word(colour_key(code.class)).into()),
                ("version", code.version.into()),
                ("payload", payload.into()),
            ]);
            output.result(self, "cli-scan-code", &arguments)?;
        }
        Ok(())
    }
}

fn colour_code(class: ColourClass) -> &'static str {
    match class {
        ColourClass::Green => "green",
        ColourClass::YellowOrange => "yellow_orange",
        ColourClass::Red => "red",
        ColourClass::Dark => "dark",
        ColourClass::Other => "other",
        ColourClass::Unsure => "unsure",
        ColourClass::NotSeen => "not_seen",
    }
}

pub(super) fn colour_key(class: ColourClass) -> &'static str {
    match class {
        ColourClass::Green => "colour-green",
        ColourClass::YellowOrange => "colour-yellow_orange",
        ColourClass::Red => "colour-red",
        ColourClass::Dark => "cli-colour-dark",
        ColourClass::Other => "cli-colour-other",
        ColourClass::Unsure => "cli-colour-unsure",
        ColourClass::NotSeen => "cli-colour-not_seen",
    }
}

pub(super) fn pass_code(pass: Pass) -> &'static str {
    match pass {
        Pass::Enlarged => "enlarged",
        Pass::Full => "full",
        Pass::Fused => "fused",
        Pass::Half => "half",
        Pass::Quarter => "quarter",
        Pass::Sharpened => "sharpened",
        Pass::DarkestChannel => "darkest_channel",
    }
}

//! A page that needs nothing but itself, for a printer of A4 or of receipts. Its words stand there in both languages:
//! nobody knows who will hold the paper.

use std::fmt::Write;

use gatepost_ledger::Seal;
use gatepost_ledger::fingerprint::{self, Fingerprint};
use gatepost_ledger::note::SignedNote;

use crate::qr::QrModules;
use crate::words::{Argument, Language, Words};

/// 72 mm is what a receipt printer for 80 mm paper can reach; on A4 the same column stands in the middle.
const STYLE: &str = "\
body{font:11pt/1.4 'Noto Sans CJK SC','Microsoft YaHei','PingFang SC',sans-serif;color:#000;background:#fff;\
margin:4mm auto;max-width:72mm}\
h1{font-size:15pt;margin:0 0 2mm}\
p{margin:0 0 2mm}\
.demo{border:.6mm solid #000;padding:1mm;text-align:center;font-weight:bold}\
svg{display:block;width:60mm;margin:2mm auto}\
dl{margin:0 0 2mm}dt{font-size:8pt}dd{margin:0 0 1mm;overflow-wrap:anywhere}\
ol{columns:2;margin:0 0 2mm;padding-left:6mm;font-weight:bold}\
pre{font:6.5pt/1.3 monospace;white-space:pre-wrap;overflow-wrap:anywhere;margin:0 0 2mm}\
@page{margin:4mm}";

/// A page on its way, HTML in UTF-8. Every value is text and never markup.
pub(crate) struct Sheet {
    page: String,
    words: [Words; 2],
}

impl Sheet {
    /// A page with this title; a demonstration says above all that it is one.
    pub(crate) fn begin(title: &str, demo: bool) -> Sheet {
        let words = [Words::of(Language::ZhCn), Words::of(Language::En)];
        let mut sheet = Sheet {
            page: String::with_capacity(32 * 1024),
            words,
        };
        let title = escaped(&sheet.both(title, &[]));
        sheet.add("<!doctype html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\"><title>");
        sheet.add(&title);
        sheet.add(&format!("</title><style>{STYLE}</style></head><body>\n"));
        if demo {
            let mark = escaped(&sheet.both("seal_sheet-demo", &[]));
            sheet.add(&format!("<p class=\"demo\">{mark}</p>\n"));
        }
        sheet.add(&format!("<h1>{title}</h1>\n"));
        sheet
    }

    /// A text of the catalogue in both languages.
    pub(crate) fn both(&self, key: &str, values: &[(&str, Argument<'_>)]) -> String {
        let [zh, en] = &self.words;
        format!("{} · {}", zh.text(key, values), en.text(key, values))
    }

    /// What is what: keys of the catalogue and values as they are.
    pub(crate) fn fields(&mut self, fields: &[(&str, &str)]) {
        self.add("<dl>\n");
        for (key, value) in fields {
            let key = escaped(&self.both(key, &[]));
            self.add(&format!("<dt>{key}</dt><dd>{}</dd>\n", escaped(value)));
        }
        self.add("</dl>\n");
    }

    /// A seal as a code, with the gate's own signature: those of witnesses need not fit one.
    pub(crate) fn code(&mut self, note: &SignedNote) {
        let signatures = note.signatures.iter().take(1).cloned().collect();
        let signed = SignedNote {
            text: note.text.clone(),
            signatures,
        };
        let code = QrModules::of(signed.to_string().as_bytes()).expect("a signed seal fits a code");
        self.add(&format!("{}\n", code.to_svg()));
    }

    /// The eight words of a seal in both languages.
    pub(crate) fn words(&mut self, seal: &Seal) {
        let fingerprint = Fingerprint::of_seal(seal);
        for language in [fingerprint::Language::Chinese, fingerprint::Language::English] {
            let words = fingerprint.words(language).map(|word| format!("<li>{word}</li>"));
            self.add(&format!("<ol>{}</ol>\n", words.concat()));
        }
    }

    /// A paragraph of the catalogue, one after the other in each language.
    pub(crate) fn paragraph(&mut self, key: &str, values: &[(&str, Argument<'_>)]) {
        let texts = [0, 1].map(|language: usize| escaped(&self.words[language].text(key, values)));
        for text in texts {
            self.add(&format!("<p>{text}</p>\n"));
        }
    }

    /// Text to be copied as it is.
    pub(crate) fn verbatim(&mut self, text: &str) {
        self.add(&format!("<pre>{}</pre>\n", escaped(text)));
    }

    /// The page.
    pub(crate) fn end(mut self) -> String {
        self.add("</body></html>\n");
        self.page
    }

    fn add(&mut self, text: &str) {
        self.page.push_str(text);
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' | '<' | '>' | '"' | '\'' => {
                write!(out, "&#{};", u32::from(character)).expect("a string takes everything");
            }
            _ => out.push(character),
        }
    }
    out
}

//! QR codes of whole bytes, for screens and for paper.

use std::fmt::Write;

use qrcode::{Color, EcLevel, QrCode};

/// Modules around a code that must stay light (ISO/IEC 18004, 9.1).
const QUIET_ZONE: usize = 4;

/// A code: dark and light modules, without its quiet zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QrModules {
    width: usize,
    dark: Vec<bool>,
}

impl QrModules {
    /// The code of these bytes: error correction level M, or L where M does not fit. `None` beyond 2,953 bytes,
    /// which the largest code holds.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Option<QrModules> {
        let code = [EcLevel::M, EcLevel::L]
            .into_iter()
            .find_map(|level| QrCode::with_error_correction_level(bytes, level).ok())?;
        Some(QrModules {
            width: code.width(),
            dark: code
                .to_colors()
                .into_iter()
                .map(|color| color == Color::Dark)
                .collect(),
        })
    }

    /// Modules in a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Row by row, whether each is dark.
    pub fn modules(&self) -> impl Iterator<Item = bool> + '_ {
        self.dark.iter().copied()
    }

    /// An SVG image of it with its quiet zone, one unit a module, black on white.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let side = self.width + 2 * QUIET_ZONE;
        let mut path = String::new();
        for (y, row) in self.dark.chunks(self.width).enumerate() {
            let mut x = 0;
            // One stroke for each run of dark modules, so that no seam shows between them in print.
            for run in row.chunk_by(|a, b| a == b) {
                if run[0] {
                    let (left, top, length) = (x + QUIET_ZONE, y + QUIET_ZONE, run.len());
                    write!(path, "M{left} {top}h{length}v1h-{length}z").expect("a string takes everything");
                }
                x += run.len();
            }
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" \
             shape-rendering=\"crispEdges\"><rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/>\
             <path d=\"{path}\" fill=\"#000\"/></svg>"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_the_finder_in_its_corner_and_an_image_with_a_quiet_zone() {
        let code = QrModules::of(b"gatepost").expect("few bytes");
        assert_eq!(code.width(), 21);
        assert_eq!(code.modules().count(), 21 * 21);
        assert!(code.modules().take(7).all(|dark| dark));
        let svg = code.to_svg();
        assert!(svg.contains("viewBox=\"0 0 29 29\""), "{svg}");
        assert!(svg.contains("M4 4h7v1h-7z"), "{svg}");
    }

    #[test]
    fn the_largest_code_is_of_level_l_and_one_byte_more_is_none() {
        assert_eq!(QrModules::of(&[0xA5; 2_953]).map(|code| code.width()), Some(177));
        assert_eq!(QrModules::of(&[0xA5; 2_954]), None);
    }
}

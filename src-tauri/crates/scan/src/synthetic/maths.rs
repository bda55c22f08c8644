//! The functions that the standard library leaves to each system, from additions, multiplications and divisions
//! only: every machine gets the same bits.

use std::f64::consts::{FRAC_2_PI, FRAC_PI_2, LN_2, LOG2_E, SQRT_2};

/// Sine and cosine of an angle of at most some thousand turns.
pub(super) fn sine_cosine(radians: f32) -> (f32, f32) {
    let radians = f64::from(radians);
    let quarter_turns = (radians * FRAC_2_PI + 0.5).floor();
    let x = radians - quarter_turns * FRAC_PI_2;
    let square = x * x;
    // Taylor series; |x| is at most π/4, so the first term left out is below 10⁻¹².
    let sine = x * series(
        square,
        &[
            1.0,
            -1.0 / 6.0,
            1.0 / 120.0,
            -1.0 / 5_040.0,
            1.0 / 362_880.0,
            -1.0 / 39_916_800.0,
        ],
    );
    let cosine = series(
        square,
        &[
            1.0,
            -0.5,
            1.0 / 24.0,
            -1.0 / 720.0,
            1.0 / 40_320.0,
            -1.0 / 3_628_800.0,
            1.0 / 479_001_600.0,
        ],
    );
    let (sine, cosine) = (sine as f32, cosine as f32);
    match (quarter_turns as i64).rem_euclid(4) {
        0 => (sine, cosine),
        1 => (cosine, -sine),
        2 => (-sine, -cosine),
        _ => (-cosine, sine),
    }
}

/// e to a power; 0 below e⁻⁸⁰, and never infinite.
pub(super) fn exponential(x: f32) -> f32 {
    if x < -80.0 {
        return 0.0;
    }
    let binary = f64::from(x.min(80.0)) * LOG2_E;
    let whole = binary.floor();
    let rest = (binary - whole) * LN_2;
    let terms = [
        1.0,
        1.0,
        0.5,
        1.0 / 6.0,
        1.0 / 24.0,
        1.0 / 120.0,
        1.0 / 720.0,
        1.0 / 5_040.0,
        1.0 / 40_320.0,
    ];
    // Between 2⁻¹¹⁶ and 2¹¹⁵: a normal number, written as its exponent.
    let scale = f32::from_bits(((whole as i32 + 127) as u32) << 23);
    series(rest, &terms) as f32 * scale
}

/// A number from 0 to some thousand, to a power; 0 for anything that is not above 0.
pub(super) fn power(base: f32, exponent: f32) -> f32 {
    if base <= f32::MIN_POSITIVE {
        return 0.0;
    }
    let bits = base.to_bits();
    let mut whole = f64::from((bits >> 23) as i32 - 127);
    let mut mantissa = f64::from(f32::from_bits((bits & 0x007f_ffff) | 0x3f80_0000));
    if mantissa > SQRT_2 {
        mantissa /= 2.0;
        whole += 1.0;
    }
    // ln m = 2 artanh((m − 1) / (m + 1))
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    let terms = [2.0, 2.0 / 3.0, 2.0 / 5.0, 2.0 / 7.0, 2.0 / 9.0, 2.0 / 11.0];
    let logarithm = whole * LN_2 + ratio * series(ratio * ratio, &terms);
    exponential((logarithm * f64::from(exponent)) as f32)
}

/// sRGB (0–255) to linear light (0–1), by the power that the cameras here use as well.
pub(super) fn linear(shade: [u8; 3]) -> [f32; 3] {
    shade.map(|value| power(f32::from(value) / 255.0, 2.2))
}

fn series(x: f64, terms: &[f64]) -> f64 {
    terms.iter().rev().fold(0.0, |sum, term| sum * x + term)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_agree_with_the_standard_library_to_a_millionth() {
        for step in -400..400_i16 {
            let x = f32::from(step) * 0.037;
            let (sine, cosine) = sine_cosine(x);
            assert!((sine - x.sin()).abs() < 2e-6, "sin {x}");
            assert!((cosine - x.cos()).abs() < 2e-6, "cos {x}");
            assert!((exponential(x) / x.exp() - 1.0).abs() < 2e-6, "exp {x}");
            let base = (x + 14.9) / 9.0;
            assert!(
                (power(base, 2.2) - base.powf(2.2)).abs() < 1e-5 * (1.0 + base.powf(2.2)),
                "{base}^2.2"
            );
        }
        assert_eq!(exponential(-200.0), 0.0);
        assert_eq!(power(0.0, 2.2), 0.0);
    }
}

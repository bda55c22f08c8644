//! Whatever the camera delivers, there is an answer or a typed error, and noise is never a code.
#![allow(clippy::unwrap_used, reason = "tests")]

use gatepost_scan::synthetic::{CodeColour, DoorScene, render};
use gatepost_scan::{ColourClass, FrameError, FrameView, PixelLayout, Point, colour_of, scan};
use proptest::prelude::{Just, Strategy, any, prop_oneof, proptest};
use proptest::test_runner::Config;

fn layouts() -> impl Strategy<Value = PixelLayout> {
    prop_oneof![
        Just(PixelLayout::Yuyv),
        Just(PixelLayout::Nv12),
        Just(PixelLayout::Grey),
        Just(PixelLayout::Rgb)
    ]
}

/// A generator for large noisy buffers, which are slow to shrink as a strategy.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        })
        .collect()
}

proptest! {
    #![proptest_config(Config { cases: 400, failure_persistence: None, ..Config::default() })]

    #[test]
    fn any_buffer_of_any_shape_gives_an_answer(
        layout in layouts(),
        width in 0_usize..70,
        height in 0_usize..70,
        padding in 0_usize..9,
        cut in 0_usize..40,
        seed in any::<u64>(),
    ) {
        let stride = 3 * width + padding;
        let bytes = noise(seed, (2 * stride * height).saturating_sub(cut * stride));
        match FrameView::new(layout, &bytes, width, height, stride) {
            Ok(view) => assert_eq!(scan(&view), []),
            Err(FrameError::Empty) => assert!(width == 0 || height == 0),
            Err(FrameError::Short { actual, needed }) => assert!(actual < needed),
            Err(error @ (FrameError::TooLarge { .. } | FrameError::Stride { .. })) => panic!("{error}"),
        }
    }

    #[test]
    fn any_corners_give_a_colour_reading(
        layout in layouts(),
        corners in any::<[(f32, f32); 4]>(),
        version in any::<u8>(),
        seed in any::<u64>(),
    ) {
        let bytes = noise(seed, 33 * 3 * 31 * 2);
        let view = FrameView::packed(layout, &bytes, 33, 31).unwrap();
        let reading = colour_of(&view, &corners.map(|(x, y)| Point::new(x, y)), version);
        assert!((0.0..=1.0).contains(&reading.confidence));
    }
}

#[test]
fn a_frame_that_is_too_small_for_its_size_is_refused() {
    let bytes = [0; 64];
    let frame = |layout, width, height, stride| FrameView::new(layout, &bytes, width, height, stride).err();
    assert_eq!(frame(PixelLayout::Grey, 8, 8, 8), None);
    assert_eq!(
        frame(PixelLayout::Grey, 8, 9, 8),
        Some(FrameError::Short {
            actual: 64,
            needed: 72
        })
    );
    assert_eq!(
        frame(PixelLayout::Grey, 9, 7, 8),
        Some(FrameError::Stride { stride: 8, needed: 9 })
    );
    assert_eq!(frame(PixelLayout::Yuyv, 8, 4, 16), None);
    assert_eq!(
        frame(PixelLayout::Yuyv, 8, 5, 16),
        Some(FrameError::Short {
            actual: 64,
            needed: 80
        })
    );
    assert_eq!(frame(PixelLayout::Nv12, 8, 5, 8), None);
    assert_eq!(
        frame(PixelLayout::Nv12, 8, 6, 8),
        Some(FrameError::Short {
            actual: 64,
            needed: 72
        })
    );
    assert_eq!(frame(PixelLayout::Rgb, 7, 3, 21), None);
    assert_eq!(
        frame(PixelLayout::Rgb, 7, 4, 21),
        Some(FrameError::Short {
            actual: 64,
            needed: 84
        })
    );
    assert_eq!(frame(PixelLayout::Rgb, 0, 4, 0), Some(FrameError::Empty));
    let (width, height) = (usize::MAX, 2);
    assert_eq!(
        frame(PixelLayout::Yuyv, width, height, usize::MAX),
        Some(FrameError::TooLarge { width, height })
    );
}

#[test]
fn a_frame_of_one_row_or_one_column_has_no_code() {
    let bytes = noise(3, 4 * 4000);
    for layout in [
        PixelLayout::Yuyv,
        PixelLayout::Nv12,
        PixelLayout::Grey,
        PixelLayout::Rgb,
    ] {
        for (width, height) in [(1, 1), (1, 4000), (4000, 1), (2, 3), (5, 2)] {
            assert_eq!(
                scan(&FrameView::packed(layout, &bytes, width, height).unwrap()),
                []
            );
        }
    }
}

#[test]
fn noise_is_never_a_code() {
    let (width, height) = (1280, 720);
    for seed in 1..=6 {
        let bytes = noise(seed, 2 * width * height);
        assert_eq!(
            scan(&FrameView::packed(PixelLayout::Yuyv, &bytes, width, height).unwrap()),
            []
        );
    }
}

#[test]
fn a_damaged_frame_gives_the_right_payload_or_none() {
    let payload = b"https://code.example/v?t=damaged".to_vec();
    let frame = render(&DoorScene::nominal(9, CodeColour::Green, &payload));
    let whole = frame.to_yuyv();
    for seed in 1..=24 {
        let mut bytes = whole.clone();
        let junk = noise(seed, 60_000);
        let start = (seed as usize * 71_993) % (bytes.len() - junk.len());
        bytes[start..start + junk.len()].copy_from_slice(&junk);
        let view = FrameView::packed(PixelLayout::Yuyv, &bytes, frame.width, frame.height).unwrap();
        assert!(
            scan(&view).iter().all(|found| found.payload == payload),
            "seed {seed}"
        );
    }
}

#[test]
fn a_grey_frame_has_no_colour_to_see() {
    let view = FrameView::packed(PixelLayout::Grey, &[255; 900], 30, 30).unwrap();
    let corners = [
        Point::new(4.0, 4.0),
        Point::new(26.0, 4.0),
        Point::new(26.0, 26.0),
        Point::new(4.0, 26.0),
    ];
    assert_eq!(colour_of(&view, &corners, 1).class, ColourClass::NotSeen);
}

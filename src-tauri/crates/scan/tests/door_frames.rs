//! Codes as they are held before a gate are read, and their colour is right.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use gatepost_scan::synthetic::{CodeColour, DoorScene, SyntheticFrame, render};
use gatepost_scan::{ColourClass, Detection, FrameView, PixelLayout, Point, colour_of, scan};

const SEEDS_PER_COLOUR: u64 = 16;

fn payload(seed: u64) -> Vec<u8> {
    format!(
        "https://code.example/v?t={:032x}",
        seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    )
    .into_bytes()
}

fn scan_yuyv(frame: &SyntheticFrame) -> Vec<Detection> {
    let bytes = frame.to_yuyv();
    scan(&FrameView::packed(PixelLayout::Yuyv, &bytes, frame.width, frame.height).unwrap())
}

fn largest_distance(one: &[Point; 4], other: &[Point; 4]) -> f32 {
    one.iter()
        .zip(other)
        .map(|(a, b)| (a.x - b.x).hypot(a.y - b.y))
        .fold(0.0, f32::max)
}

#[test]
fn codes_of_every_colour_are_read_and_their_colour_is_right() {
    for colour in CodeColour::ALL {
        let mut read = 0;
        for seed in 0..SEEDS_PER_COLOUR {
            let scene = DoorScene::nominal(seed, colour, &payload(seed));
            let frame = render(&scene);
            let found = scan_yuyv(&frame);
            assert!(found.len() <= 1, "{colour:?} seed {seed}: one code is shown");
            let Some(detection) = found.first() else { continue };
            read += 1;
            assert_eq!(detection.payload, payload(seed), "{colour:?} seed {seed}");
            assert_eq!(detection.colour.class, colour.class(), "{colour:?} seed {seed}");
            let distance = largest_distance(&detection.corners, &frame.corners.unwrap());
            assert!(
                distance < scene.module_px,
                "{colour:?} seed {seed}: a corner is {distance} px off"
            );
        }
        assert!(
            read * 10 >= SEEDS_PER_COLOUR * 9,
            "{colour:?}: {read} of {SEEDS_PER_COLOUR} read"
        );
    }
}

#[test]
fn small_codes_of_three_pixels_a_module_are_read_at_any_turn() {
    for (step, colour) in CodeColour::ALL.into_iter().cycle().take(20).enumerate() {
        let scene = DoorScene {
            payload: Some(payload(step as u64)),
            colour,
            module_px: 3.0,
            roll_degrees: 18.0 * step as f32,
            ..DoorScene::default()
        };
        let found = scan_yuyv(&render(&scene));
        assert_eq!(found.len(), 1, "{colour:?} at {}°", scene.roll_degrees);
        assert_eq!(
            found[0].colour.class,
            colour.class(),
            "{colour:?} at {}°",
            scene.roll_degrees
        );
    }
}

#[test]
fn a_code_that_fills_the_frame_is_read() {
    let scene = DoorScene {
        payload: Some(payload(7)),
        module_px: 17.0,
        blur_px: 3.0,
        ..DoorScene::default()
    };
    assert_eq!(scan_yuyv(&render(&scene)).len(), 1);
}

#[test]
fn every_layout_of_a_frame_gives_the_same_payload() {
    let frame = render(&DoorScene::nominal(3, CodeColour::Orange, &payload(3)));
    let (width, height) = (frame.width, frame.height);
    let [yuyv, nv12, grey] = [frame.to_yuyv(), frame.to_nv12(), frame.to_luma()];
    let buffers = [
        (PixelLayout::Yuyv, &yuyv, ColourClass::YellowOrange),
        (PixelLayout::Nv12, &nv12, ColourClass::YellowOrange),
        (PixelLayout::Rgb, &frame.rgb, ColourClass::YellowOrange),
        (PixelLayout::Grey, &grey, ColourClass::NotSeen),
    ];
    for (layout, bytes, class) in buffers {
        let found = scan(&FrameView::packed(layout, bytes, width, height).unwrap());
        assert_eq!(found.len(), 1, "{layout:?}");
        assert_eq!(found[0].payload, payload(3), "{layout:?}");
        assert_eq!(found[0].colour.class, class, "{layout:?}");
    }
}

#[test]
fn padding_between_rows_changes_nothing() {
    let frame = render(&DoorScene::nominal(4, CodeColour::Green, &payload(4)));
    let packed = frame.to_yuyv();
    let stride = 2 * frame.width + 64;
    let mut padded = Vec::new();
    for row in packed.chunks(2 * frame.width) {
        padded.extend(row);
        padded.extend([0xA5; 64]);
    }
    let view = FrameView::new(PixelLayout::Yuyv, &padded, frame.width, frame.height, stride).unwrap();
    assert_eq!(scan(&view), scan_yuyv(&frame));
}

#[test]
fn the_colour_of_a_code_read_in_luma_can_be_looked_up_later() {
    let frame = render(&DoorScene::nominal(5, CodeColour::Red, &payload(5)));
    let luma = frame.to_luma();
    let found = scan(&FrameView::packed(PixelLayout::Grey, &luma, frame.width, frame.height).unwrap());
    let colour_view = FrameView::packed(PixelLayout::Rgb, &frame.rgb, frame.width, frame.height).unwrap();
    let colour = colour_of(&colour_view, &found[0].corners, found[0].version);
    assert_eq!(colour.class, ColourClass::Red);
    assert!(colour.confidence > 0.5);
}

#[test]
fn bytes_that_are_not_text_come_back_unchanged() {
    let binary: Vec<u8> = (0..=255).step_by(5).collect();
    let found = scan_yuyv(&render(&DoorScene::nominal(6, CodeColour::Dark, &binary)));
    assert_eq!(found[0].payload, binary);
}

#[test]
fn a_door_without_a_visitor_shows_no_code() {
    for seed in 0..8 {
        let frame = render(&DoorScene {
            seed,
            noise: 6.0,
            ..DoorScene::default()
        });
        assert_eq!(frame.corners, None);
        assert_eq!(scan_yuyv(&frame), [], "seed {seed}");
    }
}

#[test]
fn a_payload_that_no_code_can_hold_leaves_the_card_empty() {
    let frame = render(&DoorScene {
        payload: Some(vec![b'x'; 4000]),
        ..DoorScene::default()
    });
    assert_eq!(frame.corners, None);
    assert_eq!(scan_yuyv(&frame), []);
}

#[test]
fn a_printed_detection_does_not_show_the_payload() {
    let found = scan_yuyv(&render(&DoorScene::nominal(8, CodeColour::Green, &payload(8))));
    assert!(!format!("{found:?}").contains("code.example"));
    assert!(format!("{found:?}").contains("payload_bytes: 57"));
}

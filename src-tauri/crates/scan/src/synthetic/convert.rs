/// RGB (three bytes a pixel) to packed YUYV, BT.601 limited range, as UVC cameras deliver it.
///
/// An odd last pixel of a row has no pair and is repeated, so a row has `2 × (width rounded up to even)` bytes.
///
/// # Panics
/// If `rgb` is not `3 × width × height` bytes.
pub fn yuyv_from_rgb(rgb: &[u8], width: usize, height: usize) -> Vec<u8> {
    assert_eq!(rgb.len(), 3 * width * height, "three bytes a pixel");
    let mut bytes = Vec::with_capacity(2 * width.next_multiple_of(2) * height);
    for row in rgb.chunks_exact(3 * width.max(1)) {
        for pair in row.chunks(6) {
            let (left, right) = (&pair[..3], &pair[pair.len() - 3..]);
            let mean = [0, 1, 2].map(|channel| (i32::from(left[channel]) + i32::from(right[channel])) / 2);
            bytes.extend([luma(left), cb(mean), luma(right), cr(mean)]);
        }
    }
    bytes
}

/// RGB to NV12, BT.601 limited range, without padding.
///
/// # Panics
/// If `rgb` is not `3 × width × height` bytes, or a side is odd.
pub fn nv12_from_rgb(rgb: &[u8], width: usize, height: usize) -> Vec<u8> {
    assert_eq!(rgb.len(), 3 * width * height, "three bytes a pixel");
    assert!(
        width.is_multiple_of(2) && height.is_multiple_of(2),
        "NV12 has even sides"
    );
    let mut bytes: Vec<u8> = rgb.chunks_exact(3).map(luma).collect();
    for rows in rgb.chunks_exact(6 * width) {
        let (upper, lower) = rows.split_at(3 * width);
        for (above, below) in upper.chunks_exact(6).zip(lower.chunks_exact(6)) {
            let mean = [0, 1, 2].map(|channel| {
                let sum: i32 = [
                    above[channel],
                    above[channel + 3],
                    below[channel],
                    below[channel + 3],
                ]
                .map(i32::from)
                .iter()
                .sum();
                sum / 4
            });
            bytes.extend([cb(mean), cr(mean)]);
        }
    }
    bytes
}

/// RGB to full-range luma, as a JPEG decoder gives it.
pub fn luma_from_rgb(rgb: &[u8]) -> Vec<u8> {
    rgb.chunks_exact(3)
        .map(|pixel| {
            let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(u32::from);
            ((19_595 * r + 38_470 * g + 7_471 * b + 32_768) >> 16) as u8
        })
        .collect()
}

fn luma(pixel: &[u8]) -> u8 {
    let [r, g, b] = [pixel[0], pixel[1], pixel[2]].map(i32::from);
    (16 + ((66 * r + 129 * g + 25 * b + 128) >> 8)) as u8
}

fn cb([r, g, b]: [i32; 3]) -> u8 {
    (128 + ((-38 * r - 74 * g + 112 * b + 128) >> 8)).clamp(0, 255) as u8
}

fn cr([r, g, b]: [i32; 3]) -> u8 {
    (128 + ((112 * r - 94 * g - 18 * b + 128) >> 8)).clamp(0, 255) as u8
}

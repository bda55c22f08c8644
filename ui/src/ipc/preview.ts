/** One corner of the outline, normalised to the picture: 0 to 1. */
export type Corner = { x: number; y: number };

/** A preview message, cut apart. */
export type PreviewFrame = {
  /** Corners of the code that was found, clockwise; `null` when none was. */
  outline: readonly Corner[] | null;
  /** The picture. */
  jpeg: Blob;
};

const HEADER_BYTES = 36;

/**
 * Cuts a preview message: byte 0 is 1 when an outline follows, bytes 4 to 36 are eight little-endian f32
 * (x, y of four corners), the rest is a JPEG. `null` for anything shorter than its header.
 */
export function cutPreview(message: ArrayBuffer): PreviewFrame | null {
  if (message.byteLength <= HEADER_BYTES) return null;
  const view = new DataView(message);
  const jpeg = new Blob([new Uint8Array(message, HEADER_BYTES)], { type: 'image/jpeg' });
  if (view.getUint8(0) !== 1) return { outline: null, jpeg };
  const outline = [0, 1, 2, 3].map((corner) => ({
    x: view.getFloat32(4 + corner * 8, true),
    y: view.getFloat32(8 + corner * 8, true),
  }));
  return { outline, jpeg };
}

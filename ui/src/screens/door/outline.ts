import type { Corner } from '../../ipc/preview';

const ARM = 0.22;

/**
 * Draws corner brackets around a code: an arm along each edge from each corner, in `light` over a dark halo
 * so that it shows on any picture. `width` and `height` are the canvas's, in pixels.
 */
export function drawOutline(
  canvas: CanvasRenderingContext2D,
  corners: readonly Corner[],
  width: number,
  height: number,
  light: string,
): void {
  const thick = Math.max(3, width / 130);
  canvas.lineCap = 'round';
  canvas.lineJoin = 'round';
  for (const [colour, line] of [
    ['rgb(0 0 0 / 55%)', thick * 2],
    [light, thick],
  ] as const) {
    canvas.strokeStyle = colour;
    canvas.lineWidth = line;
    canvas.beginPath();
    for (const [index, corner] of corners.entries()) {
      const before = corners.at(index - 1) ?? corner;
      const after = corners[(index + 1) % corners.length] ?? corner;
      const from = towards(corner, before);
      const to = towards(corner, after);
      canvas.moveTo(from.x * width, from.y * height);
      canvas.lineTo(corner.x * width, corner.y * height);
      canvas.lineTo(to.x * width, to.y * height);
    }
    canvas.stroke();
  }
}

function towards(from: Corner, to: Corner): Corner {
  return { x: from.x + (to.x - from.x) * ARM, y: from.y + (to.y - from.y) * ARM };
}

/** A drawn phone before a drawn camera, as a preview message; its code is outlined where it was read. */
export async function picture(isRead: boolean): Promise<ArrayBuffer | null> {
  const canvas = document.createElement('canvas');
  canvas.width = 640;
  canvas.height = 360;
  const context = canvas.getContext('2d');
  if (!context || typeof canvas.toBlob !== 'function') return null;
  const ground = context.createLinearGradient(0, 0, 640, 360);
  ground.addColorStop(0, '#31404d');
  ground.addColorStop(1, '#1b232c');
  context.fillStyle = ground;
  context.fillRect(0, 0, 640, 360);
  const angle = -0.12;
  context.translate(320, 180);
  context.rotate(angle);
  context.fillStyle = '#0a0e12';
  context.fillRect(-92, -170, 184, 340);
  context.fillStyle = '#fff';
  context.fillRect(-82, -158, 164, 316);
  context.fillStyle = '#2bb563';
  context.fillRect(-82, -158, 164, 60);
  const module = 5;
  for (let row = 0; row < 25; row += 1) {
    for (let column = 0; column < 25; column += 1) {
      if ((row * 7 + column * 13 + row * column) % 3 === 0) {
        context.fillRect(-62 + column * module, -62 + row * module, module, module);
      }
    }
  }
  const corners = [
    [-66, -66],
    [67, -66],
    [67, 67],
    [-66, 67],
  ].map(([x = 0, y = 0]) => [
    (320 + x * Math.cos(angle) - y * Math.sin(angle)) / 640,
    (180 + x * Math.sin(angle) + y * Math.cos(angle)) / 360,
  ]);
  const jpeg = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', 0.8));
  if (!jpeg) return null;
  const body = new Uint8Array(await jpeg.arrayBuffer());
  const message = new Uint8Array(36 + body.length);
  message.set(body, 36);
  const view = new DataView(message.buffer);
  view.setUint8(0, isRead ? 1 : 0);
  corners.flat().forEach((value, index) => view.setFloat32(4 + index * 4, value, true));
  return message.buffer;
}

import { describe, expect, it } from 'vitest';
import { backend } from '../src/ipc/backend';
import { InOrder } from '../src/ipc/in_order';
import { cutPreview } from '../src/ipc/preview';
import { commands } from '../mock/bindings';

describe('keys on their way to Rust', () => {
  it('arrive one after the other, in the order in which they were pressed', async () => {
    const heard: string[] = [];
    const queue = new InOrder<void>();
    const job = (name: string, ticks: number) => async () => {
      heard.push(`${name} begins`);
      for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
      heard.push(`${name} ends`);
    };
    await Promise.all([queue.add(job('3', 9)), queue.add(job('6', 3)), queue.add(job('5', 0))]);
    expect(heard).toEqual(['3 begins', '3 ends', '6 begins', '6 ends', '5 begins', '5 ends']);
  });

  it('are not held up by one that failed', async () => {
    const queue = new InOrder<number>();
    const failed = queue.add(() => Promise.reject(new Error('gone')));
    const next = queue.add(() => Promise.resolve(2));
    await expect(failed).rejects.toThrow('gone');
    await expect(next).resolves.toBe(2);
  });

  it('wait for the answer to the key before', async () => {
    const real = commands.press;
    let open = 0;
    let most = 0;
    commands.press = async (key) => {
      open += 1;
      most = Math.max(most, open);
      await Promise.resolve();
      open -= 1;
      return real(key);
    };
    await Promise.all([3, 6, 5].map((digit) => backend.press({ key: 'digit', digit })));
    commands.press = real;
    expect(most).toBe(1);
  });
});

describe('a preview message', () => {
  it('is cut into its outline and its picture', async () => {
    const message = new Uint8Array(40);
    const view = new DataView(message.buffer);
    view.setUint8(0, 1);
    [0.1, 0.2, 0.9, 0.2, 0.9, 0.8, 0.1, 0.8].forEach((value, index) =>
      view.setFloat32(4 + index * 4, value, true),
    );
    message.set([0xff, 0xd8, 0xff, 0xd9], 36);
    const frame = cutPreview(message.buffer);
    expect(frame?.outline?.map(({ x }) => Number(x.toFixed(3)))).toEqual([0.1, 0.9, 0.9, 0.1]);
    expect(frame?.jpeg.size).toBe(4);
    expect(frame?.jpeg.type).toBe('image/jpeg');
  });

  it('has no outline when its first byte says so, and is nothing when it is too short', () => {
    expect(cutPreview(new ArrayBuffer(40))?.outline).toBeNull();
    expect(cutPreview(new ArrayBuffer(36))).toBeNull();
  });
});

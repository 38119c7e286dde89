import { ImageError } from '../../src/base/errors.ts';
import type { LoadContext, SaveContext, Tapes, WirePort } from '../../src/state/index.ts';

/** A wire that neither compresses nor checks: both tapes as they are. For tests of the engine without the core. */
export const plainWire: WirePort = {
  encodeTapes({ ints, bytes }: Tapes): Uint8Array {
    const stream = new Uint8Array(8 + ints.length * 8 + bytes.length);
    new DataView(stream.buffer).setUint32(0, ints.length, true);
    stream.set(new Uint8Array(ints.buffer, ints.byteOffset, ints.byteLength), 8);
    stream.set(bytes, 8 + ints.length * 8);
    return stream;
  },
  decodeTapes(stream: Uint8Array): Tapes {
    if (stream.length < 8) throw new ImageError('state stream', 'cut off');
    const count = new DataView(stream.buffer, stream.byteOffset).getUint32(0, true);
    if (8 + count * 8 > stream.length) throw new ImageError('state stream', 'cut off');
    return { ints: new Float64Array(stream.slice(8, 8 + count * 8).buffer), bytes: stream.slice(8 + count * 8) };
  },
};

export function saveContext(): SaveContext & { readonly frames: number[] } {
  const frames: number[] = [];
  return {
    wire: plainWire,
    frames,
    saveFrame(frame) {
      const seen = frames.indexOf(frame);
      return seen >= 0 ? seen + 1 : frames.push(frame);
    },
  };
}

export function loadContext(frames: readonly number[] = [], edges: ReadonlyMap<string, unknown> = new Map()): LoadContext {
  return {
    wire: plainWire,
    loadFrame(imageFrame) {
      const frame = frames[imageFrame - 1];
      if (frame === undefined) throw new ImageError('frames', `no frame ${imageFrame}`);
      return frame;
    },
    bindEdge(port, key) {
      return edges.get(`${port}:${key}`);
    },
  };
}

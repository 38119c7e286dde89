import { describe, expect, it } from 'vitest';
import { ImageError } from '../../src/base/errors.ts';
import { coreWire } from '../../src/sentry/checkpoint/core-wire.ts';
import { byteString, defineState, f64, frame, int, list, loadGraph, map, optional, ref, saveGraph } from '../../src/state/index.ts';
import { freshCore } from './snapshot-module.ts';

class Place {
  name = '';
  size = 0;
  weight = 0.5;
  parent: Place | null = null;
  children = new Map<string, Place>();
  pages: number[] = [];
}

defineState(Place, 'test.Place', 1, {
  name: byteString,
  size: int,
  weight: f64,
  parent: optional(ref<Place>('test.Place')),
  children: map(byteString, ref<Place>('test.Place')),
  pages: list(frame),
});

function tree(depth: number): Place {
  const place = new Place();
  place.size = depth * 2 ** 40;
  for (let i = 0; i < 3 && depth > 0; i++) {
    const child = tree(depth - 1);
    child.name = `place ${i}`;
    child.parent = place;
    child.pages = [depth, 0, i + 1];
    place.children.set(child.name, child);
  }
  return place;
}

describe('a graph through the core', () => {
  it('comes back, gives the same bytes again, and is small', () => {
    const core = freshCore(16);
    const context = { wire: coreWire(core), saveFrame: (number: number) => number };
    const stream = saveGraph(tree(6), context);
    expect(stream.length).toBeLessThan(1093 * 12);
    const other = freshCore(16);
    const loaded = loadGraph(stream, { wire: coreWire(other), loadFrame: (number) => number, bindEdge: () => null }, Place);
    expect(saveGraph(loaded, { ...context, wire: coreWire(other) })).toEqual(stream);
    expect(loaded.children.get('place 2')?.parent).toBe(loaded);
  });

  it('is refused with each byte flipped and at each cut', () => {
    const core = freshCore(16);
    const wire = coreWire(core);
    const stream = saveGraph(tree(3), { wire, saveFrame: (number) => number });
    const load = (damaged: Uint8Array): unknown => loadGraph(damaged, { wire, loadFrame: (number) => number, bindEdge: () => null }, Place);
    load(stream);
    for (let i = 0; i < stream.length; i++) {
      const damaged = stream.slice();
      damaged[i] = (damaged[i] ?? 0) ^ (1 << (i % 8));
      expect(() => load(damaged), `byte ${i}`).toThrow(ImageError);
      expect(() => load(stream.subarray(0, i)), `cut at ${i}`).toThrow(ImageError);
    }
  });

  it('is refused when its header promises more than it may decode to', () => {
    const core = freshCore(16);
    const wire = coreWire(core);
    const stream = wire.encodeTapes({ ints: new Float64Array(100_000), bytes: new Uint8Array(1_000_000) });
    expect(stream.length).toBeLessThan(10_000);
    expect(() => wire.decodeTapes(stream, 1_000_000)).toThrow('state stream: decodes to 1800000 bytes, more than 1000000');
    new DataView(stream.buffer).setUint32(12, 0xffff_ffff, true);
    expect(() => wire.decodeTapes(stream, 2 ** 40)).toThrow('state stream: its header is damaged');
  });
});

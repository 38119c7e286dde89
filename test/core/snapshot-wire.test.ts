import { beforeAll, describe, expect, it } from 'vitest';
import { pageWork, sample } from './snapshot-module.ts';
import { randomSource } from '../support/random.ts';
import type { Bench } from './snapshot-module.ts';

let bench: Bench;
beforeAll(() => {
  bench = pageWork(8 << 20);
});

function encode(ints: readonly number[], bytes: Uint8Array): Uint8Array | null {
  const { work, memory, free } = bench;
  memory.set(new Uint8Array(Float64Array.from(ints).buffer), free);
  memory.set(bytes, free + ints.length * 8);
  const out = free + ints.length * 8 + bytes.length;
  const length = work.wireEncode(free, ints.length, bytes.length, out);
  expect(length).toBeLessThanOrEqual(work.wireBound(ints.length, bytes.length));
  return length === 0 ? null : memory.slice(out, out + length);
}

function decode(stream: Uint8Array, intCount: number, rawBytes: number): { ints: number[]; raw: Uint8Array } | number {
  const { work, memory, free } = bench;
  const raw = free + intCount * 8;
  const at = memory.length - stream.length;
  memory.set(stream, at);
  const code = work.wireDecode(at, stream.length, raw, rawBytes, free, intCount);
  if (code !== 0) return code;
  return { ints: [...new Float64Array(memory.slice(free, raw).buffer)], raw: memory.slice(raw, raw + rawBytes) };
}

function rawLength(stream: Uint8Array): number {
  const view = new DataView(stream.buffer);
  return view.getUint32(8, true) + view.getUint32(12, true);
}

describe('wireEncode and wireDecode', () => {
  it('bring back integers of every size and all bytes', () => {
    const random = randomSource(9);
    for (let round = 0; round < 60; round++) {
      const ints = [0, 1, -1, 63, -64, 64, -65, 2 ** 53, -(2 ** 53), 2 ** 32, -(2 ** 31)];
      for (let i = random() % 3000; i > 0; i--) ints.push((random() % 2 === 0 ? -1 : 1) * Math.floor((random() * 2 ** 21) / 2 ** (random() % 53)));
      const wanted = ints.map((value) => (value === 0 ? 0 : value));
      const bytes = sample(round, random() % (round % 10 === 0 ? 300_000 : 3000), random);
      const stream = encode(ints, bytes);
      if (stream === null) return expect.fail('refused to encode');
      const result = decode(stream, ints.length, rawLength(stream));
      if (typeof result === 'number') return expect.fail(`refused: ${result}`);
      expect(result.ints).toEqual(wanted);
      expect(result.raw.slice(result.raw.length - bytes.length)).toEqual(bytes);
    }
  });

  it('handle empty tapes', () => {
    const stream = encode([], new Uint8Array());
    expect(stream).not.toBeNull();
    if (stream !== null) expect(decode(stream, 0, 0)).toEqual({ ints: [], raw: new Uint8Array() });
  });

  it('refuse to encode what is no integer of up to 2^53', () => {
    for (const value of [0.5, NaN, Infinity, -Infinity, 2 ** 53 + 2, 2 ** 70]) expect(encode([1, value], new Uint8Array(3)), `${value}`).toBeNull();
  });

  it('refuse every flipped byte and every cut', () => {
    const random = randomSource(31);
    const ints = Array.from({ length: 200 }, () => random() % 1000);
    const stream = encode(ints, sample(1, 700, random));
    if (stream === null) return expect.fail('refused to encode');
    const raw = rawLength(stream);
    for (let i = 0; i < stream.length; i++) {
      for (const flip of [1, 0x80, 0xff]) {
        const damaged = stream.slice();
        damaged[i] = (damaged[i] ?? 0) ^ flip;
        if (typeof decode(damaged, ints.length, raw) !== 'number') expect.fail(`byte ${i} ^ ${flip} is taken`);
      }
      if (typeof decode(stream.slice(0, i), ints.length, raw) !== 'number') expect.fail(`a cut at ${i} is taken`);
    }
    expect(typeof decode(Uint8Array.of(...stream, 0), ints.length, raw)).toBe('number');
  });
});

import { compress as foreignCompress, decompress as foreignDecompress } from 'lz4-wasm-nodejs';
import { beforeAll, describe, expect, it } from 'vitest';
import { pageWork, sample } from './snapshot-module.ts';
import { randomSource } from '../support/random.ts';
import type { Bench } from './snapshot-module.ts';

const GUARD = 64;
let bench: Bench;
beforeAll(() => {
  bench = pageWork(2 << 20);
});

/** Compresses with exactly `max` bytes of room, the data at the very end of memory; answers null when it does not fit. */
function compress(data: Uint8Array, max: number): Uint8Array | null {
  const { work, memory, free } = bench;
  const src = memory.length - data.length;
  const dst = free + GUARD;
  memory.set(data, src);
  memory.fill(0xa5, free, dst + max + GUARD);
  const length = work.lz4Compress(src, data.length, dst, max);
  checkGuards(free, dst + max);
  return length === 0 ? null : memory.slice(dst, dst + length);
}

/** Decompresses a block at the very end of memory into exactly `length` bytes; answers the code when it is refused. */
function decompress(block: Uint8Array, length: number): Uint8Array | number {
  const { work, memory, free } = bench;
  const src = memory.length - block.length;
  const dst = free + GUARD;
  memory.set(block, src);
  memory.fill(0xa5, free, dst + length + GUARD);
  const written = work.lz4Decompress(src, block.length, dst, length);
  checkGuards(free, dst + length);
  return written < 0 ? written : memory.slice(dst, dst + written);
}

function checkGuards(before: number, after: number): void {
  for (let i = 0; i < GUARD; i++) {
    if (bench.memory[before + i] !== 0xa5) throw new Error(`byte ${GUARD - i} before the output was written`);
    if (bench.memory[after + i] !== 0xa5) throw new Error(`byte ${i} after the output was written`);
  }
}

/** The block format, byte by byte; null for a block that breaks its rules or does not fit. */
function plainDecompress(block: Uint8Array, room: number): number[] | null {
  const out: number[] = [];
  let at = 0;
  const lengthFrom = (start: number): number => {
    let total = start;
    if (start !== 15) return total;
    for (;;) {
      const byte = block[at++];
      if (byte === undefined) return Infinity;
      total += byte;
      if (byte !== 255) return total;
    }
  };
  for (;;) {
    const token = block[at++];
    if (token === undefined) return null;
    const literals = lengthFrom(token >> 4);
    if (literals > block.length - at || out.length + literals > room) return null;
    for (let i = 0; i < literals; i++) out.push(block[at++] ?? 0);
    if (at === block.length) return out;
    const [low, high] = [block[at++], block[at++]];
    if (low === undefined || high === undefined) return null;
    const distance = low | (high << 8);
    const length = lengthFrom(token & 15) + 4;
    if (distance === 0 || distance > out.length || out.length + length > room) return null;
    for (let i = 0; i < length; i++) out.push(out[out.length - distance] ?? 0);
  }
}

function withSize(block: Uint8Array, size: number): Uint8Array {
  const framed = new Uint8Array(4 + block.length);
  new DataView(framed.buffer).setUint32(0, size, true);
  framed.set(block, 4);
  return framed;
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return Math.min(a.length, b.length);
  return a.findIndex((byte, i) => byte !== b[i]);
}

function lengthsToTry(): number[] {
  const lengths = Array.from({ length: 140 }, (_, i) => i);
  for (let i = 0; i < 60; i++) lengths.push(4096);
  return [...lengths, 255, 256, 1000, 4095, 4097, 20_000, 65_535, 65_536, 65_537, 131_072, 400_000];
}

describe('lz4Compress', () => {
  it('makes blocks that an independent decoder turns into the same bytes', () => {
    const random = randomSource(101);
    for (const length of lengthsToTry()) {
      for (let kind = 0; kind < 6; kind++) {
        const data = sample(kind, length, random);
        const block = compress(data, length + Math.floor(length / 255) + 16);
        if (block === null) return expect.fail(`${length} bytes of kind ${kind} do not fit`);
        if (length === 0) expect(block).toEqual(Uint8Array.of(0));
        else expect(firstDifference(foreignDecompress(withSize(block, length)), data), `${length} bytes of kind ${kind}`).toBe(-1);
        const again = decompress(block, length);
        if (typeof again === 'number') return expect.fail(`own block refused: ${again}`);
        expect(firstDifference(again, data), `own decoder, ${length} bytes of kind ${kind}`).toBe(-1);
      }
    }
  });

  it('answers 0 when the block does not fit, and touches nothing after the room', () => {
    const random = randomSource(7);
    for (let kind = 0; kind < 6; kind++) {
      const data = sample(kind, 4096, random);
      const whole = compress(data, 5000);
      for (let max = 0; max < 4096; max += 1 + (random() % 40)) {
        const block = compress(data, max);
        if (block === null) continue;
        expect(block).toEqual(whole);
      }
    }
  });
});

describe('lz4Decompress', () => {
  it('reads the blocks of an independent encoder', () => {
    const random = randomSource(202);
    for (const length of lengthsToTry()) {
      if (length === 0) continue;
      for (let kind = 0; kind < 6; kind++) {
        const data = sample(kind, length, random);
        const result = decompress(foreignCompress(data).slice(4), length);
        if (typeof result === 'number') return expect.fail(`${length} bytes of kind ${kind} refused: ${result}`);
        expect(firstDifference(result, data), `${length} bytes of kind ${kind}`).toBe(-1);
      }
    }
  });

  it('agrees with the format on every damaged block and never reads or writes outside', () => {
    const random = randomSource(303);
    let refused = 0;
    for (let round = 0; round < 6000; round++) {
      const length = 1 + (random() % (round % 10 === 0 ? 5000 : 300));
      const block = compress(sample(round, length, random), length * 2 + 32);
      if (block === null) return expect.fail('does not fit');
      const damaged = round % 3 === 0 ? block.slice(0, random() % block.length) : block.slice();
      for (let i = random() % 4; i >= 0 && damaged.length > 0 && round % 3 !== 0; i--) damaged[random() % damaged.length] = random() % 4 === 0 ? 255 : random();
      const room = round % 5 === 0 ? random() % (length + 1) : length;
      const expected = plainDecompress(damaged, room);
      const result = decompress(damaged, room);
      if (expected === null) {
        refused++;
        if (typeof result !== 'number') expect.fail(`round ${round}: a bad block was taken`);
      } else if (typeof result === 'number' || firstDifference(result, Uint8Array.from(expected)) !== -1) {
        expect.fail(`round ${round}: a good block was refused or misread`);
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });

  it('agrees with the format on blocks of arbitrary sequences', () => {
    const random = randomSource(404);
    for (let round = 0; round < 4000; round++) {
      const block: number[] = [];
      let produced = 0;
      for (let sequences = random() % 12; sequences >= 0; sequences--) {
        const literals = random() % 8 === 0 ? 15 + (random() % 600) : random() % 15;
        const more = random() % 6 === 0 ? 15 + (random() % 600) : random() % 15;
        block.push((Math.min(literals, 15) << 4) | (sequences === 0 ? 0 : Math.min(more, 15)));
        for (let rest = literals - 15; rest >= 0; rest -= 255) block.push(Math.min(rest, 255));
        for (let i = 0; i < literals; i++) block.push(random() & 0xff);
        produced += literals;
        if (sequences === 0) break;
        const distance = random() % 5 === 0 ? random() % 70000 : 1 + (random() % Math.max(1, Math.min(produced, 40)));
        block.push(distance & 0xff, (distance >> 8) & 0xff);
        for (let rest = more - 15; rest >= 0; rest -= 255) block.push(Math.min(rest, 255));
        produced += more + 4;
      }
      const data = Uint8Array.from(block);
      const room = produced + (random() % 4 === 0 ? random() % 100 : 0);
      const expected = plainDecompress(data, room);
      const result = decompress(data, room);
      if (expected === null) expect(typeof result).toBe('number');
      else if (typeof result === 'number' || firstDifference(result, Uint8Array.from(expected)) !== -1) expect.fail(`round ${round}`);
    }
  });
});

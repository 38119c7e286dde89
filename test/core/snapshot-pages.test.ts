import xxhash from 'xxhash-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { pageWork } from './snapshot-module.ts';
import { randomSource } from '../support/random.ts';
import type { Bench } from './snapshot-module.ts';

const PAGE = 4096;
let bench: Bench;
beforeAll(() => {
  bench = pageWork(1 << 20);
});

describe('pageIsZero', () => {
  it('sees any byte that is not zero, and nothing beside the page', () => {
    const { work, memory, free } = bench;
    memory.fill(0xff, free, free + 3 * PAGE);
    const page = free + PAGE;
    memory.fill(0, page, page + PAGE);
    expect(work.pageIsZero(page)).toBe(1);
    for (let i = 0; i < PAGE; i++) {
      memory[page + i] = 1 << (i % 8);
      if (work.pageIsZero(page) !== 0) expect.fail(`byte ${i}`);
      memory[page + i] = 0;
    }
  });
});

describe('pagesEqual', () => {
  it('sees any byte that differs, and nothing beside the pages', () => {
    const { work, memory, free } = bench;
    const random = randomSource(5);
    const [a, b] = [free + PAGE, free + 4 * PAGE];
    for (let i = 0; i < 6 * PAGE; i++) memory[free + i] = random();
    memory.copyWithin(b, a, a + PAGE);
    expect(work.pagesEqual(a, b)).toBe(1);
    for (let i = 0; i < PAGE; i++) {
      memory[b + i] = (memory[b + i] ?? 0) ^ (1 << (i % 8));
      if (work.pagesEqual(a, b) !== 0) expect.fail(`byte ${i}`);
      memory[b + i] = memory[a + i] ?? 0;
    }
  });
});

describe('hash64', () => {
  it('gives what XXH64 gives, for every length up to 300 and many above', async () => {
    const { work, memory, free } = bench;
    const independent = await xxhash();
    const random = randomSource(11);
    expect([work.hash64(free, 0, 0, 0) >>> 0, work.hash64High() >>> 0]).toEqual([0x51d8e999, 0xef46db37]);
    for (let round = 0; round < 500; round++) {
      const length = round <= 300 ? round : random() % 20_000;
      const at = free + (random() % 64);
      for (let i = 0; i < length; i++) memory[at + i] = random();
      const [low, high] = [random(), round % 3 === 0 ? 0 : random()];
      const expected = independent.h64Raw(memory.slice(at, at + length), (BigInt(high) << 32n) | BigInt(low));
      const hash = BigInt(work.hash64(at, length, low, high) >>> 0) | (BigInt(work.hash64High() >>> 0) << 32n);
      if (hash !== expected) expect.fail(`length ${length}: ${hash} is not ${expected}`);
    }
  });
});

/** CRC-32C bit by bit. */
function plainCrc32c(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0);
  }
  return ~crc >>> 0;
}

describe('crc32c', () => {
  it('gives the values of RFC 3720', () => {
    const { work, memory, free } = bench;
    const crcOf = (data: readonly number[]) => {
      memory.set(data, free);
      return work.crc32c(free, data.length, 0) >>> 0;
    };
    expect(crcOf(new Array(32).fill(0))).toBe(0x8a9136aa);
    expect(crcOf(new Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crcOf(Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
    expect(crcOf([...'123456789'].map((c) => c.charCodeAt(0)))).toBe(0xe3069283);
  });

  it('gives what the definition gives, in one call or in several', () => {
    const { work, memory, free } = bench;
    const random = randomSource(3);
    for (let round = 0; round < 200; round++) {
      const length = round < 80 ? round : random() % 5000;
      for (let i = 0; i < length; i++) memory[free + i] = random();
      const expected = plainCrc32c(memory.subarray(free, free + length));
      const cut = length === 0 ? 0 : random() % length;
      if (work.crc32c(free, length, 0) >>> 0 !== expected) expect.fail(`length ${length}`);
      if (work.crc32c(free + cut, length - cut, work.crc32c(free, cut, 0)) >>> 0 !== expected) expect.fail(`length ${length} cut at ${cut}`);
    }
  });
});

describe('deltaEncode and deltaDecode', () => {
  it('bring back the page, whatever changed, within the room given', () => {
    const { work, memory, free } = bench;
    const random = randomSource(17);
    const [base, page, out, rebuilt] = [free, free + PAGE, free + 4 * PAGE, free + 8 * PAGE];
    for (let round = 0; round < 600; round++) {
      for (let i = 0; i < PAGE; i++) memory[base + i] = round % 2 === 0 ? 0 : random();
      memory.copyWithin(page, base, base + PAGE);
      for (let changes = round % 40; changes > 0; changes--) {
        const start = random() % PAGE;
        const length = changes % 7 === 0 ? random() % 3000 : 1 + (random() % 20);
        for (let i = start; i < Math.min(PAGE, start + length); i++) memory[page + i] = random();
      }
      const length = work.deltaEncode(base, page, out, 3 * PAGE);
      expect(length).toBeLessThanOrEqual(PAGE + 2 * 256);
      if (round % 40 === 0) expect(length).toBe(0);
      memory.fill(0xaa, rebuilt - 16, rebuilt + PAGE + 16);
      if (work.deltaDecode(base, out, length, rebuilt) !== 1) expect.fail(`round ${round} is refused`);
      if (work.pagesEqual(page, rebuilt) !== 1) expect.fail(`round ${round} differs`);
      expect([memory[rebuilt - 1], memory[rebuilt + PAGE]]).toEqual([0xaa, 0xaa]);
      if (length > 0) {
        memory.fill(0xbb, out, out + 3 * PAGE);
        expect(work.deltaEncode(base, page, out, length - 1)).toBe(-1);
        expect(memory.subarray(out + length - 1, out + 3 * PAGE).every((byte) => byte === 0xbb)).toBe(true);
      }
    }
  });

  it('refuse or apply hostile deltas without a write outside the page', () => {
    const { work, memory, free } = bench;
    const random = randomSource(23);
    const [base, rebuilt] = [free, free + 8 * PAGE];
    const end = memory.length;
    let refused = 0;
    for (let round = 0; round < 3000; round++) {
      const length = random() % 200;
      const delta = end - length; // a read beyond the end would trap
      for (let i = 0; i < length; i++) memory[delta + i] = random() % 3 === 0 ? random() : 0;
      memory.fill(0xaa, rebuilt - PAGE, rebuilt + 3 * PAGE);
      const isGood = work.deltaDecode(base, delta, length, rebuilt) === 1;
      if (!isGood) {
        refused++;
        expect(memory[rebuilt]).toBe(0xaa);
      }
      if (!memory.subarray(rebuilt - PAGE, rebuilt).every((byte) => byte === 0xaa)) expect.fail('wrote before the page');
      if (!memory.subarray(rebuilt + PAGE, rebuilt + 3 * PAGE).every((byte) => byte === 0xaa)) expect.fail('wrote after the page');
    }
    expect(refused).toBeGreaterThan(100);
  });
});

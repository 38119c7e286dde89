import { readFileSync } from 'node:fs';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Core } from '../../src/core/core.ts';
import { HART_BYTES } from '../../src/core/layout.ts';

let module: WebAssembly.Module;
let core: Core;
let hart: number;
beforeAll(() => {
  module = new WebAssembly.Module(readFileSync('build/core.wasm'));
});
beforeEach(() => {
  core = Core.create(module, { frames: 30_000 });
  hart = core.hartAlloc();
});

describe('registers', () => {
  it('are read whole, in halves, signed and unsigned', () => {
    core.setRegBig(hart, 5, 0x8123_4567_89ab_cdefn);
    expect(core.regBig(hart, 5)).toBe(0x8123_4567_89ab_cdefn);
    expect([core.regLo(hart, 5), core.regHi(hart, 5), core.regS32(hart, 5)]).toEqual([0x89ab_cdef, 0x8123_4567, 0x89ab_cdef - 2 ** 32]);
    core.setRegBig(hart, 6, 0x1f_ffff_ffff_ffffn);
    expect(core.regU(hart, 6)).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('are set from numbers, sign-extended', () => {
    for (const value of [0, 1, -1, -38, 2 ** 31, -(2 ** 31), 2 ** 32, -(2 ** 32), 2 ** 52 + 1, -(2 ** 53)]) {
      core.setReg(hart, 7, value);
      expect(BigInt.asIntN(64, core.regBig(hart, 7))).toBe(BigInt(value));
    }
    core.setRegBig(hart, 7, -2n);
    expect(core.regBig(hart, 7)).toBe(0xffff_ffff_ffff_fffen);
  });

  it('do not have an x0 to be set', () => {
    core.setReg(hart, 0, 5);
    core.setRegBig(hart, 0, 5n);
    expect(core.regBig(hart, 0)).toBe(0n);
  });

  it('of f, pc and fcsr lie apart from each other and from the next hart', () => {
    const next = core.hartAlloc();
    expect(core.hartAddress(next) - core.hartAddress(hart)).toBe(HART_BYTES);
    for (let i = 1; i < 32; i++) core.setReg(hart, i, i);
    for (let i = 0; i < 32; i++) core.setF(hart, i, BigInt(i + 100));
    core.setPc(hart, 2 ** 38 - 2);
    core.setFcsr(hart, 0xe5);
    expect(Array.from({ length: 32 }, (_, i) => core.regU(hart, i))).toEqual(Array.from({ length: 32 }, (_, i) => i));
    expect(Array.from({ length: 32 }, (_, i) => core.getF(hart, i))).toEqual(Array.from({ length: 32 }, (_, i) => BigInt(i + 100)));
    expect([core.pc(hart), core.fcsr(hart), core.retired(hart)]).toEqual([2 ** 38 - 2, 0xe5, 0]);
    expect(core.bytes().subarray(core.hartAddress(next), core.hartAddress(next) + 0x218).every((byte) => byte === 0)).toBe(true);
  });
});

describe('views', () => {
  it('are fresh after memory has grown', () => {
    const frame = core.frameAlloc();
    core.setReg(hart, 5, 77);
    const before = core.bytes();
    core.words();
    core.view();
    for (let i = 0; i < 20_000; i++) core.frameAlloc();
    expect(before.length).toBe(0);
    expect([core.bytes().length, core.words().length * 4, core.view().byteLength]).toEqual(Array(3).fill(core.exports.memory.buffer.byteLength));
    expect([core.regU(hart, 5), core.regBig(hart, 5)]).toEqual([77, 77n]);
    expect(core.frameBytes(frame).length).toBe(4096);
  });
});

describe('the scratch buffer', () => {
  it('has the room asked for and is apart from frames', () => {
    const first = core.scratchAddress(100);
    core.bytes().fill(0xaa, first, first + 100);
    const big = core.scratchAddress(1_000_000);
    core.bytes().fill(0xbb, big, big + 1_000_000);
    expect(core.scratchAddress(5)).toBe(big);
    const frames = Array.from({ length: 64 }, () => core.frameAlloc());
    for (const frame of frames) {
      expect(frame * 4096 + 4096 <= big || frame * 4096 >= big + 1_000_000).toBe(true);
      expect(core.frameBytes(frame).every((byte) => byte === 0)).toBe(true);
    }
  });
});

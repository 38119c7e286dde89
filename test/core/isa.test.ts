import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { Core } from '../../src/core/core.ts';
import { TRAP_ILLEGAL } from '../../src/core/layout.ts';
import { SingleStep } from './support/single-step.ts';
import { StaticGuest, type GuestResult } from './support/static-guest.ts';
import { encodeI } from './vectors/assembler.ts';
import { isaCases, vectorCount } from './vectors/isa-cases.ts';
import { blockProgram, BLOCKS, vectorProgram } from './vectors/isa-program.ts';
import { BLOCK_HASH_BYTES, BLOCK_SEED, hashBlocks, readRecording } from './vectors/isa-recording.ts';
import { legalityWords } from './vectors/legality-words.ts';

let module: WebAssembly.Module;
beforeAll(() => {
  module = new WebAssembly.Module(readFileSync('build/core.wasm'));
});

/** Instructions are the same whether they run in traces as a whole or are cut off by the fuel anywhere. */
const SLICES = [5_000_000, 1001, 7];

function runProgram(elf: Uint8Array, slice: number): GuestResult {
  const guest = new StaticGuest(Core.create(module, { frames: 4096 }), elf);
  const result = guest.run({ slice, limit: 20_000_000 });
  expect(result.status).toBe(0);
  return result;
}

describe('instructions of I, M, A, C, Zicsr, Zba, Zbb and Zbs', () => {
  const expected = new BigUint64Array(readRecording('vectors').buffer);

  it('are recorded with at least 12,000 vectors', () => {
    expect(vectorCount).toBeGreaterThanOrEqual(12_000);
    expect(expected.length).toBe(vectorCount);
  });

  for (const slice of SLICES) {
    it(`answer as under qemu, in slices of ${slice}`, () => {
      const results = new BigUint64Array(runProgram(vectorProgram(), slice).output.buffer);
      const wrong: string[] = [];
      let at = 0;
      for (const { name, operands } of isaCases) {
        for (const [first, second] of operands) {
          if (results[at] !== expected[at]) {
            wrong.push(`${name} (${first.toString(16)}, ${second.toString(16)}): ${results[at]?.toString(16)}, not ${expected[at]?.toString(16)}`);
          }
          at++;
        }
      }
      expect(wrong).toEqual([]);
    });
  }

  it('count the trailing zeros of a word that is all zero as 32', () => {
    const machine = new SingleStep(module);
    machine.load(encodeI(0x1b, 1, 10, 11, 0x601));
    machine.core.setRegBig(machine.hart, 11, 0x8000_0000_0000_0000n);
    machine.step();
    expect(machine.core.regBig(machine.hart, 10)).toBe(32n);
  });
});

describe('blocks of random instructions', () => {
  const expected = readRecording('blocks');

  for (const slice of SLICES) {
    it(`leave the registers that qemu leaves, in slices of ${slice}`, () => {
      const hashes = hashBlocks(runProgram(blockProgram(BLOCK_SEED), slice).output);
      const wrong = Array.from({ length: BLOCKS }, (_, i) => i).filter((i) => {
        const start = i * BLOCK_HASH_BYTES;
        return Buffer.compare(hashes.subarray(start, start + BLOCK_HASH_BYTES), expected.subarray(start, start + BLOCK_HASH_BYTES)) !== 0;
      });
      expect(wrong).toEqual([]);
    });
  }
});

describe('encodings', () => {
  it('are illegal instructions where they are for qemu: all of 16 bits, 230,000 of 32', () => {
    const machine = new SingleStep(module);
    const { core, hart } = machine;
    const expected = readRecording('legality');
    const words = legalityWords();
    const wrong: string[] = [];
    words.forEach((word, i) => {
      for (let register = 1; register < 32; register++) core.setReg(hart, register, 0x30_0000_0000);
      machine.load(word);
      const isIllegal = machine.step() === TRAP_ILLEGAL;
      if (isIllegal !== ((((expected[i >> 3] ?? 0) >> (i & 7)) & 1) === 1)) wrong.push(word.toString(16));
      if (isIllegal && core.trapInstruction() !== word) wrong.push(`${word.toString(16)} reported as ${core.trapInstruction().toString(16)}`);
    });
    expect(wrong).toEqual([]);
  });
});

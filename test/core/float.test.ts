import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { TRAP_FUEL, TRAP_ILLEGAL } from '../../src/core/layout.ts';
import { SingleStep } from './support/single-step.ts';
import { DYNAMIC, floatInstructions, wordWithRounding } from './vectors/float-instructions.ts';
import { unpackVectors, type FloatVectors } from './vectors/float-vectors.ts';

const RESULT = 10;
const FIRST_OPERAND = 11;
const NX = 1;
const FRM_SHIFT = 5;
/** Neither a result of the vectors nor what a register holds at first. */
const UNTOUCHED = 0x5a5a_5a5a_5a5a_5a5an;

let machine: SingleStep;
beforeAll(() => {
  machine = new SingleStep(new WebAssembly.Module(readFileSync('build/core.wasm')));
});

/** Runs every vector with the mode in the instruction or in frm; returns a line for each that differs from qemu. */
function differences({ instruction, count, operands, modes }: FloatVectors, isDynamic: boolean, flagsBefore: number): string[] {
  const { core, hart } = machine;
  const wrong: string[] = [];
  for (const { rm, results, flags } of modes) {
    machine.load(wordWithRounding(instruction, isDynamic ? DYNAMIC : rm));
    const otherMode = (rm + 1) % 5; // must not matter
    for (let i = 0; i < count; i++) {
      const given = operands.map((each) => each[i] ?? 0n);
      if (instruction.operands[0] === 'x') core.setRegBig(hart, FIRST_OPERAND, given[0] ?? 0n);
      else given.forEach((bits, k) => core.setF(hart, FIRST_OPERAND + k, bits));
      core.setFcsr(hart, ((isDynamic ? rm : otherMode) << FRM_SHIFT) | flagsBefore);
      core.setF(hart, RESULT, UNTOUCHED);
      core.setRegBig(hart, RESULT, UNTOUCHED);

      const cause = machine.step();
      const result = instruction.result === 'x' ? core.regBig(hart, RESULT) : core.getF(hart, RESULT);
      const raised = core.fcsr(hart) & 0x1f;
      const expectedFlags = (flags[i] ?? 0) | flagsBefore;
      if (cause !== TRAP_FUEL || result !== results[i] || raised !== expectedFlags) {
        wrong.push(
          `mode ${rm} (${given.map(hex).join(', ')}): ${hex(result)} flags ${raised} trap ${cause}, not ${hex(results[i] ?? 0n)} flags ${expectedFlags}`,
        );
      }
    }
  }
  return wrong;
}

function hex(bits: bigint): string {
  return bits.toString(16).padStart(16, '0');
}

describe('the F and D extensions', () => {
  const vectors = unpackVectors(readFileSync(new URL('./vectors/float.bin.gz', import.meta.url)));

  it('are recorded with at least 20,000 vectors, each flag among them', () => {
    const recorded = vectors.reduce((sum, { count, modes }) => sum + count * modes.length, 0);
    expect(recorded).toBeGreaterThanOrEqual(20_000);
    const seen = vectors.reduce((all, { modes }) => modes.reduce((bits, { flags }) => flags.reduce((a, b) => a | b, bits), all), 0);
    expect(seen).toBe(0x1f);
  });

  for (const each of vectors) {
    const { instruction } = each;
    it(`${instruction.name} answers as qemu, in every rounding mode`, () => {
      expect(differences(each, false, 0)).toEqual([]);
      expect(differences(each, false, NX)).toEqual([]); // other paths may be taken when NX is sticky
      if (!instruction.hasRounding) return;
      expect(differences(each, true, 0)).toEqual([]);
      expect(differences(each, true, NX)).toEqual([]);
    });
  }
});

describe('a reserved rounding mode', () => {
  const rounding = floatInstructions.filter(({ hasRounding }) => hasRounding);

  function trapAndState(word: number, fcsr: number): unknown[] {
    const { core, hart } = machine;
    machine.load(word);
    core.setF(hart, RESULT, UNTOUCHED);
    core.setRegBig(hart, RESULT, UNTOUCHED);
    core.setFcsr(hart, fcsr);
    return [machine.step(), core.getF(hart, RESULT), core.regBig(hart, RESULT), core.fcsr(hart)];
  }

  it('is an illegal instruction and changes nothing, in the instruction', () => {
    for (const instruction of rounding) {
      for (const rm of [5, 6]) {
        expect(trapAndState(wordWithRounding(instruction, rm), 0), instruction.name).toEqual([TRAP_ILLEGAL, UNTOUCHED, UNTOUCHED, 0]);
      }
    }
  });

  it('is an illegal instruction and changes nothing, in frm', () => {
    for (const instruction of rounding) {
      for (const frm of [5, 6, 7]) {
        const fcsr = frm << FRM_SHIFT;
        expect(trapAndState(wordWithRounding(instruction, DYNAMIC), fcsr), instruction.name).toEqual([TRAP_ILLEGAL, UNTOUCHED, UNTOUCHED, fcsr]);
      }
    }
  });
});

describe('x0 as a destination', () => {
  it('stays zero while flags are raised', () => {
    const { core, hart } = machine;
    for (const { name, word, operands, result } of floatInstructions) {
      if (result !== 'x' || !name.startsWith('fcvt')) continue;
      machine.load((word & ~(0x1f << 7)) >>> 0);
      core.setF(hart, FIRST_OPERAND, operands[0] === 's' ? 0xffffffff_3fa00000n : 0x3ff4_0000_0000_0000n); // 1.25
      core.setFcsr(hart, 0);
      expect([machine.step(), core.regBig(hart, 0), core.fcsr(hart)], name).toEqual([TRAP_FUEL, 0n, NX]);
    }
  });
});

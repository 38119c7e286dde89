import { readFileSync } from 'node:fs';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  PAGE_BYTES,
  PTE_EXEC,
  PTE_READ,
  PTE_WRITE,
  TRAP_EBREAK,
  TRAP_ECALL,
  TRAP_FAULT_EXEC,
  TRAP_FUEL,
  TRAP_ILLEGAL,
} from '../../src/core/layout.ts';
import { BareMachine, READ_EXECUTE, READ_WRITE } from './support/bare-machine.ts';
import { ECALL, REG, addi, bne, encodeI, encodeJ, encodeS, encodeU, sd } from './vectors/assembler.ts';

const CODE = 0x1_0000;
const OTHER = 0x2_0000;
const ALL = PTE_READ | PTE_WRITE | PTE_EXEC;
const FENCE_I = 0x0000_100f;
const RET = 0x8067;
const { zero, ra, a0, a1, a2, a3, t0 } = REG;

let module: WebAssembly.Module;
let machine: BareMachine;
beforeAll(() => {
  module = new WebAssembly.Module(readFileSync('build/core.wasm'));
});
beforeEach(() => {
  machine = new BareMachine(module);
});

const sw = (rs2: number, rs1: number, offset: number): number => encodeS(0x23, 2, rs1, rs2, offset);

/** `OTHER` returns a constant; `CODE` calls it, replaces its first instruction by a2 and calls it again. a3 = first · 16 + second. */
function selfModifying(between: readonly number[], at = OTHER): void {
  const { core, hart } = machine;
  machine.program(at, addi(a0, zero, 1), RET);
  const call = encodeI(0x67, 0, ra, a1, 0);
  machine.program(CODE, call, encodeI(0x13, 1, a3, a0, 4), sw(a2, a1, 0), ...between, call, encodeI(0x13, 0, t0, a0, 0), ECALL);
  core.setReg(hart, a1, at);
  core.setRegBig(hart, a2, BigInt(addi(a0, zero, 2)));
}

describe('code that changes code', () => {
  it('is seen after fence.i, and without it', () => {
    const { core, hart } = machine;
    machine.map(CODE, READ_EXECUTE);
    machine.map(OTHER, ALL);
    for (const between of [[FENCE_I], []]) {
      selfModifying(between);
      for (let round = 0; round < 3; round++) {
        machine.pokeWord(OTHER, BigInt(addi(a0, zero, 1)) | (BigInt(RET) << 32n));
        core.setPc(hart, CODE);
        expect([machine.run(), core.regU(hart, a3), core.regU(hart, t0)]).toEqual([TRAP_ECALL, 16, 2]);
      }
    }
  });

  it('is seen in the trace that runs', () => {
    const { core, hart } = machine;
    machine.map(CODE, ALL);
    // the instruction after the next becomes addi a0, a0, 2
    machine.program(CODE, sw(a2, a1, 0), addi(a0, a0, 32), addi(a0, a0, 64), ECALL);
    core.setReg(hart, a1, CODE + 8);
    core.setRegBig(hart, a2, BigInt(addi(a0, a0, 2)));
    expect([machine.run(), core.regU(hart, a0)]).toEqual([TRAP_ECALL, 34]);
    core.setPc(hart, CODE);
    core.setReg(hart, a0, 0);
    expect([machine.run(), core.regU(hart, a0)]).toEqual([TRAP_ECALL, 34]);
  });

  it('is seen in a loop whose page is written by itself every time', () => {
    const { core, hart } = machine;
    machine.map(CODE, ALL);
    // a0 += imm, the immediate of which counts up with each round; a1 rounds
    const grow = encodeU(0x37, t0, 0x100);
    machine.program(CODE, addi(a0, a0, 0), encodeI(0x03, 2, a3, a2, 0), grow, (0x00 << 25) | (t0 << 20) | (a3 << 15) | (a3 << 7) | 0x33, sw(a3, a2, 0), addi(a1, a1, -1), bne(a1, zero, -24), ECALL);
    core.setReg(hart, a2, CODE);
    core.setReg(hart, a1, 50);
    expect(machine.run(10_000)).toBe(TRAP_ECALL);
    expect(core.regU(hart, a0)).toBe((49 * 50) / 2);
  });

  it('is seen when it reaches the page by another mapping of it', () => {
    const { core, hart, space } = machine;
    machine.map(CODE, READ_EXECUTE);
    const frame = core.frameAlloc();
    core.map(space, OTHER / PAGE_BYTES, frame, READ_EXECUTE | 8);
    core.map(space, 0x30, frame, READ_WRITE | 8);
    selfModifying([]);
    machine.program(CODE, encodeI(0x67, 0, ra, a1, 0), encodeI(0x13, 1, a3, a0, 4), sw(a2, t0, 0), encodeI(0x67, 0, ra, a1, 0), ECALL);
    core.setReg(hart, t0, 0x3_0000);
    expect([machine.run(), core.regU(hart, a3), core.regU(hart, a0)]).toEqual([TRAP_ECALL, 16, 2]);
  });

  it('makes a private copy in a space whose code is shared, and the other goes on with the old', () => {
    const { core, hart, space } = machine;
    machine.map(CODE, READ_EXECUTE);
    machine.map(OTHER, ALL);
    selfModifying([]);
    const child = core.spaceFork(space);
    expect([machine.run(), core.regU(hart, t0)]).toEqual([TRAP_ECALL, 2]);
    core.setPc(hart, OTHER);
    core.setReg(hart, ra, CODE + 20); // its ECALL
    expect([machine.run(100, child), core.regU(hart, a0)]).toEqual([TRAP_ECALL, 1]);
  });

  it('is seen when the sentry writes, and when the frame is freed and used again', () => {
    const { core, hart, space } = machine;
    const frame = machine.map(CODE, READ_EXECUTE);
    machine.program(CODE, addi(a0, zero, 1), ECALL);
    machine.run();
    core.frameForWrite(frame);
    core.words()[frame * 1024] = addi(a0, zero, 7);
    core.setPc(hart, CODE);
    expect([machine.run(), core.regU(hart, a0)]).toEqual([TRAP_ECALL, 7]);
    core.unmap(space, CODE / PAGE_BYTES, 1);
    expect(machine.map(CODE, READ_EXECUTE)).toBe(frame);
    core.setPc(hart, CODE);
    expect([machine.run(), core.trapInstruction()]).toEqual([TRAP_ILLEGAL, 0]);
  });

  it('is forgotten when it may not be executed any more', () => {
    const { core, hart, space } = machine;
    machine.map(CODE, READ_EXECUTE, 2);
    machine.program(CODE + PAGE_BYTES, addi(a0, zero, 1), ECALL);
    machine.program(CODE, encodeJ(0, PAGE_BYTES));
    expect(machine.run()).toBe(TRAP_ECALL);
    core.protect(space, CODE / PAGE_BYTES + 1, 1, PTE_READ);
    core.setPc(hart, CODE);
    expect([machine.run(), core.trapAddress(), core.lastRetired()]).toEqual([TRAP_FAULT_EXEC, CODE + PAGE_BYTES, 1]);
  });
});

describe('an instruction across two pages', () => {
  const START = CODE + PAGE_BYTES - 2;

  beforeEach(() => {
    machine.map(CODE, READ_EXECUTE);
  });

  it('faults at the second page while that is not there, with pc on the instruction', () => {
    const { core, hart } = machine;
    machine.pokeWord(CODE + PAGE_BYTES - 8, BigInt(addi(a0, a0, 5) & 0xffff) << 48n);
    core.setPc(hart, START);
    expect([machine.run(), core.trapAddress(), core.pc(hart), core.lastRetired()]).toEqual([TRAP_FAULT_EXEC, CODE + PAGE_BYTES, START, 0]);
  });

  it('follows changes of its second half, by store, by mapping and by protection', () => {
    const { core, hart, space } = machine;
    machine.map(CODE + PAGE_BYTES, READ_EXECUTE);
    machine.program(START, addi(a0, a0, 5), ECALL);
    const again = (): unknown[] => {
      core.setPc(hart, START);
      core.setReg(hart, a0, 0);
      return [machine.run(), core.regU(hart, a0)];
    };
    expect(again()).toEqual([TRAP_ECALL, 5]);
    expect(again()).toEqual([TRAP_ECALL, 5]);
    const upper = (addi(a0, a0, 9) >>> 16) | (ECALL << 16);
    machine.poke(CODE + PAGE_BYTES, new Uint8Array(new Uint32Array([upper, 0]).buffer));
    expect(again()).toEqual([TRAP_ECALL, 9]);
    machine.map(CODE + PAGE_BYTES, READ_EXECUTE);
    machine.poke(CODE + PAGE_BYTES, new Uint8Array(new Uint32Array([(addi(a0, a0, 3) >>> 16) | (ECALL << 16), 0]).buffer));
    expect(again()).toEqual([TRAP_ECALL, 3]);
    core.protect(space, CODE / PAGE_BYTES + 1, 1, PTE_READ);
    expect(again()).toEqual([TRAP_FAULT_EXEC, 0]);
  });
});

describe('run', () => {
  /** A loop of 7 instructions with a branch, a load, a store and a call, and what its hart is like after `fuel`. */
  function stateAfter(fuel: number, slices: () => number): unknown[] {
    const bare = new BareMachine(module);
    const { core, hart } = bare;
    bare.map(CODE, READ_EXECUTE);
    bare.map(OTHER, READ_WRITE);
    bare.program(
      CODE,
      addi(a0, a0, 3),
      sd(a0, a1, 0),
      encodeI(0x03, 4, a2, a1, 1),
      encodeI(0x13, 7, t0, a0, 4),
      bne(t0, zero, 8),
      encodeJ(ra, 16),
      0x1005_b6af, // lr.d a3, (a1)
      0x18d5_b6af, // sc.d a3, a3, (a1)
      encodeJ(zero, -32),
      addi(a3, a3, 1),
      addi(zero, zero, 0),
      0xc020_2473, // rdinstret s0
      RET,
    );
    core.setReg(hart, a1, OTHER);
    let left = fuel;
    while (left > 0) {
      const slice = Math.min(left, slices());
      if (core.run(hart, bare.space, slice) !== TRAP_FUEL) throw new Error('trap');
      if (core.lastRetired() !== slice) throw new Error(`${core.lastRetired()} instructions of ${slice}`);
      left -= slice;
    }
    return [core.pc(hart), core.retired(hart), ...Array.from({ length: 32 }, (_, i) => core.regBig(hart, i)), bare.peekWord(OTHER)];
  }

  it('executes exactly as many instructions as it is given, whatever the slices', () => {
    for (const fuel of [1, 2, 63, 64, 65, 1000, 12_345]) {
      const whole = stateAfter(fuel, () => fuel);
      expect(stateAfter(fuel, () => 1)).toEqual(whole);
      expect(stateAfter(fuel, () => 7)).toEqual(whole);
      let seed = fuel;
      expect(stateAfter(fuel, () => ((seed = (seed * 1103515245 + 12345) >>> 0), (seed >>> 16) % 200 + 1))).toEqual(whole);
    }
  });

  it('stops before an ecall when its fuel is used up, and on it when not', () => {
    const { core, hart } = machine;
    machine.map(CODE, READ_EXECUTE);
    machine.program(CODE, addi(a0, a0, 1), addi(a0, a0, 1), ECALL);
    expect([machine.run(2), core.pc(hart), core.lastRetired()]).toEqual([TRAP_FUEL, CODE + 8, 2]);
    expect([machine.run(1), core.pc(hart), core.lastRetired()]).toEqual([TRAP_ECALL, CODE + 8, 0]);
    core.setPc(hart, CODE);
    expect([machine.run(3), core.pc(hart), core.lastRetired()]).toEqual([TRAP_ECALL, CODE + 8, 2]);
    expect([machine.run(0), core.lastRetired()]).toEqual([TRAP_FUEL, 0]);
  });

  it('says what it met', () => {
    const { core, hart } = machine;
    machine.map(CODE, READ_EXECUTE);
    machine.program(CODE, addi(a0, a0, 1), 0x9002);
    expect([machine.run(), core.pc(hart)]).toEqual([TRAP_EBREAK, CODE + 4]);
    machine.program(CODE, addi(a0, a0, 1), 0x0010_0073);
    expect([machine.run(), core.pc(hart)]).toEqual([TRAP_EBREAK, CODE + 4]);
    machine.program(CODE, addi(a0, a0, 1), 0xffff_ffff);
    expect([machine.run(), core.pc(hart), core.trapInstruction()]).toEqual([TRAP_ILLEGAL, CODE + 4, 0xffff_ffff]);
    machine.program(CODE, 0x8000);
    expect([machine.run(), core.trapInstruction()]).toEqual([TRAP_ILLEGAL, 0x8000]);
  });

  it('counts time from what it was told, and instructions from the beginning', () => {
    const { core, hart } = machine;
    machine.map(CODE, READ_EXECUTE);
    machine.program(CODE, ...Array.from({ length: 10 }, () => addi(a0, a0, 1)), 0xc010_22f3, 0xc020_2373, 0xc000_23f3, ECALL);
    core.setTimeCsr(0x1_0000_0000n, 5);
    machine.run();
    expect([core.regU(hart, 5), core.regU(hart, 6), core.regU(hart, 7)]).toEqual([0x1_0000_0002, 11, 12]);
    core.setPc(hart, CODE + 40);
    machine.run();
    expect([core.regU(hart, 5), core.regU(hart, 6)]).toEqual([0x1_0000_0000, 14]);
  });

  it('keeps harts apart', () => {
    const { core, hart, space } = machine;
    machine.map(CODE, READ_EXECUTE);
    machine.program(CODE, addi(a0, a0, 1), encodeJ(0, -4));
    const other = core.hartAlloc();
    core.setPc(other, CODE);
    core.setReg(other, a0, 1000);
    core.setF(other, 3, 0x1234n);
    core.setFcsr(other, 0x7f);
    machine.run(20);
    core.run(other, space, 10);
    machine.run(20);
    expect([core.regU(hart, a0), core.regU(other, a0), core.getF(other, 3), core.fcsr(other), core.fcsr(hart)]).toEqual([20, 1005, 0x1234n, 0x7f, 0]);
    core.hartFree(other);
    const again = core.hartAlloc();
    expect([again, core.regU(again, a0), core.getF(again, 3), core.fcsr(again), core.pc(again)]).toEqual([other, 0, 0n, 0, 0]);
  });

  it('goes on when there are more traces than the arena holds', () => {
    const { core, hart } = machine;
    const pages = 2000;
    const big = new BareMachine(module, pages + 10);
    big.map(CODE, READ_EXECUTE, pages);
    const page = new Uint32Array(1024).fill(addi(a0, a0, 1));
    // short traces: every instruction but the last of a page jumps to the next
    for (let i = 0; i < 1024; i++) page[i] = i % 2 === 0 ? addi(a0, a0, 1) : bne(zero, zero, 4);
    for (let i = 0; i < pages; i++) big.poke(CODE + i * PAGE_BYTES, new Uint8Array(page.buffer));
    big.core.setPc(big.hart, CODE);
    const fuel = pages * 1024 - 1;
    expect([big.run(fuel), big.core.regU(big.hart, a0), big.core.pc(big.hart)]).toEqual([TRAP_FUEL, (fuel + 1) / 2, CODE + fuel * 4]);
    big.core.setPc(big.hart, CODE);
    big.core.setReg(big.hart, a0, 0);
    expect([big.run(fuel), big.core.regU(big.hart, a0)]).toEqual([TRAP_FUEL, (fuel + 1) / 2]);
    expect([core.regU(hart, a0)]).toEqual([0]);
  });
});

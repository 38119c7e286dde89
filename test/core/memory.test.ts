import { readFileSync } from 'node:fs';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  ACCESS_EXEC,
  ACCESS_READ,
  ACCESS_WRITE,
  PAGE_BYTES,
  PTE_EXEC,
  PTE_READ,
  PTE_SHARED,
  PTE_WRITE,
  TRAP_ECALL,
  TRAP_FAULT_EXEC,
  TRAP_FAULT_READ,
  TRAP_FAULT_WRITE,
} from '../../src/core/layout.ts';
import { BareMachine, READ_EXECUTE, READ_WRITE } from './support/bare-machine.ts';
import { ECALL, REG, encodeI, encodeJ, ld, sd } from './vectors/assembler.ts';

const CODE = 0x1_0000;
const DATA = 0x40_0000;
const VPN = DATA / PAGE_BYTES;
const { a0, a1, a2 } = REG;

let module: WebAssembly.Module;
let machine: BareMachine;
beforeAll(() => {
  module = new WebAssembly.Module(readFileSync('build/core.wasm'));
});
beforeEach(() => {
  machine = new BareMachine(module);
});

/** Stores `value` at `va` with a guest instruction. Returns the cause of the trap after it, or of its own. */
function guestStore(va: number, value: number, space = machine.space): number {
  const { core, hart } = machine;
  core.setPc(hart, CODE);
  core.setReg(hart, a1, va);
  core.setReg(hart, a2, value);
  return machine.run(1000, space);
}

function mapStoreProgram(): void {
  machine.map(CODE, READ_EXECUTE);
  machine.program(CODE, sd(a2, a1, 0), ECALL);
}

describe('frames', () => {
  it('begin as zeros with one reference, and are used again when the last is gone', () => {
    const { core } = machine;
    const frame = core.frameAlloc();
    expect([core.frameRefs(frame), core.framesInUse()]).toEqual([1, 1]);
    core.frameBytes(frame).fill(7);
    core.frameRef(frame);
    core.frameUnref(frame);
    expect(core.framesInUse()).toBe(1);
    core.frameUnref(frame);
    expect(core.framesInUse()).toBe(0);
    expect(core.frameAlloc()).toBe(frame);
    expect(core.frameBytes(frame).every((byte) => byte === 0)).toBe(true);
  });

  it('are refused beyond the limit', () => {
    const { core } = machine;
    core.setFrameLimit(3);
    const frames = [core.frameAlloc(), core.frameAlloc(), core.frameAlloc()];
    expect(frames.includes(0)).toBe(false);
    expect(core.frameAlloc()).toBe(0);
    expect(core.mapNewZero(machine.space, VPN, READ_WRITE)).toBe(0);
    expect(core.pte(machine.space, VPN)).toBe(0);
    core.frameUnref(frames[1] ?? 0);
    expect(core.frameAlloc()).toBe(frames[1]);
  });

  it('survive the growth of memory', () => {
    const big = new BareMachine(module, 20_000);
    const frames = Array.from({ length: 12_000 }, (_, i) => {
      const frame = big.core.frameAlloc();
      big.core.words()[frame * 1024] = i;
      return frame;
    });
    expect(frames.every((frame, i) => big.core.words()[frame * 1024] === i)).toBe(true);
    expect(new Set(frames).size).toBe(frames.length);
  });
});

describe('mappings', () => {
  it('hold a reference each, and let it go when they are replaced or taken away', () => {
    const { core, space } = machine;
    const frame = core.frameAlloc();
    expect(core.map(space, VPN, frame, PTE_READ)).toBe(true);
    expect(core.map(space, VPN + 1, frame, PTE_READ)).toBe(true);
    expect(core.frameRefs(frame)).toBe(3);
    core.mapNewZero(space, VPN, PTE_READ);
    expect(core.frameRefs(frame)).toBe(2);
    core.map(space, VPN + 1, frame, PTE_WRITE); // in place of itself
    expect([core.frameRefs(frame), core.pte(space, VPN + 1)]).toEqual([2, frame * PAGE_BYTES + PTE_WRITE]);
    core.unmap(space, VPN, 2);
    expect([core.frameRefs(frame), core.framesInUse()]).toEqual([1, 1]);
  });

  it('are found in a sparse space, and taken away all at once', () => {
    const { core, space } = machine;
    const pages = [1, 1023, 1024, 0xf_ffff, 0x10_0000, 0x3ff_fffe, 0x3ff_ffff];
    for (const vpn of pages) core.mapNewZero(space, vpn, READ_WRITE);
    const found: number[] = [];
    for (let vpn = core.nextMapped(space, 0, 0x400_0000); vpn < 0x400_0000; vpn = core.nextMapped(space, vpn + 1, 0x400_0000)) found.push(vpn);
    expect(found).toEqual(pages);
    core.unmap(space, 1024, 0x400_0000);
    expect(core.nextMapped(space, 0, 0x400_0000)).toBe(1);
    expect(core.nextMapped(space, 2, 0x400_0000)).toBe(1023);
    expect(core.nextMapped(space, 1024, 0x400_0000)).toBe(0x400_0000);
    expect(core.framesInUse()).toBe(2);
    core.spaceDestroy(space);
    expect(core.framesInUse()).toBe(0);
  });

  it('translate by permission', () => {
    const { core, space } = machine;
    const frame = machine.map(DATA, PTE_READ);
    expect(core.translate(space, DATA + 5, ACCESS_READ)).toBe(frame * PAGE_BYTES + 5);
    expect(core.translate(space, DATA, ACCESS_WRITE)).toBe(0);
    expect(core.translate(space, DATA, ACCESS_EXEC)).toBe(0);
    expect(core.translate(space, DATA + PAGE_BYTES, ACCESS_READ)).toBe(0);
    for (const va of [-1, 2 ** 38, 2 ** 53, Number.NaN, Infinity]) expect(core.translate(space, va, ACCESS_READ)).toBe(0);
    core.protect(space, VPN, 1, PTE_EXEC);
    expect(core.translate(space, DATA, ACCESS_READ)).toBe(0);
    expect(core.translate(space, DATA, ACCESS_EXEC)).toBe(frame * PAGE_BYTES);
    expect(core.translateForce(space, DATA, true)).toBe(frame * PAGE_BYTES);
  });

  it('move with their content', () => {
    const { core, space } = machine;
    machine.map(DATA, READ_WRITE, 3);
    machine.pokeWord(DATA + 2 * PAGE_BYTES, 42n);
    core.unmap(space, VPN + 1, 1);
    machine.map(0x80_0000, READ_WRITE); // replaced
    expect(core.movePages(space, VPN, 0x800, 3)).toBe(true);
    expect(machine.peekWord(0x80_2000)).toBe(42n);
    expect(core.nextMapped(space, 0, 0x400_0000)).toBe(0x800);
    expect(core.pte(space, 0x801)).toBe(0);
    expect(core.framesInUse()).toBe(2);
  });
});

describe('stores of a guest', () => {
  beforeEach(mapStoreProgram);

  it('copy a private frame that others hold, once', () => {
    const { core, space } = machine;
    const frame = machine.map(DATA, READ_WRITE);
    core.frameRef(frame); // the page cache, say
    expect(guestStore(DATA, 1)).toBe(TRAP_ECALL);
    const copy = core.pte(space, VPN) >>> 12;
    expect(copy).not.toBe(frame);
    expect([core.frameRefs(frame), core.frameRefs(copy), machine.frameWord(frame), machine.frameWord(copy)]).toEqual([1, 1, 0n, 1n]);
    guestStore(DATA + 8, 2);
    expect(core.pte(space, VPN) >>> 12).toBe(copy);
  });

  it('look again when a frame gets a second holder after it was written', () => {
    const { core, space } = machine;
    const frame = machine.map(DATA, READ_WRITE);
    guestStore(DATA, 1);
    core.frameRef(frame);
    guestStore(DATA, 2);
    expect(machine.frameWord(frame)).toBe(1n);
    expect(machine.peekWord(DATA, space)).toBe(2n);
  });

  it('go to a shared frame whoever holds it', () => {
    const { core, space } = machine;
    const frame = core.frameAlloc();
    core.map(space, VPN, frame, READ_WRITE | PTE_SHARED);
    core.map(space, VPN + 1, frame, READ_WRITE | PTE_SHARED);
    const child = core.spaceFork(space);
    guestStore(DATA, 5);
    expect(machine.peekWord(DATA + PAGE_BYTES)).toBe(5n);
    expect(machine.peekWord(DATA, child)).toBe(5n);
    guestStore(DATA + 8, 6, child);
    expect(machine.frameWord(frame, 8)).toBe(6n);
  });

  it('are apart in parent and child after a fork', () => {
    const { core, space } = machine;
    const frame = machine.map(DATA, READ_WRITE);
    guestStore(DATA, 1);
    const child = core.spaceFork(space);
    expect(core.frameRefs(frame)).toBe(2);
    guestStore(DATA, 2);
    expect([machine.peekWord(DATA), machine.peekWord(DATA, child)]).toEqual([2n, 1n]);
    guestStore(DATA, 3, child);
    expect([machine.peekWord(DATA), machine.peekWord(DATA, child)]).toEqual([2n, 3n]);
    expect(core.pte(child, VPN) >>> 12).toBe(frame); // the last holder writes in place
    const before = core.framesInUse();
    core.spaceDestroy(child);
    expect(core.framesInUse()).toBe(before - 1);
  });

  it('fault with the address, and nothing stored, where they may not go', () => {
    const { core, hart } = machine;
    machine.map(DATA, PTE_READ);
    expect([guestStore(DATA + 16, 1), core.trapAddress(), core.pc(hart), core.lastRetired()]).toEqual([TRAP_FAULT_WRITE, DATA + 16, CODE, 0]);
    expect([guestStore(2 ** 40, 1), core.trapAddress()]).toEqual([TRAP_FAULT_WRITE, 2 ** 40]);
    core.protect(machine.space, VPN, 1, READ_WRITE);
    // across into a page that is not there: the fault is that page's, and neither half is stored
    expect([guestStore(DATA + PAGE_BYTES - 4, -1), core.trapAddress()]).toEqual([TRAP_FAULT_WRITE, DATA + PAGE_BYTES]);
    expect(machine.peekWord(DATA + PAGE_BYTES - 8)).toBe(0n);
  });

  it('fault when the copy they need is beyond the limit, and go through when there is room', () => {
    const { core } = machine;
    const frame = machine.map(DATA, READ_WRITE);
    core.frameRef(frame);
    core.setFrameLimit(core.framesInUse());
    expect(guestStore(DATA, 1)).toBe(TRAP_FAULT_WRITE);
    expect(machine.frameWord(frame)).toBe(0n);
    core.setFrameLimit(100);
    expect(guestStore(DATA, 1)).toBe(TRAP_ECALL);
  });

  it('see a protection that was taken away after a store went through', () => {
    machine.map(DATA, READ_WRITE);
    expect(guestStore(DATA, 1)).toBe(TRAP_ECALL);
    machine.core.protect(machine.space, VPN, 1, PTE_READ);
    expect(guestStore(DATA, 2)).toBe(TRAP_FAULT_WRITE);
    machine.core.unmap(machine.space, VPN, 1);
    machine.map(DATA, READ_WRITE);
    expect(guestStore(DATA, 3)).toBe(TRAP_ECALL);
    expect(machine.peekWord(DATA)).toBe(3n);
  });

  it('by force still go to a copy of a private frame', () => {
    const { core, space } = machine;
    const frame = machine.map(DATA, PTE_READ);
    core.frameRef(frame);
    const linear = core.translateForce(space, DATA, true);
    expect(linear).not.toBe(frame * PAGE_BYTES);
    expect(core.pte(space, VPN)).toBe(linear + PTE_READ);
  });
});

describe('loads of a guest', () => {
  it('see the copy that a store of the same space made', () => {
    const { core, hart } = machine;
    machine.map(CODE, READ_EXECUTE);
    machine.program(CODE, ld(a0, a1, 0), sd(a2, a1, 0), ld(a0, a1, 0), ECALL);
    const frame = machine.map(DATA, READ_WRITE);
    core.frameRef(frame);
    core.setReg(hart, a1, DATA);
    core.setReg(hart, a2, 77);
    machine.run();
    expect(core.regU(hart, a0)).toBe(77);
  });

  it('fault with the address, in every form, and leave the register', () => {
    const { core, hart } = machine;
    machine.map(CODE, READ_EXECUTE);
    machine.map(DATA, PTE_WRITE);
    for (let funct3 = 0; funct3 < 7; funct3++) {
      machine.program(CODE, encodeI(0x13, 0, a0, 0, 5), encodeI(0x03, funct3, a0, a1, 8));
      core.setReg(hart, a1, DATA);
      expect([machine.run(), core.trapAddress(), core.pc(hart), core.regU(hart, a0), core.lastRetired()]).toEqual([
        TRAP_FAULT_READ, DATA + 8, CODE + 4, 5, 1,
      ]);
      machine.program(CODE, encodeI(0x03, funct3, 0, a1, 8));
      expect([machine.run(), core.trapAddress()]).toEqual([TRAP_FAULT_READ, DATA + 8]);
    }
  });

  it('and stores in a row fault at the right one, with those before it done', () => {
    const { core, hart } = machine;
    machine.map(CODE, READ_EXECUTE);
    machine.map(DATA, READ_WRITE);
    const values = [10, 11, 12, 13, 14, 15];
    machine.program(CODE, ...values.map((register, i) => sd(register, 5, i * 8)), ECALL);
    values.forEach((register) => core.setReg(hart, register, register));
    core.setReg(hart, 5, DATA + PAGE_BYTES - 24);
    expect([machine.run(), core.trapAddress(), core.pc(hart), core.lastRetired()]).toEqual([TRAP_FAULT_WRITE, DATA + PAGE_BYTES, CODE + 12, 3]);
    expect([24, 16, 8].map((back) => machine.peekWord(DATA + PAGE_BYTES - back))).toEqual([10n, 11n, 12n]);
    machine.map(DATA + PAGE_BYTES, READ_WRITE);
    expect([machine.run(), machine.peekWord(DATA + PAGE_BYTES + 16)]).toEqual([TRAP_ECALL, 15n]);

    machine.program(CODE, ...values.map((register, i) => ld(register, 5, 40 - i * 8)), ECALL);
    machine.core.unmap(machine.space, VPN, 1);
    expect([machine.run(), core.trapAddress(), core.lastRetired()]).toEqual([TRAP_FAULT_READ, DATA + PAGE_BYTES - 8, 3]);
    expect(core.regU(hart, 10)).toBe(15);
  });
});

describe('a jump', () => {
  it('to where nothing can be executed faults there', () => {
    const { core, hart } = machine;
    machine.map(CODE, READ_EXECUTE);
    machine.map(DATA, READ_WRITE);
    machine.program(CODE, encodeI(0x67, 0, 0, a1, 0));
    for (const target of [DATA, DATA + PAGE_BYTES, 2 ** 38, 2 ** 45]) {
      core.setPc(hart, CODE);
      core.setReg(hart, a1, target);
      expect([machine.run(), core.trapAddress(), core.pc(hart), core.lastRetired()]).toEqual([TRAP_FAULT_EXEC, target, target, 1]);
    }
  });

  it('does not find what another space has at the same address', () => {
    const { core, space, hart } = machine;
    machine.map(CODE, READ_EXECUTE, 2);
    machine.program(CODE + PAGE_BYTES, encodeI(0x13, 0, a0, 0, 1), ECALL);
    machine.program(CODE, encodeJ(0, PAGE_BYTES));
    const other = core.spaceFork(space);
    core.unmap(other, CODE / PAGE_BYTES + 1, 1);
    machine.map(CODE + PAGE_BYTES, READ_EXECUTE, 1, other);
    const second = new Uint8Array(new Uint32Array([encodeI(0x13, 0, a0, 0, 2), ECALL]).buffer);
    machine.poke(CODE + PAGE_BYTES, second, other);
    for (const [where, expected] of [[space, 1], [other, 2], [space, 1], [other, 2]] as const) {
      core.setPc(hart, CODE);
      expect([machine.run(100, where), core.regU(hart, a0)]).toEqual([TRAP_ECALL, expected]);
    }
  });
});

describe('a freeze', () => {
  beforeEach(mapStoreProgram);

  it('keeps the content of frames that guests, the sentry and the last holder change', () => {
    const { core } = machine;
    const written = machine.map(DATA, READ_WRITE);
    const touched = core.frameAlloc();
    const freed = core.frameAlloc();
    const writtenThenFreed = machine.map(DATA + PAGE_BYTES, READ_WRITE);
    const frames = [written, touched, freed, writtenThenFreed];
    frames.forEach((frame, i) => core.frameBytes(frame).fill(i + 1));

    const epoch = core.freeze();
    expect(epoch).toBeGreaterThan(0);
    expect(core.freeze()).toBe(0);
    guestStore(DATA, 0x55);
    expect(core.frameForWrite(touched)).toBe(true);
    core.frameBytes(touched).fill(0x66);
    core.frameUnref(freed);
    guestStore(DATA + PAGE_BYTES, 0x77);
    core.unmap(machine.space, VPN + 1, 1);
    const later = Array.from({ length: 8 }, () => core.frameAlloc());
    expect(later).not.toContain(freed);
    later.forEach((frame) => core.frameBytes(frame).fill(0x88));
    guestStore(DATA + 8, 0x99);

    for (const [i, frame] of frames.entries()) {
      const start = core.frozenContent(frame);
      expect(core.bytes().subarray(start, start + PAGE_BYTES).every((byte) => byte === i + 1)).toBe(true);
    }
    expect(core.pte(machine.space, VPN) >>> 12).toBe(written);
    expect([machine.frameWord(written), machine.frameWord(written, 8)]).toEqual([0x55n, 0x99n]);
    core.freezeEnd();
    expect(core.frozenContent(written)).toBe(written * PAGE_BYTES);
    const after = Array.from({ length: 8 }, () => core.frameAlloc());
    expect(after).toContain(freed);
  });

  it('gives all pages back, over many rounds', () => {
    const { core } = machine;
    machine.map(DATA, READ_WRITE, 16);
    const round = (): number => {
      core.freeze();
      for (let i = 0; i < 16; i++) guestStore(DATA + i * PAGE_BYTES, i);
      core.unmap(machine.space, VPN + 3, 1);
      machine.map(DATA + 3 * PAGE_BYTES, READ_WRITE);
      core.freezeEnd();
      return core.bytes().length;
    };
    const bytes = round();
    for (let i = 0; i < 300; i++) expect(round()).toBe(bytes);
    expect(core.framesInUse()).toBe(17);
  });

  it('divides what changed before from what changed after', () => {
    const { core } = machine;
    const first = machine.map(DATA, READ_WRITE);
    const second = machine.map(DATA + PAGE_BYTES, READ_WRITE);
    const dirty = (epoch: number): number[] => {
      const out = core.scratchAddress(400);
      const count = core.dirtySince(epoch, out, 100);
      return Array.from(core.words().subarray(out / 4, out / 4 + count));
    };
    expect(dirty(0)).toEqual([core.pte(machine.space, CODE / PAGE_BYTES) >>> 12, first, second].sort((a, b) => a - b));
    const epoch = core.freeze();
    core.freezeEnd();
    expect(dirty(epoch)).toEqual([]);
    guestStore(DATA + PAGE_BYTES, 1);
    expect(dirty(epoch)).toEqual([second]);
    expect(core.frameDirtyEpoch(second)).toBe(core.currentEpoch());
    const next = core.freeze();
    core.freezeEnd();
    guestStore(DATA, 1);
    expect(dirty(next)).toEqual([first]);
    expect(dirty(epoch)).toEqual([first, second].sort((a, b) => a - b));
    const out = core.scratchAddress(8);
    expect(core.dirtySince(0, out, 1)).toBe(3);
  });
});

describe('AMO, LR and SC', () => {
  it('trap when the address is not a multiple of their size', () => {
    const { core, hart } = machine;
    machine.map(CODE, READ_EXECUTE);
    machine.map(DATA, READ_WRITE);
    const A = 0x2f;
    for (const [word, odd] of [[0x00b5_252f, 2], [0x00b5_352f, 4], [0x1005_252f, 2], [0x18b5_352f, 4]] as const) {
      expect(word & 0x7f).toBe(A);
      machine.program(CODE, word >>> 0);
      core.setReg(hart, a0, DATA + odd);
      expect([machine.run(), core.trapAddress(), core.pc(hart)]).toEqual([7, DATA + odd, CODE]);
    }
  });

  it('keep a reservation over a switch of harts, unless the value changed', () => {
    const { core, hart } = machine;
    machine.map(CODE, READ_EXECUTE);
    machine.map(DATA, READ_WRITE);
    machine.program(CODE, 0x1005_b52f, 0x18c5_b52f, ECALL); // lr.d a0,(a1); sc.d a0,a2,(a1)
    const other = core.hartAlloc();
    for (const [change, expected] of [[0n, 0], [9n, 1]] as const) {
      machine.pokeWord(DATA, 0n);
      core.setPc(hart, CODE);
      core.setReg(hart, a1, DATA);
      core.setReg(hart, a2, 5);
      machine.run(1);
      core.setPc(other, CODE + 8);
      core.run(other, machine.space, 10);
      machine.pokeWord(DATA, change);
      machine.run();
      expect(core.regU(hart, a0)).toBe(expected);
      expect(machine.peekWord(DATA)).toBe(expected === 0 ? 5n : 9n);
    }
  });
});


/**
 * Runs one static riscv64 ELF in a bare core, with the few system calls a C program needs to print and exit. It is what the
 * tests and measurements of the core use below the sentry; it is no kernel.
 */
import type { Core } from '../../../src/core/core.ts';
import {
  ACCESS_READ,
  PAGE_BYTES,
  PTE_EXEC,
  PTE_READ,
  PTE_WRITE,
  TRAP_ECALL,
  TRAP_FAULT_READ,
  TRAP_FAULT_WRITE,
  TRAP_FUEL,
} from '../../../src/core/layout.ts';

const STACK_TOP = 0x3f_ffff_f000;
const STACK_PAGES = 256;
const MMAP_BASE = 0x20_0000_0000;
const PT_LOAD = 1;
const PT_PHDR = 6;

const SYS_writev = 66;
const SYS_write = 64;
const SYS_readlinkat = 78;
const SYS_newfstatat = 79;
const SYS_fstat = 80;
const SYS_exit = 93;
const SYS_exit_group = 94;
const SYS_set_tid_address = 96;
const SYS_set_robust_list = 99;
const SYS_clock_gettime = 113;
const SYS_brk = 214;
const SYS_munmap = 215;
const SYS_mmap = 222;
const SYS_mprotect = 226;
const SYS_getrandom = 278;
const SYS_rseq = 293;

const ENOSYS = 38;
const ENOTTY = 25;

const A0 = 10;
const A7 = 17;
const SP = 2;

/** Any core with the same registers and memory could run it; the harness needs no more than these. */
export interface GuestResult {
  /** Exit status, or the trap that ended it as text. */
  readonly status: number | string;
  readonly output: Uint8Array;
  readonly instructions: number;
  readonly syscalls: number;
}

export interface GuestOptions {
  /** argv[0]. */
  readonly name?: string;
  readonly args?: readonly string[];
  /** Instructions of one `run`. */
  readonly slice?: number;
  /** Stop after so many instructions, with status 'limit'. */
  readonly limit?: number;
  /** Nanoseconds for clock_gettime; a fixed rate of instructions without it. */
  readonly clock?: () => number;
}

export class StaticGuest {
  readonly core: Core;
  readonly space: number;
  readonly hart: number;
  instructions = 0;
  syscalls = 0;
  private readonly chunks: Uint8Array[] = [];
  private brk = 0;
  private nextMap = MMAP_BASE;
  private readonly clock: (() => number) | undefined;

  constructor(core: Core, elf: Uint8Array, options: GuestOptions = {}) {
    this.core = core;
    this.space = core.spaceCreate();
    this.hart = core.hartAlloc();
    this.clock = options.clock;
    this.load(elf, [options.name ?? 'guest', ...(options.args ?? [])]);
  }

  /** Copies bytes into guest memory, mapping pages that are not there, whatever their permission. */
  poke(va: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const at = va + done;
      const count = Math.min(bytes.length - done, PAGE_BYTES - (at % PAGE_BYTES));
      this.mapped(at);
      const linear = this.core.translateForce(this.space, at, true);
      this.core.bytes().set(bytes.subarray(done, done + count), linear);
      done += count;
    }
  }

  peek(va: number, count: number): Uint8Array {
    const out = new Uint8Array(count);
    for (let done = 0; done < count; ) {
      const at = va + done;
      const part = Math.min(count - done, PAGE_BYTES - (at % PAGE_BYTES));
      const linear = this.core.translate(this.space, at, ACCESS_READ);
      if (linear === 0) throw new Error(`guest cannot read ${at.toString(16)}`);
      out.set(this.core.bytes().subarray(linear, linear + part), done);
      done += part;
    }
    return out;
  }

  /** Runs to the end of the program or `limit`. */
  run(options: GuestOptions = {}): GuestResult {
    const slice = options.slice ?? 5_000_000;
    const limit = options.limit ?? Infinity;
    for (;;) {
      const fuel = Math.min(slice, limit - this.instructions);
      if (fuel <= 0) return this.result('limit');
      const cause = this.core.run(this.hart, this.space, fuel);
      this.instructions += this.core.lastRetired();
      if (cause === TRAP_FUEL) continue;
      if (cause === TRAP_ECALL) {
        this.syscalls++;
        const status = this.syscall();
        if (status !== undefined) return this.result(status);
        this.core.setPc(this.hart, this.core.pc(this.hart) + 4);
        continue;
      }
      if ((cause === TRAP_FAULT_READ || cause === TRAP_FAULT_WRITE) && this.growStack(this.core.trapAddress())) continue;
      const pc = this.core.pc(this.hart).toString(16);
      return this.result(`trap ${cause} at ${pc}, address ${this.core.trapAddress().toString(16)}`);
    }
  }

  /** What it printed so far. */
  output(): Uint8Array {
    return concat(this.chunks);
  }

  private result(status: number | string): GuestResult {
    return { status, output: this.output(), instructions: this.instructions, syscalls: this.syscalls };
  }

  private growStack(va: number): boolean {
    if (va < STACK_TOP - STACK_PAGES * PAGE_BYTES || va >= STACK_TOP) return false;
    return this.core.mapNewZero(this.space, Math.floor(va / PAGE_BYTES), PTE_READ | PTE_WRITE) !== 0;
  }

  private mapped(va: number): void {
    const vpn = Math.floor(va / PAGE_BYTES);
    if (this.core.pte(this.space, vpn) === 0 && this.core.mapNewZero(this.space, vpn, PTE_READ | PTE_WRITE) === 0) {
      throw new Error('out of guest memory');
    }
  }

  private load(elf: Uint8Array, args: readonly string[]): void {
    const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
    const entry = Number(view.getBigUint64(24, true));
    const phoff = Number(view.getBigUint64(32, true));
    const phentsize = view.getUint16(54, true);
    const phnum = view.getUint16(56, true);
    let phdrVa = 0;
    let top = 0;
    for (let i = 0; i < phnum; i++) {
      const at = phoff + i * phentsize;
      const type = view.getUint32(at, true);
      const flags = view.getUint32(at + 4, true);
      const offset = Number(view.getBigUint64(at + 8, true));
      const va = Number(view.getBigUint64(at + 16, true));
      const filesz = Number(view.getBigUint64(at + 32, true));
      const memsz = Number(view.getBigUint64(at + 40, true));
      if (type === PT_PHDR) phdrVa = va;
      if (type !== PT_LOAD) continue;
      if (phdrVa === 0 && offset <= phoff && phoff < offset + filesz) phdrVa = va + phoff - offset;
      const first = Math.floor(va / PAGE_BYTES);
      const last = Math.floor((va + memsz - 1) / PAGE_BYTES);
      for (let vpn = first; vpn <= last; vpn++) this.mapped(vpn * PAGE_BYTES);
      this.poke(va, elf.subarray(offset, offset + filesz));
      const permissions = ((flags & 4) !== 0 ? PTE_READ : 0) | ((flags & 2) !== 0 ? PTE_WRITE : 0) | ((flags & 1) !== 0 ? PTE_EXEC : 0);
      this.core.protect(this.space, first, last - first + 1, permissions);
      top = Math.max(top, (last + 1) * PAGE_BYTES);
    }
    this.brk = top;
    this.core.setPc(this.hart, entry);
    this.pushArguments(args, entry, phdrVa, phentsize, phnum);
  }

  private pushArguments(args: readonly string[], entry: number, phdrVa: number, phentsize: number, phnum: number): void {
    let at = STACK_TOP - 64;
    const random = at;
    const pointers = args.map((arg) => {
      const bytes = new TextEncoder().encode(`${arg}\0`);
      at -= bytes.length;
      this.poke(at, bytes);
      return at;
    });
    const auxv = [3, phdrVa, 4, phentsize, 5, phnum, 6, PAGE_BYTES, 9, entry, 11, 0, 12, 0, 13, 0, 14, 0, 16, 0x112d, 17, 100, 23, 0, 25, random, 0, 0];
    const words = [args.length, ...pointers, 0, 0, ...auxv];
    const sp = Math.floor((at - words.length * 8) / 16) * 16;
    const bytes = new Uint8Array(words.length * 8);
    const view = new DataView(bytes.buffer);
    words.forEach((word, i) => view.setBigUint64(i * 8, BigInt(word), true));
    this.poke(sp, bytes);
    this.core.setReg(this.hart, SP, sp);
  }

  /** Serves the call the hart has trapped on. Returns the status if the program exits. */
  private syscall(): number | undefined {
    const { core, hart } = this;
    const argument = (i: number): number => core.regU(hart, A0 + i);
    let result = -ENOSYS;
    switch (core.regLo(hart, A7)) {
      case SYS_exit:
      case SYS_exit_group:
        return core.regS32(hart, A0) & 0xff;
      case SYS_write:
        this.chunks.push(this.peek(argument(1), argument(2)));
        result = argument(2);
        break;
      case SYS_writev: {
        result = 0;
        for (let i = 0; i < argument(2); i++) {
          const entry = new DataView(this.peek(argument(1) + i * 16, 16).buffer);
          const count = Number(entry.getBigUint64(8, true));
          if (count > 0) this.chunks.push(this.peek(Number(entry.getBigUint64(0, true)), count));
          result += count;
        }
        break;
      }
      case SYS_brk:
        if (argument(0) > this.brk) {
          const first = Math.ceil(this.brk / PAGE_BYTES);
          for (let vpn = first; vpn * PAGE_BYTES < argument(0); vpn++) this.mapped(vpn * PAGE_BYTES);
          this.brk = argument(0);
        }
        result = this.brk;
        break;
      case SYS_mmap: {
        const pages = Math.ceil(argument(1) / PAGE_BYTES);
        result = this.nextMap;
        for (let i = 0; i < pages; i++) this.mapped(this.nextMap + i * PAGE_BYTES);
        this.nextMap += (pages + 1) * PAGE_BYTES;
        break;
      }
      case SYS_clock_gettime: {
        const ns = this.clock === undefined ? this.instructions * 2 : this.clock();
        const bytes = new Uint8Array(16);
        const view = new DataView(bytes.buffer);
        view.setBigUint64(0, BigInt(Math.floor(ns / 1e9)), true);
        view.setBigUint64(8, BigInt(Math.floor(ns % 1e9)), true);
        this.poke(argument(1), bytes);
        result = 0;
        break;
      }
      case SYS_getrandom:
        result = argument(1);
        break;
      case SYS_set_tid_address:
      case SYS_munmap:
      case SYS_mprotect:
      case SYS_set_robust_list:
        result = 0;
        break;
      case SYS_newfstatat:
      case SYS_fstat:
        result = -ENOTTY;
        break;
      case SYS_readlinkat:
      case SYS_rseq:
      default:
        break;
    }
    core.setReg(hart, A0, result);
    return undefined;
  }
}


function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

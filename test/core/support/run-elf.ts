/** Runs a static riscv64 ELF in a bare core: `run-elf.mjs core.wasm program [argument…]`. For measuring by hand. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { argv, cpuUsage, stderr, stdout } from 'node:process';
import { Core } from '../../../src/core/core.ts';
import { StaticGuest } from './static-guest.ts';

const [, , wasmPath, elfPath, ...args] = argv;
if (wasmPath === undefined || elfPath === undefined) throw new Error('usage: run-elf core.wasm program [argument…]');

const core = Core.create(new WebAssembly.Module(readFileSync(wasmPath)), { frames: 1 << 17 });
const began = performance.now();
const guest = new StaticGuest(core, readFileSync(elfPath), { name: basename(elfPath), args, clock: () => Math.round((performance.now() - began) * 1e6) });
const before = cpuUsage();
const result = guest.run();
const used = cpuUsage(before);
const seconds = (used.user + used.system) / 1e6;
stdout.write(result.output);
stderr.write(`status ${result.status}; ${result.instructions} instructions in ${seconds.toFixed(3)} s of CPU: `);
stderr.write(`${(result.instructions / seconds / 1e6).toFixed(0)} MIPS; ${result.syscalls} calls\n`);

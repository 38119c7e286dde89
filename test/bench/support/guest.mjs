// @ts-check
/** Containers for benchmarks, in this process: programs run in them as they do for a user, with stdio as streams. */
import { readFileSync } from 'node:fs';
import { rootPath } from '../../../scripts/support/paths.mjs';
import { Container } from '../../../src/container/container.ts';
import { readImageArchive } from '../../../src/container/oci/index.ts';
import { DirectoryTree } from '../../../src/host/node/directory-tree.ts';
import { webEntropy } from '../../../src/host/web/entropy.ts';

const MEMORY_BYTES = 1 << 30;
/** As the machine does it: instructions between two looks at the clock. */
const STRIDE = 400_000;

/** @typedef {import('../../../src/ports/base-tree.ts').BaseTree} BaseTree */
/** @typedef {import('../../../src/container/container.ts').ContainerHost} ContainerHost */

/** @typedef {import('./host.mjs').Run & { instructions: number, traps: number, syscalls: number }} GuestRun */

const coreModule = new WebAssembly.Module(readFileSync(process.env['STASIS_CORE_WASM'] ?? rootPath('build/core.wasm')));

/** A root that is a directory of this machine. @param {string} directory */
export function directoryRoot(directory) {
  return new DirectoryTree(directory);
}

/** The root of the built-in image. */
export async function busyboxRoot() {
  return (await readImageArchive(readFileSync(rootPath('public/busybox.tar')), 'image')).tree;
}

/** @param {BaseTree} base @param {WebAssembly.Module} [core] @returns {ContainerHost} */
export function hostOver(base, core = coreModule) {
  return {
    coreModule: core, base, memoryLimitBytes: MEMORY_BYTES, entropy: webEntropy,
    realtimeNs: () => BigInt(Date.now()) * 1_000_000n,
    hostEnd: () => ({ label: 'bench' }),
  };
}

/** A container that runs `argv`. */
export class Guest {
  /** @param {Container} container @param {readonly number[]} files */
  constructor(container, files) {
    this.container = container;
    this.files = files;
    this.output = '';
    this.startMs = performance.now();
  }

  /** @param {ContainerHost} host @param {readonly string[]} argv @param {boolean} [hasTerminal] */
  static create(host, argv, hasTerminal = false) {
    const container = Container.create(host, {
      id: 'bench', hostname: 'bench', argv, environment: ['PATH=/bin:/sbin:/usr/bin:/usr/sbin', 'HOME=/'], cwd: '/', user: '',
      terminal: hasTerminal ? { columns: 80, rows: 24 } : null, protectsInit: true,
    });
    return new Guest(container, []);
  }

  start() {
    this.startMs = performance.now();
    this.files = this.container.start().hostFileIds;
    const input = this.files[0];
    if (input !== undefined && this.files.length > 1) this.container.terminals().pushEof(input);
  }

  /** Runs to the end of the program, or until nothing can run for a while. @returns whether the program has ended */
  run() {
    const { container } = this;
    for (;;) {
      container.tick(Math.floor((performance.now() - this.startMs) * 1e6));
      const left = container.step({ budget: STRIDE, maxTraps: Infinity });
      this.drain();
      if (container.takeEnded().length > 0) return true;
      if (left > 0 && !container.kernel.hasRunnable()) {
        const deadline = container.kernel.timers.nextDeadlineNs();
        if (deadline === null) return false;
        container.tick(deadline);
      }
    }
  }

  drain() {
    for (const file of this.files) {
      const bytes = this.container.terminals().takeOutput(file, 1 << 20);
      if (bytes !== null) this.output += Buffer.from(bytes).toString('latin1');
    }
  }
}

/**
 * Runs a program in a fresh container; what is timed begins with its start.
 *
 * @param {ContainerHost} host @param {readonly string[]} argv
 * @returns {GuestRun}
 */
export function runInGuest(host, argv) {
  const guest = Guest.create(host, argv);
  const before = process.cpuUsage();
  guest.start();
  const hasEnded = guest.run();
  const used = process.cpuUsage(before);
  const { exitStatus, kernel } = guest.container;
  if (!hasEnded || exitStatus !== 0) throw new Error(`${argv.join(' ')}: ${hasEnded ? `ended with status ${exitStatus}` : 'does not end'}: ${guest.output}`);
  // a task's user time is 1 ns an instruction
  const instructions = (kernel.init?.ownUsage.userNs ?? 0) + (kernel.init?.childUsage.userNs ?? 0);
  return { cpuMs: (used.user + used.system) / 1000, output: guest.output, instructions, traps: kernel.trapCount, syscalls: kernel.syscallCount };
}

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rootPath } from '../../scripts/support/paths.mjs';
import { panic } from '../../src/base/errors.ts';
import { readImageArchive } from '../../src/container/oci/index.ts';
import { Core } from '../../src/core/core.ts';
import type { BaseTree } from '../../src/ports/base-tree.ts';
import { Credentials } from '../../src/sentry/auth/credentials.ts';
import { bootKernel } from '../../src/sentry/boot.ts';
import { readImage } from '../../src/sentry/checkpoint/image.ts';
import { restoreKernel } from '../../src/sentry/checkpoint/restore.ts';
import { saveImage } from '../../src/sentry/checkpoint/save.ts';
import { runSlice } from '../../src/sentry/sched/step.ts';
import { SyscallArgs } from '../../src/sentry/syscalls/args.ts';
import { buildSyscallTable } from '../../src/sentry/syscalls/table.ts';
import { createProcess } from '../../src/sentry/task/create.ts';
import type { Kernel } from '../../src/sentry/task/kernel.ts';
import { attach } from '../../src/sentry/tty/job-control.ts';
import { TerminalServices } from '../../src/sentry/tty/terminal-services.ts';
import { coreModule } from './support/guest-machine.ts';

const FRAMES = 65_536;
const REALTIME_NS = 1_704_067_200_000_000_000n;
/** What the guest's clock gives a shell after each batch of keys. */
const PATIENCE_NS = 600_000_000;
const MAX_SLICES = 20_000;

interface Recording {
  /** Typed one after another, each when the shell has come to rest. */
  keys: string[];
  /** What the terminal showed after each. */
  outputs: string[];
}

/** Recorded on Linux: the image's busybox under qemu-riscv64 as an interactive shell on a pty of 24 by 80. */
const recordings = JSON.parse(readFileSync(rootPath('test/guest/terminal-linux.json'), 'utf8')) as Recording[];
const { tree } = await readImageArchive(readFileSync(rootPath('public/busybox.tar')), 'busybox.tar');
const table = buildSyscallTable();
const entropy = { bytes: (countBytes: number) => new Uint8Array(countBytes) };

/** An interactive shell as init, on a terminal. */
class Shell {
  core = Core.create(coreModule(), { frames: FRAMES });
  base: BaseTree = tree;
  kernel: Kernel;
  terminalId: number;

  constructor() {
    this.kernel = bootKernel({ core: this.core, entropy, base: tree, hostname: 'guest', realtimeNs: REALTIME_NS });
    const terminals = this.terminals();
    const terminal = terminals.openHostTerminal({ hostKey: { container: 'guest', path: 'host:0' }, isRestorable: true, end: { label: 'test' } }, 24, 80);
    this.terminalId = terminal.id;
    const file = terminals.openTerminalFile(terminal);
    const group = createProcess(this.kernel, {
      origin: 'init',
      argv: ['/bin/busybox', 'sh', '-i'],
      environment: ['PATH=/bin:/sbin:/usr/bin:/usr/sbin', 'TERM=xterm', 'HOME=/root', 'PS1=$ '],
      cwd: '/root',
      credentials: new Credentials(),
      umask: 0o022,
      files: [0, 1, 2].map((fd) => ({ fd, file })),
    });
    attach(terminal, group.processGroup.session, group.processGroup);
  }

  /** Types `keys`, lets everything run until nothing moves, and returns what the terminal shows. */
  type(keys: string): string {
    const terminals = this.terminals();
    terminals.pushInput(this.terminalId, Buffer.from(keys, 'latin1'));
    const { kernel } = this;
    const untilNs = kernel.clock.monotonicNs + PATIENCE_NS;
    let output = '';
    for (let slices = 0; slices < MAX_SLICES; slices++) {
      runSlice({ kernel, table, args: new SyscallArgs(this.core) }, { budget: 1_000_000, maxTraps: Infinity });
      for (let bytes = terminals.takeOutput(this.terminalId, FRAMES); bytes !== null; bytes = terminals.takeOutput(this.terminalId, FRAMES)) {
        output += Buffer.from(bytes).toString('latin1');
      }
      if (kernel.hasRunnable()) continue;
      const deadlineNs = kernel.timers.nextDeadlineNs() ?? Infinity;
      kernel.clock.monotonicNs = Math.max(kernel.clock.monotonicNs, Math.min(deadlineNs, untilNs));
      if (deadlineNs > untilNs) return output;
      kernel.timers.fireDue(kernel.clock.monotonicNs);
    }
    return `${output}[does not come to rest]`;
  }

  /** Saves everything, forgets it, and goes on in a fresh core. */
  cycle(): void {
    const realtimeNs = REALTIME_NS + BigInt(this.kernel.clock.monotonicNs);
    const image = saveImage(this.kernel, { nowMs: Number(realtimeNs / 1_000_000n), container: null });
    const core = Core.create(coreModule(), { frames: FRAMES });
    const edges: Record<string, unknown> = { core, entropy, baseTree: tree, console: { label: 'restored' } };
    const request = { core, image: { images: [readImage(image, core)] as const, isOwn: false, isTried: false, pages: null, chains: new WeakMap() }, base: tree, bindEdge: (port: string) => edges[port] };
    this.kernel = restoreKernel({ ...request, policy: 'kill', clock: 'continue', realtimeNs }).kernel;
    this.core = core;
  }

  terminals(): TerminalServices {
    const { terminals } = this.kernel.services;
    if (!(terminals instanceof TerminalServices)) panic('a kernel without terminals');
    return terminals;
  }
}

describe('an interactive shell shows what it shows on Linux', () => {
  it.for(recordings.map((recording) => [JSON.stringify(recording.keys[1]), recording] as const))('%s', ([, recording]) => {
    const shell = new Shell();
    expect(recording.keys.map((keys) => shell.type(keys))).toEqual(recording.outputs);
  });
});

describe('and goes on the same when it is restored before every key', () => {
  it.for(recordings.map((recording) => [JSON.stringify(recording.keys[1]), recording] as const))('%s', ([, recording]) => {
    const shell = new Shell();
    const outputs = recording.keys.map((keys) => {
      shell.cycle();
      return shell.type(keys);
    });
    expect(outputs).toEqual(recording.outputs);
  });
});

import { readFileSync } from 'node:fs';
import { Core } from '../../../src/core/core.ts';
import { ImageError, panic } from '../../../src/base/errors.ts';
import type { BaseTree } from '../../../src/ports/base-tree.ts';
import type { Entropy } from '../../../src/ports/entropy.ts';
import { Credentials } from '../../../src/sentry/auth/credentials.ts';
import { bootKernel } from '../../../src/sentry/boot.ts';
import type { FrameTrace } from '../../../src/sentry/checkpoint/frame-trace.ts';
import { readImage } from '../../../src/sentry/checkpoint/image.ts';
import type { Image } from '../../../src/sentry/checkpoint/image.ts';
import type { PageChain } from '../../../src/sentry/checkpoint/page-chain.ts';
import { releaseKernel } from '../../../src/sentry/checkpoint/release.ts';
import { restoreKernel } from '../../../src/sentry/checkpoint/restore.ts';
import type { RestoreRequest } from '../../../src/sentry/checkpoint/restore.ts';
import { saveAtOnce, saveImage } from '../../../src/sentry/checkpoint/save.ts';
import { runSlice } from '../../../src/sentry/sched/step.ts';
import type { SliceLimit } from '../../../src/sentry/sched/step.ts';
import { SyscallArgs } from '../../../src/sentry/syscalls/args.ts';
import type { SyscallEntry } from '../../../src/sentry/syscalls/entry.ts';
import { buildSyscallTable, syscallName } from '../../../src/sentry/syscalls/table.ts';
import { createProcess } from '../../../src/sentry/task/create.ts';
import type { Kernel } from '../../../src/sentry/task/kernel.ts';
import type { ThreadGroup } from '../../../src/sentry/task/thread-group.ts';
import { TerminalServices } from '../../../src/sentry/tty/terminal-services.ts';
import { AnonFileSystem } from '../../../src/sentry/vfs/anon.ts';
import { Vfs } from '../../../src/sentry/vfs/vfs.ts';
import { walkGraph } from '../../../src/state/index.ts';
import { O_RDONLY, O_WRONLY } from '../../../src/abi/open.ts';

const FRAMES = 65_536;
/** 2024-01-01: where the clock of every guest program begins. */
const REALTIME_NS = 1_704_067_200_000_000_000n;
/** Not 1: a process group of that number cannot be signalled, as kill(-1) is everyone. */
const FIRST_PID = 100;
/** Pages of an address space. */
const SPACE_PAGES = 1 << 26;
const OUTPUT_CHUNK_BYTES = 65_536;
/** Images that stand on each other before a full one is taken again. */
const LONGEST_CHAIN = 16;

/** An image and all it stands on, itself first. */
type ImageChain = readonly [Image, ...Image[]];

let compiled: WebAssembly.Module | null = null;

/** The core, compiled once per worker. */
export function coreModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('../../../build/core.wasm', import.meta.url)));
  return compiled;
}

/** The same numbers in every run. */
class CountingEntropy implements Entropy {
  private seed: number;

  constructor(seed: number) {
    this.seed = seed;
  }

  copy(): CountingEntropy {
    return new CountingEntropy(this.seed);
  }

  bytes(countBytes: number): Uint8Array {
    return Uint8Array.from({ length: countBytes }, () => {
      this.seed = (Math.imul(this.seed, 1_103_515_245) + 12_345) >>> 0;
      return this.seed >>> 16;
    });
  }
}

/**
 * A kernel with one process tree, whose time is the guest's own: it passes with instructions and traps, and where nobody can
 * run it jumps to the next deadline.
 *
 * There is no init: the program is started as a shell would start it, so that signals do to it what they do to any process.
 */
export class GuestMachine {
  kernel: Kernel;
  /** Syscalls that had to wait, since the boot. */
  blocks = 0;
  restores = 0;
  /** Guest time that was jumped over. */
  idleNs = 0;
  /** Everything written to standard output and standard error, in order, as a byte string. */
  output = '';
  /** The program started last: kept when nothing else knows it any more. */
  program: ThreadGroup | null = null;
  /** What the machine was restored from. */
  private restoredFrom: { readonly images: ImageChain; readonly trace: FrameTrace; readonly chain: PageChain } | null = null;
  private savedTrace: FrameTrace | null = null;
  private core: Core;
  private readonly base: BaseTree;
  private entropy = new CountingEntropy(1);
  private readonly table: readonly (SyscallEntry | undefined)[];
  private args: SyscallArgs;

  constructor(base: BaseTree) {
    this.base = base;
    this.core = Core.create(coreModule(), { frames: FRAMES });
    this.kernel = bootKernel({ core: this.core, entropy: this.entropy, base, hostname: 'guest', realtimeNs: REALTIME_NS });
    this.kernel.lastPid = FIRST_PID - 1;
    this.table = this.watchBlocks(buildSyscallTable());
    this.args = new SyscallArgs(this.core);
  }

  /** Starts a program with its output captured and nothing to read. */
  start(argv: readonly string[], environment: readonly string[] = []): ThreadGroup {
    const terminals = this.terminals();
    const stream = (fd: number, flags: number) =>
      terminals.openHostStream({ hostKey: { container: 'guest', path: `host:${fd}` }, isRestorable: true, end: { label: 'test' } }, flags);
    const input = stream(0, O_RDONLY);
    const output = stream(1, O_WRONLY);
    input.stream.pushEof();
    this.program = createProcess(this.kernel, {
      origin: 'init',
      argv,
      environment: ['PATH=/bin', ...environment],
      cwd: '/work',
      credentials: new Credentials(),
      umask: 0o022,
      files: [{ fd: 0, file: input }, { fd: 1, file: output }, { fd: 2, file: output }],
    });
    return this.program;
  }

  /** Runs one slice, and lets idle time pass. @returns whether anything can still happen */
  slice(limit: SliceLimit): boolean {
    const { kernel } = this;
    runSlice({ kernel, table: this.table, args: this.args }, limit);
    this.drainOutput();
    if (kernel.hasRunnable()) return true;
    const deadline = kernel.timers.nextDeadlineNs();
    if (deadline === null) return false;
    if (deadline > kernel.clock.monotonicNs) {
      this.idleNs += deadline - kernel.clock.monotonicNs;
      kernel.clock.monotonicNs = deadline;
    }
    kernel.timers.fireDue(kernel.clock.monotonicNs);
    return true;
  }

  /** Guest time in which something ran. */
  busyNs(): number {
    return this.kernel.clock.monotonicNs - this.idleNs;
  }

  save(): Uint8Array {
    return saveImage(this.kernel, { nowMs: Number(this.realtimeNs() / 1_000_000n), container: null });
  }

  /** As `save`, as a difference to what the machine was restored from, if it was. Returns the image and all it stands on. */
  saveDifference(): ImageChain {
    const { restoredFrom } = this;
    const parent = restoredFrom !== null && restoredFrom.images.length < LONGEST_CHAIN ? { digest: `restore ${this.restores}`, ...restoredFrom } : null;
    const { image, trace } = saveAtOnce(this.kernel, { nowMs: Number(this.realtimeNs() / 1_000_000n), container: null, parent });
    this.savedTrace = trace;
    return [readImage(image, this.core), ...(parent?.images ?? [])];
  }

  /** Forgets everything, and goes on from an image in a fresh core. */
  restoreInto(image: Uint8Array, realtimeNs = this.realtimeNs()): void {
    this.restoreChain([readImage(image, this.core)], realtimeNs);
  }

  /** As `restoreInto`, from an image and all it stands on. */
  restoreChain(images: ImageChain, realtimeNs = this.realtimeNs()): void {
    this.restoreTo(Core.create(coreModule(), { frames: FRAMES }), images, realtimeNs);
  }

  /** As `restoreChain`, from the images of the last `saveDifference`, in the core that there is. Every frame that is taken is accounted for. */
  restoreInPlace(images: ImageChain): void {
    const { core, kernel: replaced, savedTrace } = this;
    this.restoreTo(core, images, this.realtimeNs(), { shared: savedTrace, letGo: () => releaseKernel(replaced) });
    const frames = core.framesInUse();
    const taken = new Set<number>();
    walkGraph(this.kernel, { saveFrame: (frame) => taken.add(frame).size });
    for (const { space } of this.kernel.addressSpaces()) {
      for (let vpn = core.nextMapped(space, 0, SPACE_PAGES); vpn < SPACE_PAGES; vpn = core.nextMapped(space, vpn + 1, SPACE_PAGES)) taken.add(core.pte(space, vpn) >>> 12);
    }
    if (taken.size !== frames) panic(`restored in place: ${frames} frames are in use, the kernel knows of ${taken.size}`);
  }

  private restoreTo(core: Core, images: ImageChain, realtimeNs: bigint, place: Pick<RestoreRequest, 'shared' | 'letGo'> = {}): void {
    const restored = restoreKernel({
      core,
      ...place,
      image: { images, isOwn: false, isTried: false, pages: null, chains: new WeakMap() },
      base: this.base,
      bindEdge: (port, key) => this.bindEdge(core, port, key),
      policy: 'kill',
      clock: 'continue',
      realtimeNs,
    });
    this.core = core;
    this.kernel = restored.kernel;
    restored.pager.step(this.restores % 7); // some pages ahead, most when they are needed
    this.restoredFrom = { images, trace: restored.trace, chain: restored.chain };
    if (this.program !== null) this.program = this.kernel.threadGroups.get(this.program.pid) ?? this.program;
    this.args = new SyscallArgs(core);
    this.restores++;
  }

  /** Another machine, in a core of its own, that goes on from `image` as this one goes on from now. */
  twin(image: Uint8Array): GuestMachine {
    const twin = new GuestMachine(this.base);
    twin.entropy = this.entropy.copy();
    twin.output = this.output;
    twin.restoreInto(image, this.realtimeNs());
    return twin;
  }

  /** What every task does, for the message of a test that came to a standstill. */
  describeTasks(): string {
    const lines = [...this.kernel.tasks.values()].map((task) => {
      const call = task.runState === 'exited' ? '' : ` in ${syscallName(this.core.regLo(task.slot, 17))} at ${this.core.pc(task.slot).toString(16)}`;
      return `task ${task.tid} ${task.name}: ${task.runState}${call}${task.threadGroup.isStopped ? ', stopped' : ''}`;
    });
    return lines.join('\n');
  }

  /** Syscalls that were asked for and are not there. */
  missingCalls(): string[] {
    return [...this.kernel.unsupported.keys()].map(syscallName);
  }

  private terminals(): TerminalServices {
    const { terminals } = this.kernel.services;
    if (!(terminals instanceof TerminalServices)) panic('a kernel without terminals');
    terminals.streams ??= new AnonFileSystem(this.kernel.services.get('vfs', Vfs), 'hostfs');
    return terminals;
  }

  private drainOutput(): void {
    const terminals = this.terminals();
    for (const { id } of terminals.hostFiles()) {
      for (let bytes = terminals.takeOutput(id, OUTPUT_CHUNK_BYTES); bytes !== null; bytes = terminals.takeOutput(id, OUTPUT_CHUNK_BYTES)) {
        this.output += String.fromCharCode(...bytes);
      }
    }
  }

  private realtimeNs(): bigint {
    return REALTIME_NS + BigInt(this.kernel.clock.monotonicNs);
  }

  private bindEdge(core: Core, port: string, key: string): unknown {
    switch (port) {
      case 'core':
        return core;
      case 'entropy':
        return this.entropy;
      case 'baseTree':
        return this.base;
      case 'console':
        return { label: 'test' };
      default:
        throw new ImageError('kernel', `nothing to bind to ${port} ${key}`);
    }
  }

  /** The same calls, counted where they wait. */
  private watchBlocks(table: readonly (SyscallEntry | undefined)[]): readonly (SyscallEntry | undefined)[] {
    return table.map((entry) => {
      if (entry === undefined) return undefined;
      const { run } = entry;
      return {
        ...entry,
        run: (task, args) => {
          const result = run(task, args);
          if (typeof result !== 'number') this.blocks++;
          return result;
        },
      };
    });
  }
}

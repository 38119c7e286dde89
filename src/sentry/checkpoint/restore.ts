import { ImageError } from '../../base/errors.ts';
import type { Core } from '../../core/core.ts';
import { HART_BYTES } from '../../core/layout.ts';
import type { BaseTree } from '../../ports/base-tree.ts';
import { loadGraph } from '../../state/index.ts';
import { wallClockMoved } from '../fs/anon/timerfd.ts';
import { Kernel } from '../task/kernel.ts';
import { readBasePage } from './base-pages.ts';
import { coreWire } from './core-wire.ts';
import { applyExecPolicy } from './exec-policy.ts';
import type { ExecOutcome, ExecPolicy } from './exec-policy.ts';
import type { HostEnd } from '../../ports/console.ts';
import { FrameTrace } from './frame-trace.ts';
import { sectionOf } from './image.ts';
import type { Image } from './image.ts';
import { PageChain } from './page-chain.ts';
import { decodeTables, loadSpace } from './page-tables.ts';
import { loadPages } from './pages.ts';
import { verifyKernel } from './verify.ts';

/** `gvisor`: the monotonic clock advances by the time the image lay on disk. `continue`: it goes on where it stopped. */
export type ClockPolicy = 'gvisor' | 'continue';

/** What an image is restored into. */
export interface RestoreRequest {
  /** A fresh core: lost with its content when the restore fails. */
  readonly core: Core;
  readonly image: Image;
  /** What the image is a difference to: its parent, its parent's, … to the full one (`readChain`). */
  readonly parents?: readonly Image[];
  readonly base: BaseTree;
  /** Answers an edge of the saved state, by port name and key; throws ImageError where nothing stands for it now. */
  readonly bindEdge: (port: string, key: string, self: object) => unknown;
  /** Looks at the loaded kernel before anything of it changes; throws ImageError to refuse it. */
  readonly check?: (kernel: Kernel) => void;
  readonly policy: ExecPolicy;
  /** Processes of execs that `keep` and `reattach` spare with their descendants. */
  readonly keptPids?: readonly number[];
  /** New ends for host files of execs under `reattach`, by key; null where nothing is. */
  readonly newEnd?: (key: string) => HostEnd | null;
  readonly clock: ClockPolicy;
  /** Realtime now, ns since 1970. */
  readonly realtimeNs: bigint;
}

/** A container restored, its guests not yet run. */
export interface Restored extends ExecOutcome {
  readonly kernel: Kernel;
  /** Wall time between checkpoint and restore, ns. */
  readonly frozenNs: number;
  /** For the next checkpoint, as a difference to this image. */
  readonly trace: FrameTrace;
  readonly chain: PageChain;
}

/**
 * Builds a kernel from an image, in a fresh core. What runs elsewhere is untouched, whatever happens.
 *
 * @errors ImageError: one sentence with section and reason
 */
export function restoreKernel(request: RestoreRequest): Restored {
  const { core, image, base } = request;
  const { baseImage } = image.metadata;
  if (baseImage !== null && baseImage !== base.digest) throw new ImageError('base image', `the checkpoint lies over ${baseImage}, the container has ${base.digest}`);
  const wire = coreWire(core);
  const parents = request.parents ?? [];
  if (parents.length === 0 && image.metadata.parent !== null) throw new ImageError('parent', `the image is a difference to ${image.metadata.parent}, which is not there: add that one first`);
  const chain = PageChain.open(wire, [image, ...parents]);
  const frames = loadPages(core, chain, (source, page, out) => readBasePage(base, source, page, out));
  const trace = new FrameTrace(core, frames.frames, endEpoch(core));
  const tables = decodeTables(wire, sectionOf(image, 'page-tables'), frames);
  const kernel = loadGraph(
    sectionOf(image, 'kernel'),
    { wire, loadFrame: (frame) => frames.loadFrame(frame), bindEdge: request.bindEdge },
    Kernel,
  );
  rebuildSpaces(kernel, tables, trace);
  rebuildHarts(kernel);
  frames.release();
  const frozenNs = advanceClock(kernel, image, request);
  verifyKernel(kernel);
  request.check?.(kernel);
  kernel.generation++;
  const outcome = applyExecPolicy(kernel, { policy: request.policy, keptPids: request.keptPids ?? [] }, request.newEnd ?? (() => null));
  return { kernel, ...outcome, frozenNs, trace, chain };
}

/** Ends the epoch in which the frames were loaded, so that every change from now on is a later one. Returns it. */
function endEpoch(core: Core): number {
  const epoch = core.freeze();
  core.freezeEnd();
  return epoch;
}

/** Page tables from their dumps, which are in the order of the tasks. */
function rebuildSpaces(kernel: Kernel, tables: readonly Uint32Array[], trace: FrameTrace): void {
  const spaces = [...kernel.addressSpaces()];
  if (spaces.length !== tables.length) throw new ImageError('section page-tables', `${tables.length} page tables for ${spaces.length} address spaces`);
  spaces.forEach((mm, i) => {
    mm.space = kernel.core.spaceCreate();
    if (mm.space === 0) throw new ImageError('section page-tables', 'no room for the page tables');
    loadSpace(kernel.core, mm.space, tables[i]!);
    trace.noteTable(mm, tables[i]!);
  });
}

function rebuildHarts(kernel: Kernel): void {
  const { core } = kernel;
  for (const task of kernel.tasks.values()) {
    if (task.runState === 'exited') continue;
    if (task.savedRegisters.length !== HART_BYTES) throw new ImageError('section kernel', `registers of task ${task.tid} are ${task.savedRegisters.length} bytes`);
    task.slot = core.hartAlloc();
    if (task.slot === 0) throw new ImageError('section kernel', `no register slot left for task ${task.tid}`);
    core.bytes().set(task.savedRegisters, core.hartAddress(task.slot));
    task.savedRegisters = new Uint8Array(0);
  }
}

/** @returns the wall time that has passed since the checkpoint, never negative */
function advanceClock(kernel: Kernel, image: Image, request: RestoreRequest): number {
  const { clock } = kernel;
  const savedRealtime = BigInt(image.metadata.createdMs) * 1_000_000n;
  const passed = request.realtimeNs > savedRealtime ? Number(request.realtimeNs - savedRealtime) : 0;
  if (request.clock === 'gvisor') clock.monotonicNs += passed;
  const offsetNs = request.realtimeNs - BigInt(clock.monotonicNs);
  const movedNs = Number(offsetNs - clock.realtimeOffsetNs);
  clock.realtimeOffsetNs = offsetNs;
  if (movedNs !== 0) wallClockMoved(kernel.timers, movedNs);
  return passed;
}


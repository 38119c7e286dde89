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
import type { KnownImage, OpenedPages } from './known-images.ts';
import { PageChain } from './page-chain.ts';
import type { BasePageLoader } from './page-chain.ts';
import { decodeTables, loadSpace } from './page-tables.ts';
import { layPages } from './pages.ts';
import { Pager } from './pager.ts';
import { verifyKernel } from './verify.ts';
import { WorkingSet } from './working-set.ts';

/** `gvisor`: the monotonic clock advances by the time the image lay on disk. `continue`: it goes on where it stopped. */
export type ClockPolicy = 'gvisor' | 'continue';

/** What an image is restored into. */
export interface RestoreRequest {
  /** A fresh core: lost with its content when the restore fails. */
  readonly core: Core;
  readonly image: KnownImage;
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
  /** Fills pages ahead while there is time. */
  readonly pager: Pager;
}

/**
 * Builds a kernel from an image, in a fresh core. What runs elsewhere is untouched, whatever happens.
 *
 * @errors ImageError: one sentence with section and reason
 */
export function restoreKernel(request: RestoreRequest): Restored {
  const { core, base } = request;
  const [image] = request.image.images;
  const { baseImage } = image.metadata;
  if (baseImage !== null && baseImage !== base.digest) throw new ImageError('base image', `the checkpoint lies over ${baseImage}, the container has ${base.digest}`);
  const wire = coreWire(core);
  const loadBase: BasePageLoader = (source, page, out) => readBasePage(base, source, page, out);
  const { chain, workingSet } = (request.image.pages ??= openPages(core, request.image.images, loadBase));
  const pager = Pager.of(core);
  workingSet.restart();
  const firstSource = pager.attach(chain, loadBase, workingSet);
  const frames = layPages(core, chain, firstSource);
  if (!isFixed(base)) readBasePages(core, chain, frames.frames);
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
  pager.fillAhead(frames.frames);
  return { kernel, ...outcome, frozenNs, trace, chain, pager };
}

/**
 * Opens the pages of an image, and reads each once.
 *
 * @errors ImageError for what is damaged or missing in them, or in the base image
 */
function openPages(core: Core, images: readonly Image[], loadBase: BasePageLoader): OpenedPages {
  const chain = PageChain.open(coreWire(core), images);
  chain.check(core, loadBase);
  return { chain, workingSet: new WorkingSet() };
}

/** Whether the content of the base can never change: it is named by its digest, not by a place. */
function isFixed(base: BaseTree): boolean {
  return base.digest.startsWith('sha256:');
}

/** @errors ImageError 'base image' for a page that is not what it was at the checkpoint */
function readBasePages(core: Core, chain: PageChain, frames: readonly number[]): void {
  frames.forEach((frame, i) => {
    if (chain.basePage(i + 1) !== null) core.frameContent(frame);
  });
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


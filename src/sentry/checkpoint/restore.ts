import { ImageError } from '../../base/errors.ts';
import type { Core } from '../../core/core.ts';
import { HART_BYTES } from '../../core/layout.ts';
import type { BaseTree } from '../../ports/base-tree.ts';
import { loadGraph } from '../../state/index.ts';
import { wallClockMoved } from '../fs/anon/timerfd.ts';
import { Kernel } from '../task/kernel.ts';
import { readBasePage } from './base-pages.ts';
import { coreWire } from './core-wire.ts';
import { applyExecPolicy, requireExecs } from './exec-policy.ts';
import { LoadedFrames } from './frame-numbers.ts';
import type { FrameList } from './frame-numbers.ts';
import type { ExecOutcome, ExecPolicy } from './exec-policy.ts';
import type { HostEnd } from '../../ports/console.ts';
import { FrameTrace } from './frame-trace.ts';
import { sectionOf } from './image.ts';
import type { Image } from './image.ts';
import type { KnownImage, OpenedPages } from './known-images.ts';
import { PageChain } from './page-chain.ts';
import type { BasePageLoader } from './page-chain.ts';
import { decodeTables, loadSpace, withFrames } from './page-tables.ts';
import { layPages } from './pages.ts';
import { Pager } from './pager.ts';
import { releaseTasks } from './release.ts';
import { verifyKernel } from './verify.ts';
import { WorkingSet } from './working-set.ts';

/** `gvisor`: the monotonic clock advances by the time the image lay on disk. `continue`: it goes on where it stopped. */
export type ClockPolicy = 'gvisor' | 'continue';

/** What an image is restored into. */
export interface RestoreRequest {
  /** A fresh core, or one that another container is in, which this one is to take the place of. */
  readonly core: Core;
  /** What frames of the core were in the image: those that still hold their page are shared. */
  readonly shared?: FrameTrace | null;
  /** Lets go of the container that is in the core, when nothing can refuse the restore any more: for images that are `isOwn` or `isTried` alone. */
  readonly letGo?: () => void;
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
 * Builds a kernel from an image. What runs, in this core or elsewhere, is untouched by a restore that fails: up to `letGo` no
 * byte of a frame is written, and what was taken of the core is given back.
 *
 * @errors ImageError: one sentence with section and reason
 */
export function restoreKernel(request: RestoreRequest): Restored {
  const { core, base } = request;
  const [image] = request.image.images;
  const { baseImage } = image.metadata;
  if (baseImage !== null && baseImage !== base.digest) throw new ImageError('base image', `the checkpoint lies over ${baseImage}, the container has ${base.digest}`);
  const loadBase: BasePageLoader = (source, page, out) => readBasePage(base, source, page, out);
  const { chain, tables, workingSet } = (request.image.pages ??= openPages(core, request.image, loadBase));
  const pager = Pager.of(core);
  workingSet.restart();
  const firstSource = pager.attach(chain, loadBase, workingSet);
  const frames = layPages(core, chain, firstSource, request.shared ?? null);
  const loaded = holding(frames, () => {
    if (!isFixed(base)) readBasePages(core, chain, frames.frames);
    return loadKernel(request, tables, frames);
  });
  request.letGo?.();
  loaded.kernel.generation++;
  const outcome = endExecs(loaded.kernel, request);
  pager.fillAhead(frames.frames);
  return { ...loaded, ...outcome, chain, pager };
}

/**
 * Applies the exec policy. What is ended is looked at from all sides, more than any check before has: a contradiction that
 * shows then in an image from elsewhere is its own fault.
 */
function endExecs(kernel: Kernel, { image, policy, keptPids = [], newEnd = () => null }: RestoreRequest): ExecOutcome {
  try {
    return applyExecPolicy(kernel, { policy, keptPids }, newEnd);
  } catch (error) {
    if (image.isOwn || image.isTried || error instanceof ImageError) throw error;
    throw new ImageError('section kernel', `its exec processes cannot be ended (${error instanceof Error ? error.message : String(error)})`);
  }
}

/** All of a restore that can be refused before. */
function loadKernel(request: RestoreRequest, tables: readonly Uint32Array[], frames: LoadedFrames): Pick<Restored, 'kernel' | 'trace' | 'frozenNs'> {
  const { core } = request;
  const [image] = request.image.images;
  const trace = new FrameTrace(core, frames.frames, endEpoch(core));
  const taken: number[] = [];
  const loadFrame = (imageFrame: number): number => {
    const frame = frames.loadFrame(imageFrame);
    taken.push(frame);
    return frame;
  };
  let kernel: Kernel | null = null;
  try {
    kernel = loadGraph(sectionOf(image, 'kernel'), { wire: coreWire(core), loadFrame, bindEdge: request.bindEdge }, Kernel);
    rebuildSpaces(kernel, tables.map((table) => withFrames(table, frames.frames)), trace);
    rebuildHarts(kernel);
    const frozenNs = advanceClock(kernel, image, request);
    verifyKernel(kernel);
    requireExecs(kernel, request.keptPids ?? []);
    request.check?.(kernel);
    return { kernel, trace, frozenNs };
  } catch (error) {
    if (kernel !== null) releaseTasks(kernel);
    for (const frame of taken) core.frameUnref(frame);
    throw error;
  }
}

/** Does `work`, which takes references of its own on what it needs of `frames`, and gives the loader's back, whatever happens. */
function holding<T>(frames: LoadedFrames, work: () => T): T {
  try {
    return work();
  } finally {
    frames.release();
  }
}

/**
 * Opens the pages of an image, and reads each once unless they were written here.
 *
 * @errors ImageError for what is damaged or missing in them, or in the base image
 */
function openPages(core: Core, { images, isOwn, chains }: KnownImage, loadBase: BasePageLoader): OpenedPages {
  const wire = coreWire(core);
  const chain = PageChain.open(wire, images, chains);
  if (!isOwn) chain.check(core, loadBase);
  const numbers = Uint32Array.from({ length: chain.frames() }, (_, i) => i + 1);
  const tables = decodeTables(wire, sectionOf(images[0], 'page-tables'), new LoadedFrames(core, numbers));
  return { chain, tables, workingSet: new WorkingSet() };
}

/** Whether the content of the base can never change: it is named by its digest, not by a place. */
function isFixed(base: BaseTree): boolean {
  return base.digest.startsWith('sha256:');
}

/** @errors ImageError 'base image' for a page that is not what it was at the checkpoint */
function readBasePages(core: Core, chain: PageChain, frames: FrameList): void {
  for (let i = 0; i < frames.length; i++) if (chain.basePage(i + 1) !== null) core.frameContent(frames[i]!);
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


import { ImageError, panic } from '../../base/errors.ts';
import { HART_BYTES } from '../../core/layout.ts';
import type { BaseTree } from '../../ports/base-tree.ts';
import { beginWalk } from '../../state/index.ts';
import type { Tapes } from '../../state/index.ts';
import { RootFs } from '../fs/rootfs/rootfs.ts';
import type { AddressSpace } from '../mm/address-space.ts';
import { Vfs } from '../vfs/vfs.ts';
import type { Kernel } from '../task/kernel.ts';
import { readBasePage } from './base-pages.ts';
import { coreWire } from './core-wire.ts';
import { FrameNumbers } from './frame-numbers.ts';
import { FrameTrace } from './frame-trace.ts';
import { writeImage } from './image.ts';
import type { Json } from './image.ts';
import type { KnownImages } from './known-images.ts';
import type { PageChain } from './page-chain.ts';
import { FrozenTables, encodeTables } from './page-tables.ts';
import { PageEncoder } from './pages.ts';
import type { BasePage, ParentPages } from './pages.ts';

/** What is written beside the kernel's state. */
export interface SaveOptions {
  /** Realtime, ms since 1970. */
  readonly nowMs: number;
  /** How the container was created; comes back at the restore as it is. */
  readonly container: Json;
  /** The image that this one is to be a difference to; without it the image is full. */
  readonly parent?: SaveParent | null;
  /** Is told which frames the image was made of: a restore of it in the same core shares those that have not changed. */
  readonly knownImages?: KnownImages | undefined;
}

/** An image that the next one may be a difference to. */
export interface SaveParent {
  readonly digest: string;
  /** What the frames of this kernel's core were in it. */
  readonly trace: FrameTrace;
  readonly chain: PageChain;
}

/** A finished checkpoint. */
export interface Saved {
  readonly image: Uint8Array;
  readonly counts: { readonly [name: string]: number };
  /** For the next checkpoint, as a difference to this one. */
  readonly trace: FrameTrace;
}

/**
 * A checkpoint under way: frozen, and encoded piece by piece while the guest may go on.
 *
 * `begin` is the pause: it takes down what the guest's next step could change, the kernel's state and the page tables, and
 * freezes the pages. Then `step` until it answers true, between slices of the guest or at a stretch; then `finish`.
 */
export class Save {
  private readonly kernel: Kernel;
  private readonly options: SaveOptions;
  private readonly numbers: FrameNumbers;
  /** The kernel's state; pages of files are left for `settle`. */
  private readonly walk: () => Tapes;
  private state: Tapes | null = null;
  private readonly spaces: readonly AddressSpace[];
  /** Page tables of the address spaces as of the pause, in the order of the tasks; none once they are in `dumps`. */
  private readonly tables: FrozenTables;
  private dumps: readonly Uint32Array[] = [];
  private readonly counts: { [name: string]: number };
  private readonly monotonicNs: number;
  private readonly generation: number;
  /** The epoch that the freeze ended. */
  private readonly epoch: number;
  /** Made at the first step. */
  private encoding: Encoding | null = null;

  private constructor(kernel: Kernel, options: SaveOptions, epoch: number) {
    const { core } = kernel;
    this.kernel = kernel;
    this.options = options;
    this.monotonicNs = kernel.clock.monotonicNs;
    this.generation = kernel.generation;
    this.epoch = epoch;
    this.numbers = new FrameNumbers();
    saveRegisters(kernel);
    this.spaces = [...kernel.addressSpaces()];
    this.walk = beginWalk(kernel, this.numbers);
    this.tables = FrozenTables.of(core, this.spaces);
    forgetRegisters(kernel);
    this.counts = countsOf(kernel);
    kernel.services.get('vfs', Vfs).unsettled = () => this.settle();
  }

  /** Takes down what the pause has left for later: at the latest when somebody is about to change it. */
  private settle(): Tapes {
    this.state ??= this.walk();
    this.kernel.services.get('vfs', Vfs).unsettled = null;
    return this.state;
  }

  /** Freezes the kernel. The guest may go on when this returns. @errors ImageError while another checkpoint is under way */
  static begin(kernel: Kernel, options: SaveOptions): Save {
    if (options.parent && options.parent.trace.core !== kernel.core) panic('checkpoint: the parent was made from another core');
    for (const fileSystem of kernel.services.get('vfs', Vfs).fileSystems) fileSystem.beforeCheckpoint();
    const epoch = kernel.core.freeze();
    if (epoch === 0) throw new ImageError('checkpoint', 'another one is under way');
    try {
      return new Save(kernel, options, epoch);
    } catch (error) {
      kernel.core.freezeEnd();
      throw error;
    }
  }

  /** Encodes up to `pages` pages; answers whether all are done. */
  step(pages: number): boolean {
    this.encoding ??= this.beginEncoding();
    return this.encoding.pages.step(pages);
  }

  /** The image, once `step` has answered true. Ends the freeze. */
  finish(): Saved {
    const { core } = this.kernel;
    const { encoding } = this;
    if (encoding === null) panic('checkpoint: finished before its first step');
    try {
      const { pageMap, pageData, counts } = encoding.pages.finish(coreWire(core));
      Object.assign(this.counts, counts);
      const image = writeImage(
        {
          metadata: {
            generation: this.generation,
            createdMs: this.options.nowMs,
            monotonicNs: this.monotonicNs,
            baseImage: encoding.baseImage,
            parent: this.options.parent?.digest ?? null,
            container: this.options.container,
            counts: this.counts,
          },
          sections: [
            { name: 'kernel', pieces: [encoding.state] },
            { name: 'page-tables', pieces: [encoding.tables] },
            { name: 'page-map', pieces: [pageMap] },
            { name: 'page-data', pieces: pageData },
          ],
        },
        core,
      );
      const trace = new FrameTrace(core, this.numbers.frames, this.epoch);
      this.spaces.forEach((mm, i) => trace.noteTable(mm, this.dumps[i]!));
      this.options.knownImages?.noteOwn(image, trace);
      return { image, counts: this.counts, trace };
    } finally {
      core.freezeEnd();
    }
  }

  /** Encodes what the pause took down, and numbers the frames that are to follow. */
  private beginEncoding(): Encoding {
    const { core } = this.kernel;
    const wire = coreWire(core);
    this.dumps = this.tables.take();
    const state = wire.encodeTapes(this.settle());
    const tables = encodeTables(wire, this.dumps, this.numbers);
    const { base, pages } = basePagesOf(this.kernel, this.epoch);
    this.counts['frames'] = this.numbers.frames.length;
    const encoder = new PageEncoder(core, this.numbers.frames, (frame) => pages.get(frame) ?? null, this.parentPages(base));
    return { state, tables, baseImage: base?.digest ?? null, pages: encoder };
  }

  private parentPages(base: BaseTree | null): ParentPages | null {
    const { parent } = this.options;
    if (!parent) return null;
    const places = new Map<number, number>();
    this.spaces.forEach((mm, i) => parent.trace.findPlaces(mm, this.dumps[i]!, places));
    const { trace, chain } = parent;
    return { trace, chain, places, loadBase: (source, page, out) => base !== null && readBasePage(base, source, page, out) };
  }

  /** Gives the checkpoint up; the container goes on as if it had not been asked for. */
  abandon(): void {
    this.tables.release();
    this.kernel.services.get('vfs', Vfs).unsettled = null;
    this.kernel.core.freezeEnd();
  }
}

/** What is encoded after the pause. */
interface Encoding {
  readonly state: Uint8Array;
  readonly tables: Uint8Array;
  readonly baseImage: string | null;
  readonly pages: PageEncoder;
}

/**
 * Frames that hold pages of the base image, now and at the freeze that ended `epoch`. One that has become the container's own
 * since is not among them and saved by its content; so is one that was written, freed and taken for a page of the base since.
 */
function basePagesOf(kernel: Kernel, epoch: number): { base: BaseTree | null; pages: Map<number, BasePage> } {
  const pages = new Map<number, BasePage>();
  let base: BaseTree | null = null;
  for (const fileSystem of kernel.services.get('vfs', Vfs).fileSystems) {
    if (!(fileSystem instanceof RootFs)) continue;
    base = fileSystem.base;
    for (const { frame, path, pageIndex } of fileSystem.mappedBasePages()) {
      if (kernel.core.frameDirtyEpoch(frame) <= epoch) pages.set(frame, { source: path, page: pageIndex });
    }
  }
  return { base, pages };
}

/** The whole checkpoint at once. */
export function saveImage(kernel: Kernel, options: SaveOptions): Uint8Array {
  return saveAtOnce(kernel, options).image;
}

/** The whole checkpoint at once, with what the next one needs to be a difference to it. */
export function saveAtOnce(kernel: Kernel, options: SaveOptions): Saved {
  const save = Save.begin(kernel, options);
  try {
    while (!save.step(4096)) continue;
  } catch (error) {
    save.abandon();
    throw error instanceof RangeError ? new ImageError('memory', `no room for the image (${error.message})`) : error;
  }
  return save.finish();
}

/** Registers are in the core's slots; the state stream holds a copy of each. */
function saveRegisters(kernel: Kernel): void {
  const bytes = kernel.core.bytes();
  for (const task of kernel.tasks.values()) {
    if (task.runState === 'exited') continue;
    const start = kernel.core.hartAddress(task.slot);
    task.savedRegisters = bytes.slice(start, start + HART_BYTES);
  }
}

const NOTHING = new Uint8Array(0);

function forgetRegisters(kernel: Kernel): void {
  for (const task of kernel.tasks.values()) task.savedRegisters = NOTHING;
}

function countsOf(kernel: Kernel): { [name: string]: number } {
  let execGroups = 0;
  for (const group of kernel.threadGroups.values()) if (group.origin === 'exec') execGroups++;
  return { tasks: kernel.tasks.size, threadGroups: kernel.threadGroups.size, execGroups };
}

import { ImageError } from '../../base/errors.ts';
import { HART_BYTES } from '../../core/layout.ts';
import { saveGraph } from '../../state/index.ts';
import { RootFs } from '../fs/rootfs/rootfs.ts';
import { Vfs } from '../vfs/vfs.ts';
import type { Kernel } from '../task/kernel.ts';
import { coreWire } from './core-wire.ts';
import { FrameNumbers } from './frame-numbers.ts';
import { writeImage } from './image.ts';
import type { Json } from './image.ts';
import { dumpSpace, encodeTables } from './page-tables.ts';
import { PageEncoder } from './pages.ts';
import type { BasePage } from './pages.ts';

/** What is written beside the kernel's state. */
export interface SaveOptions {
  /** Realtime, ms since 1970. */
  readonly nowMs: number;
  /** How the container was created; comes back at the restore as it is. */
  readonly container: Json;
}

/**
 * A checkpoint under way: frozen, and encoded piece by piece while the guest may go on.
 *
 * `begin` is the pause. Then `step` until it answers true, between slices of the guest or at a stretch; then `finish`.
 */
export class Save {
  private readonly kernel: Kernel;
  private readonly options: SaveOptions;
  private readonly numbers: FrameNumbers;
  private readonly state: Uint8Array;
  private readonly tables: Uint8Array;
  private readonly pages: PageEncoder;
  private readonly baseImage: string | null;
  private readonly counts: { [name: string]: number };
  private readonly monotonicNs: number;
  private readonly generation: number;

  private constructor(kernel: Kernel, options: SaveOptions) {
    const { core } = kernel;
    const wire = coreWire(core);
    this.kernel = kernel;
    this.options = options;
    this.monotonicNs = kernel.clock.monotonicNs;
    this.generation = kernel.generation;
    const vfs = kernel.services.get('vfs', Vfs);
    for (const fileSystem of vfs.fileSystems) fileSystem.beforeCheckpoint();
    core.freeze();
    this.numbers = new FrameNumbers(core);
    saveRegisters(kernel);
    const dumps = [...kernel.addressSpaces()].map((mm) => dumpSpace(core, mm.space));
    this.tables = encodeTables(wire, dumps, this.numbers);
    this.state = saveGraph(kernel, { wire, saveFrame: (frame) => this.numbers.saveFrame(frame) });
    forgetRegisters(kernel);
    const basePages = new Map<number, BasePage>();
    let baseImage: string | null = null;
    for (const fileSystem of vfs.fileSystems) {
      if (!(fileSystem instanceof RootFs)) continue;
      baseImage = fileSystem.base.digest;
      for (const { frame, path, pageIndex } of fileSystem.mappedBasePages()) basePages.set(frame, { source: path, page: pageIndex });
    }
    this.baseImage = baseImage;
    this.counts = countsOf(kernel, this.numbers.frames.length);
    this.pages = new PageEncoder(core, this.numbers.frames, (frame) => basePages.get(frame) ?? null);
  }

  /** Freezes the kernel and takes down everything but the pages' content. The guest may go on when this returns. */
  static begin(kernel: Kernel, options: SaveOptions): Save {
    try {
      return new Save(kernel, options);
    } catch (error) {
      kernel.core.freezeEnd();
      throw error;
    }
  }

  /** Encodes up to `pages` pages; answers whether all are done. */
  step(pages: number): boolean {
    return this.pages.step(pages);
  }

  /** The image, once `step` has answered true. Ends the freeze. */
  finish(): { image: Uint8Array; counts: { readonly [name: string]: number } } {
    const { core } = this.kernel;
    try {
      const { pageMap, pageData, counts } = this.pages.finish(coreWire(core));
      Object.assign(this.counts, counts);
      const image = writeImage(
        {
          metadata: {
            generation: this.generation,
            createdMs: this.options.nowMs,
            monotonicNs: this.monotonicNs,
            baseImage: this.baseImage,
            parent: null,
            container: this.options.container,
            counts: this.counts,
          },
          sections: [
            { name: 'kernel', pieces: [this.state] },
            { name: 'page-tables', pieces: [this.tables] },
            { name: 'page-map', pieces: [pageMap] },
            { name: 'page-data', pieces: pageData },
          ],
        },
        core,
      );
      return { image, counts: this.counts };
    } finally {
      core.freezeEnd();
    }
  }

  /** Gives the checkpoint up; the container goes on as if it had not been asked for. */
  abandon(): void {
    this.kernel.core.freezeEnd();
  }
}

/** The whole checkpoint at once. */
export function saveImage(kernel: Kernel, options: SaveOptions): Uint8Array {
  const save = Save.begin(kernel, options);
  try {
    while (!save.step(4096)) continue;
  } catch (error) {
    save.abandon();
    throw error instanceof RangeError ? new ImageError('memory', `no room for the image (${error.message})`) : error;
  }
  return save.finish().image;
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

function countsOf(kernel: Kernel, frames: number): { [name: string]: number } {
  let execGroups = 0;
  for (const group of kernel.threadGroups.values()) if (group.origin === 'exec') execGroups++;
  return { frames, tasks: kernel.tasks.size, threadGroups: kernel.threadGroups.size, execGroups };
}

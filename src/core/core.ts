import type { CoreExports } from './exports.ts';
import { Harts } from './harts.ts';

/** How much guest memory there may be. */
export interface CoreLimits {
  /** Most guest frames (4 KiB each) in use at once. */
  readonly frames: number;
}

/**
 * Wasm pages of 64 KiB that a memory has at first: the core's tables and arena, and 8 MiB of frames. Those that are not
 * touched cost nothing, and each growth makes the engine collect garbage.
 */
const INITIAL_WASM_PAGES = 864;

/** Gives frames their content when it is looked at first. */
export interface FrameFiller {
  /**
   * Puts the content at linear address `frame × 4096`. It must not make memory grow, nor use the scratch buffer: it is called
   * from within calls that use them.
   *
   * @param source  what `frameAllocAbsent` was given
   */
  fill(frame: number, source: number): void;
}

/** Known to the module's import before there is a `Core`. */
interface FillerCell {
  filler: FrameFiller | null;
}

/**
 * The core, its memory and nothing else: guest memory by frames and address spaces; harts and their registers (`Harts`); and
 * linear memory as it is (`LinearMemory`).
 *
 * A number that names a frame, a space or a hart slot is never 0; functions that return one return 0 when there is none
 * left. Guest addresses (`va`) are bytes below 2^38, `vpn` is an address divided by 4,096.
 *
 * Addresses of linear memory stay valid until the frame is freed, the views of it up to the next growth only.
 */
export class Core extends Harts {
  private readonly cell: FillerCell;

  constructor(exports: CoreExports, memory: WebAssembly.Memory, cell: FillerCell) {
    super(exports, memory);
    this.cell = cell;
  }

  /** Instantiates a compiled `core.wasm` with memory of its own, and boots it. */
  static create(module: WebAssembly.Module, limits: CoreLimits): Core {
    const memory = new WebAssembly.Memory({ initial: INITIAL_WASM_PAGES });
    const abort = (_message: number, _file: number, line: number, column: number): never => {
      throw new Error(`core aborted at ${line}:${column}`);
    };
    const cell: FillerCell = { filler: null };
    const fillFrame = (frame: number, source: number): void => {
      if (cell.filler === null) throw new Error(`core: nobody has the content of frame ${frame}, source ${source >>> 0}`);
      cell.filler.fill(frame, source >>> 0);
    };
    const instance = new WebAssembly.Instance(module, { env: { memory, abort, fillFrame } });
    const exports = instance.exports as unknown as CoreExports;
    exports.boot(limits.frames);
    return new Core(exports, memory, cell);
  }

  // Frames

  /** Linear address of the content of a frame. Before writing to it call `frameForWrite`. */
  frameContent(frame: number): number {
    return this.exports.frameContent(frame) >>> 0;
  }

  /** The content of a frame, up to the next growth of memory. Before writing to it call `frameForWrite`. */
  frameBytes(frame: number): Uint8Array {
    const start = this.frameContent(frame);
    return this.bytes().subarray(start, start + 4096);
  }

  /** Takes a frame of zeros with one reference, 0 when the limit is reached or memory cannot grow. */
  frameAlloc(): number {
    return this.exports.frameAlloc();
  }

  /** As `frameAlloc`, but what the frame holds comes from `source`, 1 or more, when it is looked at first; see `setFiller`. */
  frameAllocAbsent(source: number): number {
    return this.exports.frameAllocAbsent(source);
  }

  /** Where the content of a frame comes from that was not looked at yet; 0 when the frame has it. */
  frameSource(frame: number): number {
    return this.exports.frameSource(frame) >>> 0;
  }

  /** Whether any frame's content is still to come from a source in [first, end). */
  hasAbsent(first: number, end: number): boolean {
    return this.exports.hasAbsent(first, end) !== 0;
  }

  /** Who fills the frames of `frameAllocAbsent`; null while there are none. */
  filler(): FrameFiller | null {
    return this.cell.filler;
  }

  setFiller(filler: FrameFiller): void {
    this.cell.filler = filler;
  }

  /** Linear address of 8,192 bytes for the filler. */
  fillBuffer(): number {
    return this.exports.fillBuffer();
  }

  frameRef(frame: number): void {
    this.exports.frameRef(frame);
  }

  /** Drops a reference; the last one frees the frame. */
  frameUnref(frame: number): void {
    this.exports.frameUnref(frame);
  }

  frameRefs(frame: number): number {
    return this.exports.frameRefs(frame) >>> 0;
  }

  framesInUse(): number {
    return this.exports.framesInUse();
  }

  frameLimit(): number {
    return this.exports.frameLimit() >>> 0;
  }

  setFrameLimit(frames: number): void {
    this.exports.setFrameLimit(frames);
  }

  /**
   * Call before writing to bytes of a frame by its number. Returns false when a freeze is active and memory cannot grow to
   * keep the frozen content: then do not write.
   */
  frameForWrite(frame: number): boolean {
    return this.exports.frameForWrite(frame) !== 0;
  }

  /** Epoch in which the frame changed last. */
  frameDirtyEpoch(frame: number): number {
    return this.exports.frameDirtyEpoch(frame) >>> 0;
  }

  currentEpoch(): number {
    return this.exports.currentEpoch() >>> 0;
  }

  /**
   * Writes the numbers of the frames in use that changed after `epoch`, ascending, as u32s to linear memory, at most `max`.
   * Returns how many there are, which may be more.
   */
  dirtySince(epoch: number, outAddress: number, max: number): number {
    return this.exports.dirtySince(epoch, outAddress, max);
  }

  // Address spaces

  spaceCreate(): number {
    return this.exports.spaceCreate();
  }

  /** A space that maps the same frames with the same flags, each with a reference more. */
  spaceFork(space: number): number {
    return this.exports.spaceFork(space);
  }

  /** A space with the tables of `space` as they stand, and no reference on what they map, for `dropShadow`; 0 when there is no room. One for a space at a time. */
  spaceShadow(space: number): number {
    return this.exports.spaceShadow(space);
  }

  /** Whether memory could not grow to keep the tables of a shadow as they were. */
  shadowLost(): boolean {
    return this.exports.shadowLost() !== 0;
  }

  dropShadow(shadow: number): void {
    this.exports.dropShadow(shadow);
  }

  /** Lets go of all the space maps, and of the space. */
  spaceDestroy(space: number): void {
    this.exports.spaceDestroy(space);
  }

  /** Maps `frame` with a reference of its own in place of what was there. Returns false when memory cannot grow for tables. */
  map(space: number, vpn: number, frame: number, flags: number): boolean {
    return this.exports.map(space, vpn, frame, flags) !== 0;
  }

  /** Maps a new frame of zeros, held by the mapping alone. Returns the frame or 0. */
  mapNewZero(space: number, vpn: number, flags: number): number {
    return this.exports.mapNewZero(space, vpn, flags);
  }

  unmap(space: number, vpn: number, pages: number): void {
    this.exports.unmap(space, vpn, pages);
  }

  /** Replaces the PTE_READ, PTE_WRITE and PTE_EXEC bits of what is mapped in the range. */
  protect(space: number, vpn: number, pages: number, flags: number): void {
    this.exports.protect(space, vpn, pages, flags);
  }

  /** Moves what is mapped to a range that does not overlap. Returns false, with nothing moved, when memory cannot grow. */
  movePages(space: number, fromVpn: number, toVpn: number, pages: number): boolean {
    return this.exports.movePages(space, fromVpn, toVpn, pages) !== 0;
  }

  /** `frame × 4096 | flags` of what is mapped, 0 for nothing. */
  pte(space: number, vpn: number): number {
    return this.exports.pte(space, vpn) >>> 0;
  }

  /** First page at or after `vpn` at which something is mapped, or `endVpn`. */
  nextMapped(space: number, vpn: number, endVpn: number): number {
    return this.exports.nextMapped(space, vpn, endVpn);
  }

  /** Linear address of the byte at `va` for an access of the guest, 0 when that would fault. */
  translate(space: number, va: number, access: number): number {
    return this.exports.translate(space, va, access) >>> 0;
  }

  /** As `translate`, whatever the permissions; a write to a private frame still goes to a copy. */
  translateForce(space: number, va: number, forWrite: boolean): number {
    return this.exports.translateForce(space, va, forWrite ? 1 : 0) >>> 0;
  }

  /** Drops cached translations of the space. */
  flushSpace(space: number): void {
    this.exports.flushSpace(space);
  }

  // Freeze

  /**
   * Ends the epoch and keeps the content of every frame as of now readable by `frozenContent` until `freezeEnd`; guests may
   * go on. Returns the epoch that ended, 0 when a freeze is active already.
   */
  freeze(): number {
    return this.exports.freeze() >>> 0;
  }

  isFrozen(): boolean {
    return this.exports.isFrozen() !== 0;
  }

  freezeEnd(): void {
    this.exports.freezeEnd();
  }

  /** Linear address of the content that a frame in use at the freeze had then. */
  frozenContent(frame: number): number {
    return this.exports.frozenContent(frame) >>> 0;
  }

  /** Version of the map of memory: an image made for another one is refused. */
  layoutVersion(): number {
    return this.exports.layoutVersion();
  }
}

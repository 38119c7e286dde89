import type { PageWorkExports } from './page-work.ts';

/** What `core.wasm` exports, as `assembly/index.ts` and the page work declare it. Numbers are u32 unless they say otherwise. */
export interface CoreExports extends PageWorkExports {
  readonly memory: WebAssembly.Memory;

  layoutVersion(): number;
  boot(limitFrames: number): void;

  frameAlloc(): number;
  frameAllocAbsent(source: number): number;
  frameSource(frame: number): number;
  frameContent(frame: number): number;
  frameTakeMany(frames: number, count: number, epoch: number, firstSource: number): number;
  frameCountSame(frames: number, count: number, epoch: number): number;
  frameUnrefMany(frames: number, count: number): void;
  hasAbsent(firstSource: number, endSource: number): number;
  fillBuffer(): number;
  frameRef(frame: number): void;
  frameUnref(frame: number): void;
  frameRefs(frame: number): number;
  framesInUse(): number;
  frameLimit(): number;
  setFrameLimit(frames: number): void;
  frameForWrite(frame: number): number;
  frameDirtyEpoch(frame: number): number;
  currentEpoch(): number;
  dirtySince(epoch: number, outAddress: number, max: number): number;

  spaceCreate(): number;
  spaceFork(space: number): number;
  spaceShadow(space: number): number;
  shadowLost(): number;
  dropShadow(shadow: number): void;
  spaceDestroy(space: number): void;
  map(space: number, vpn: number, frame: number, flags: number): number;
  mapNewZero(space: number, vpn: number, flags: number): number;
  unmap(space: number, vpn: number, pages: number): void;
  protect(space: number, vpn: number, pages: number, flags: number): void;
  movePages(space: number, fromVpn: number, toVpn: number, pages: number): number;
  pte(space: number, vpn: number): number;
  nextMapped(space: number, vpn: number, endVpn: number): number;
  translate(space: number, va: number, access: number): number;
  translateForce(space: number, va: number, forWrite: number): number;
  flushSpace(space: number): void;

  hartAlloc(): number;
  hartFree(slot: number): void;
  hartAddress(slot: number): number;
  run(slot: number, space: number, fuel: number): number;
  lastRetired(): number;
  setTimeCsr(low: number, high: number, instructionsPerTick: number): void;

  freeze(): number;
  freezeEnd(): void;
  frozenContent(frame: number): number;
  isFrozen(): number;

  scratchAddress(bytes: number): number;
}

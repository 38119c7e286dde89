/** Frames that are given their content when it is looked at first. */
import { describe, expect, it } from 'vitest';
import type { Core, FrameFiller } from '../../src/core/core.ts';
import { ACCESS_READ, ACCESS_WRITE, PAGE_BYTES, PTE_EXEC, PTE_READ, PTE_WRITE } from '../../src/core/layout.ts';
import { freshCore } from './snapshot-module.ts';

const VPN = 0x100;
const VA = VPN * PAGE_BYTES;
const SOURCE = 77;
const CONTENT = 0x41;

/** Fills frames with one byte and remembers which. */
class Filler implements FrameFiller {
  readonly filled: number[] = [];
  private readonly core: Core;

  constructor(core: Core) {
    this.core = core;
  }

  fill(frame: number, source: number): void {
    expect(source).toBe(SOURCE);
    this.filled.push(frame);
    this.core.bytes().fill(CONTENT, frame * PAGE_BYTES, (frame + 1) * PAGE_BYTES);
  }
}

function begin(): { core: Core; filler: Filler; frame: number; space: number } {
  const core = freshCore(64);
  const filler = new Filler(core);
  core.setFiller(filler);
  const frame = core.frameAllocAbsent(SOURCE);
  const space = core.spaceCreate();
  core.map(space, VPN, frame, PTE_READ | PTE_WRITE);
  core.frameUnref(frame);
  return { core, filler, frame, space };
}

describe('a frame without its content', () => {
  it('is filled by the first access, and by no other', () => {
    const { core, filler, frame, space } = begin();
    expect(core.frameSource(frame)).toBe(SOURCE);
    expect(core.bytes()[core.translate(space, VA + 5, ACCESS_READ)]).toBe(CONTENT);
    expect(core.frameSource(frame)).toBe(0);
    core.bytes()[core.translate(space, VA + 5, ACCESS_WRITE)] = 1;
    expect(core.frameBytes(frame)[5]).toBe(1);
    expect(filler.filled).toEqual([frame]);
  });

  it('is filled before the first store, by address and by number, and by a debugger', () => {
    for (const look of [
      ({ core, space }: ReturnType<typeof begin>) => core.translate(space, VA, ACCESS_WRITE),
      ({ core, space }: ReturnType<typeof begin>) => core.translateForce(space, VA, true),
      ({ core, space }: ReturnType<typeof begin>) => core.translateForce(space, VA, false),
      ({ core, frame }: ReturnType<typeof begin>) => core.frameForWrite(frame),
      ({ core, frame }: ReturnType<typeof begin>) => core.frameContent(frame),
    ]) {
      const begun = begin();
      look(begun);
      expect(begun.core.bytes()[begun.frame * PAGE_BYTES + 9]).toBe(CONTENT);
      expect(begun.filler.filled).toEqual([begun.frame]);
    }
  });

  it('is not filled by a fork, a move, a change of protection, or its end', () => {
    const { core, filler, frame, space } = begin();
    const child = core.spaceFork(space);
    core.protect(child, VPN, 1, PTE_READ | PTE_EXEC);
    core.movePages(child, VPN, VPN + 7, 1);
    expect(core.frameRefs(frame)).toBe(2);
    core.spaceDestroy(space);
    core.spaceDestroy(child);
    expect(core.framesInUse()).toBe(0);
    expect(filler.filled).toEqual([]);
    expect(core.hasAbsent(SOURCE, SOURCE + 1)).toBe(false);
    let other = core.frameAlloc();
    while (other !== frame && other !== 0) other = core.frameAlloc();
    expect(other).toBe(frame); // the same page again
    expect(core.frameBytes(other).every((byte) => byte === 0)).toBe(true);
    expect(filler.filled).toEqual([]);
  });

  it('is copied with its content by the store of one of two that share it', () => {
    const { core, filler, frame, space } = begin();
    const child = core.spaceFork(space);
    core.bytes()[core.translate(child, VA, ACCESS_WRITE)] = 9;
    const copy = core.pte(child, VPN) >>> 12;
    expect(copy).not.toBe(frame);
    expect([...core.frameBytes(copy).subarray(0, 3)]).toEqual([9, CONTENT, CONTENT]);
    expect([...core.frameBytes(frame).subarray(0, 3)]).toEqual([CONTENT, CONTENT, CONTENT]);
    expect(filler.filled).toEqual([frame]);
  });

  it('keeps its content for a freeze that began before it was filled, written or freed', () => {
    const { core, filler, frame, space } = begin();
    const freed = core.frameAllocAbsent(SOURCE);
    const read = core.frameAllocAbsent(SOURCE);
    core.freeze();
    core.bytes()[core.translate(space, VA, ACCESS_WRITE)] = 9;
    core.frameContent(read);
    core.frameUnref(freed);
    expect(core.frameDirtyEpoch(read)).toBeLessThan(core.currentEpoch()); // to be filled is no change
    expect(core.frameAlloc()).not.toBe(freed);
    for (const of of [frame, freed, read]) expect(core.bytes()[core.frozenContent(of)]).toBe(CONTENT);
    expect(core.frameBytes(frame)[0]).toBe(9);
    core.freezeEnd();
    expect(filler.filled).toEqual([frame, read, freed]);
    expect(core.frameSource(freed)).toBe(0);
  });

  it('counts against the limit, and is told of by its source', () => {
    const { core } = begin();
    expect(core.hasAbsent(SOURCE, SOURCE + 1)).toBe(true);
    expect(core.hasAbsent(1, SOURCE)).toBe(false);
    expect(core.hasAbsent(SOURCE + 1, 4_000_000_000)).toBe(false);
    core.setFrameLimit(core.framesInUse());
    expect(core.frameAllocAbsent(SOURCE)).toBe(0);
  });
});

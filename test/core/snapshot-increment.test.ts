import { describe, expect, it } from 'vitest';
import { ImageError } from '../../src/base/errors.ts';
import type { Core } from '../../src/core/core.ts';
import { coreWire } from '../../src/sentry/checkpoint/core-wire.ts';
import { FrameTrace } from '../../src/sentry/checkpoint/frame-trace.ts';
import { CHAIN_LIMIT, PageChain } from '../../src/sentry/checkpoint/page-chain.ts';
import { PageEncoder, loadPages } from '../../src/sentry/checkpoint/pages.ts';
import type { BasePage, PageSections, ParentPages } from '../../src/sentry/checkpoint/pages.ts';
import { freshCore, sample } from './snapshot-module.ts';
import { randomSource } from '../support/random.ts';

const PAGE = 4096;
const noBase = (): boolean => false;

function refusalOf(work: () => unknown): string | null {
  try {
    work();
    return null;
  } catch (error) {
    if (error instanceof ImageError) return error.message;
    throw error;
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap((piece) => [...piece]));
}

/** Frames that a guest might have, and what a checkpoint of them must bring back. */
class Guest {
  readonly core: Core;
  readonly random: () => number;
  frames: number[] = [];

  constructor(core: Core, random: () => number) {
    this.core = core;
    this.random = random;
  }

  /** Writes, frees, takes and repeats some frames. */
  act(): void {
    const { core, random, frames } = this;
    for (let i = random() % 12; i > 0; i--) {
      const which = random() % Math.max(1, frames.length);
      const frame = frames[which] ?? 0;
      switch (random() % (frames.length === 0 ? 1 : 6)) {
        case 0:
          frames.push(core.frameAlloc());
          if (random() % 4 > 0) core.frameBytes(frames.at(-1)!).set(sample(random(), PAGE, random));
          break;
        case 1: // a few words
          core.frameForWrite(frame);
          for (let words = random() % 30; words > 0; words--) core.frameBytes(frame)[random() % PAGE] = random();
          break;
        case 2: // all of it
          core.frameForWrite(frame);
          core.frameBytes(frame).set(sample(random(), PAGE, random));
          break;
        case 3: // freed, and perhaps handed out again
          core.frameUnref(frame);
          frames.splice(which, 1);
          break;
        case 4: // the same bytes once more
          core.frameForWrite(frame);
          core.frameBytes(frame).set(core.frameBytes(frames[random() % frames.length]!));
          break;
        default: // written, with what it has
          core.frameForWrite(frame);
      }
    }
  }

  /** A checkpoint during which the guest goes on, by `meanwhile`. */
  save(parent: ParentPages | null, meanwhile = () => this.act()): { sections: PageSections; trace: FrameTrace; contents: Uint8Array[] } {
    const { core } = this;
    for (let i = this.frames.length - 1; i > 0; i--) {
      const j = this.random() % (i + 1);
      if (this.random() % 8 === 0) [this.frames[i], this.frames[j]] = [this.frames[j]!, this.frames[i]!];
    }
    const frames = [...this.frames];
    const contents = frames.map((frame) => core.frameBytes(frame).slice());
    const epoch = core.freeze();
    const encoder = new PageEncoder(core, frames, () => null, parent);
    while (!encoder.step(1 + (this.random() % 9))) meanwhile();
    const sections = encoder.finish(coreWire(core));
    core.freezeEnd();
    return { sections, trace: new FrameTrace(core, frames, epoch), contents };
  }
}

function chainOf(core: Core, { pageMap, pageData }: PageSections, below: PageChain | null): PageChain {
  return PageChain.of(coreWire(core), pageMap, joined(pageData), below);
}

function expectContents(chain: PageChain, contents: readonly Uint8Array[]): Core {
  const core = freshCore(2000);
  const { frames } = loadPages(core, chain, noBase);
  expect(frames.length).toBe(contents.length);
  contents.forEach((content, i) => {
    if (Buffer.compare(core.frameBytes(frames[i]!), content) !== 0) expect.fail(`image frame ${i + 1} differs`);
  });
  return core;
}

describe('PageEncoder with a parent', () => {
  it('brings back every frame of every image of a chain, whatever was written, freed and taken again', () => {
    const total = { parent: 0, delta: 0, duplicate: 0, zero: 0, compressed: 0, raw: 0, base: 0 };
    for (let seed = 1; seed <= 20; seed++) {
      const guest = new Guest(freshCore(2000), randomSource(seed * 7919));
      for (let i = 0; i < 8; i++) guest.act();
      let parent: ParentPages | null = null;
      for (let round = 0; round < 8; round++) {
        const { sections, trace, contents } = guest.save(parent);
        const chain: PageChain = chainOf(guest.core, sections, parent?.chain ?? null);
        expectContents(chain, contents);
        for (const kind of Object.keys(total) as (keyof typeof total)[]) total[kind] += sections.counts[kind];
        // Now and then a checkpoint that nobody keeps comes in between, and the next one stands on an older one.
        if (guest.random() % 4 > 0 || parent === null) parent = { trace, chain, loadBase: noBase };
        guest.act();
      }
    }
    expect(Math.min(total.parent, total.delta, total.duplicate, total.zero, total.compressed, total.raw)).toBeGreaterThan(10);
  });

  it('holds nothing but references when nothing was written, and one difference for one word', () => {
    const guest = new Guest(freshCore(2000), randomSource(5));
    for (let i = 0; i < 30; i++) guest.act();
    const { core, frames } = guest;
    const written = frames.length - 1;
    core.frameBytes(frames[written]!).set(sample(0, PAGE, guest.random));
    const first = guest.save(null, () => {});
    const parent = { trace: first.trace, chain: chainOf(core, first.sections, null), loadBase: noBase };
    const still = guest.save(parent, () => {}).sections;
    expect(still.counts.parent).toBe(frames.length);
    expect(joined(still.pageData).length).toBe(0);

    const page = core.frameBytes(frames[written]!);
    core.frameForWrite(frames[written]!);
    page[8] = page[8]! ^ 0xff;
    const { sections, contents } = guest.save(parent, () => {});
    expect(sections.counts).toMatchObject({ parent: frames.length - 1, delta: 1 });
    expect(joined(sections.pageData).length).toBe(10); // where, and the word
    expectContents(chainOf(core, sections, parent.chain), contents);
  });

  it('tells a page that is no longer known as one of the base image by its content, as a full image does', () => {
    const core = freshCore(16);
    const frame = core.frameAlloc();
    const content = sample(1, PAGE, randomSource(9));
    core.frameBytes(frame).set(content);
    const loadBase = (_source: string, _page: number, out: Uint8Array): boolean => {
      out.set(content);
      return true;
    };
    const save = (parent: ParentPages | null, base: BasePage | null): { sections: PageSections; parent: ParentPages } => {
      const epoch = core.freeze();
      const encoder = new PageEncoder(core, [frame], () => base, parent);
      encoder.step(1);
      const sections = encoder.finish(coreWire(core));
      core.freezeEnd();
      return { sections, parent: { trace: new FrameTrace(core, [frame], epoch), chain: chainOf(core, sections, parent?.chain ?? null), loadBase } };
    };
    const known = save(null, { source: 'file', page: 3 });
    expect(save(known.parent, { source: 'file', page: 3 }).sections.counts.parent).toBe(1);
    const own = save(known.parent, null);
    expect([own.sections.counts.delta, joined(own.sections.pageData).length, own.parent.chain.basePage(1)]).toEqual([1, 0, null]);
    const later = save(own.parent, null);
    expect(later.sections.counts.parent).toBe(1);
    const target = freshCore(16);
    const { frames } = loadPages(target, later.parent.chain, loadBase);
    expect(Buffer.compare(target.frameBytes(frames[0]!), content)).toBe(0);
  });

  it('refuses what is not well-formed, or was made for another parent', () => {
    const guest = new Guest(freshCore(2000), randomSource(77));
    for (let i = 0; i < 30; i++) guest.act();
    const first = guest.save(null);
    const { core } = guest;
    const chain = chainOf(core, first.sections, null);
    guest.act();
    const { sections } = guest.save({ trace: first.trace, chain, loadBase: noBase });
    const wire = coreWire(core);
    expect(refusalOf(() => chainOf(core, sections, null))).toMatch(/^page map: frame \d+ needs a parent image$/);
    const small = new Guest(freshCore(16), randomSource(3));
    small.frames.push(small.core.frameAlloc());
    expect(refusalOf(() => chainOf(core, sections, chainOf(core, small.save(null).sections, null)))).toMatch(/^page map: frame \d+ is frame -?\d+ of the parent, which has 1$/);

    const tapes = wire.decodeTapes(sections.pageMap, 1e6);
    const data = joined(sections.pageData);
    const random = randomSource(8);
    let refused = 0;
    for (let round = 0; round < 200; round++) {
      const ints = tapes.ints.slice();
      ints[random() % ints.length] = [0, 1, 5, 6, 13, 2 ** 32, -1, -(2 ** 53), random() % 40_000, 2 ** 53][random() % 10]!;
      const damaged = data.slice();
      if (round % 3 === 0 && data.length > 0) damaged[random() % damaged.length] = random();
      const target = freshCore(2000);
      const refusal = refusalOf(() => {
        const pageMap = wire.encodeTapes({ ints, bytes: tapes.bytes });
        loadPages(target, PageChain.of(wire, pageMap, damaged, chain), noBase);
      });
      if (refusal !== null) refused++;
    }
    expect(refused).toBeGreaterThan(60);
  });

  it('refuses a chain that is too long', () => {
    const guest = new Guest(freshCore(64), randomSource(1));
    const frame = guest.core.frameAlloc();
    guest.frames.push(frame);
    const parents: ParentPages[] = [];
    for (let i = 0; i < CHAIN_LIMIT; i++) {
      const below = parents.at(-1) ?? null;
      const { sections, trace } = guest.save(below, () => {});
      parents.push({ trace, chain: chainOf(guest.core, sections, below?.chain ?? null), loadBase: noBase });
      guest.core.frameForWrite(frame);
      guest.core.frameBytes(frame)[i * 16] = i + 1;
    }
    const last = parents[CHAIN_LIMIT - 1]!;
    expect(refusalOf(() => chainOf(guest.core, guest.save(last, () => {}).sections, last.chain))).toBe(`parent: the image stands on ${CHAIN_LIMIT} others, at most ${CHAIN_LIMIT - 1} are possible`);
  });
});

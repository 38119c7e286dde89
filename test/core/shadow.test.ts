/** Page tables kept as they were at one moment, while the space goes on. */
import { describe, expect, it } from 'vitest';
import type { Core } from '../../src/core/core.ts';
import { ACCESS_WRITE, PAGE_BYTES, PTE_READ, PTE_WRITE } from '../../src/core/layout.ts';
import { dumpSpace } from '../../src/sentry/checkpoint/page-tables.ts';
import { freshCore } from './snapshot-module.ts';
import { randomSource } from '../support/random.ts';

const FLAGS = PTE_READ | PTE_WRITE;
const LEAF_PAGES = 1024;
/** In several leaves, and in two middle tables. */
const PLACES = [0x40, 0x7f0, 5 * LEAF_PAGES, 0x10_0000, 0x10_0000 + 3 * LEAF_PAGES];

/** One of all that changes page tables. */
function change(core: Core, space: number, random: () => number): void {
  const vpn = PLACES[random() % PLACES.length]! + (random() % 24);
  switch (random() % 7) {
    case 0:
    case 1:
      core.mapNewZero(space, vpn, FLAGS);
      return;
    case 2:
      core.unmap(space, vpn, random() % 3 === 0 ? 2 * LEAF_PAGES : 1 + (random() % 9));
      return;
    case 3:
      core.protect(space, vpn, 1 + (random() % 40), random() % 2 === 0 ? PTE_READ : FLAGS);
      return;
    case 4:
      core.movePages(space, vpn, 9 * LEAF_PAGES + (random() % 3000), 1 + (random() % 12));
      return;
    case 5:
      core.translate(space, vpn * PAGE_BYTES, ACCESS_WRITE);
      return;
    case 6: {
      const child = core.spaceFork(space); // then a store copies the frame of one of the two
      for (let page = core.nextMapped(space, 0, 1 << 26); page < 1 << 26; page = core.nextMapped(space, page + 1 + (random() % 5), 1 << 26)) core.translate(space, page * PAGE_BYTES, ACCESS_WRITE);
      core.spaceDestroy(child);
    }
  }
}

describe('spaceShadow', () => {
  for (const seed of [1, 22, 333]) {
    it(`tells what the space mapped, whatever becomes of that, and changes nothing of it (history ${seed})`, () => {
      const random = randomSource(seed * 2654435761);
      const core = freshCore(2048);
      const twin = freshCore(2048);
      const again = randomSource(seed * 2654435761 + 1);
      const asAgain = randomSource(seed * 2654435761 + 1);
      let space = core.spaceCreate();
      let twinSpace = twin.spaceCreate();
      for (let round = 0; round < 60; round++) {
        const before = dumpSpace(core, space);
        const shadow = core.spaceShadow(space);
        const changes = random() % 12;
        for (let i = 0; i < changes; i++) {
          change(core, space, again);
          change(twin, twinSpace, asAgain);
        }
        if (random() % 9 === 0) {
          core.spaceDestroy(space);
          twin.spaceDestroy(twinSpace);
          expect(core.framesInUse()).toBe(0);
          space = core.spaceCreate();
          twinSpace = twin.spaceCreate();
        }
        expect(dumpSpace(core, shadow)).toEqual(before);
        expect(core.shadowLost()).toBe(false);
        core.dropShadow(shadow);
        const places = (dump: Uint32Array): number[] => [...dump].map((word, i) => (i % 2 === 0 ? word : word & 15));
        expect(places(dumpSpace(core, space))).toEqual(places(dumpSpace(twin, twinSpace)));
        expect(core.framesInUse()).toBe(twin.framesInUse());
      }
    });
  }

  it('gives every page back', () => {
    const core = freshCore(256);
    const space = core.spaceCreate();
    for (const vpn of PLACES) core.mapNewZero(space, vpn, FLAGS);
    let bytes = 0;
    for (let round = 0; round < 3000; round++) {
      const shadow = core.spaceShadow(space);
      for (const vpn of PLACES) core.mapNewZero(space, vpn + 1, FLAGS);
      core.unmap(space, 0, 1 << 26);
      for (const vpn of PLACES) core.mapNewZero(space, vpn, FLAGS);
      core.dropShadow(shadow);
      if (round === 10) bytes = core.bytes().length;
    }
    expect(core.bytes().length).toBe(bytes);
  });

  it('is refused for a space that has one', () => {
    const core = freshCore(16);
    const space = core.spaceCreate();
    core.mapNewZero(space, 7, FLAGS);
    const shadow = core.spaceShadow(space);
    expect(core.spaceShadow(space)).toBe(0);
    core.mapNewZero(space, 8, FLAGS);
    expect(core.pte(shadow, 8)).toBe(0);
    core.dropShadow(shadow);
    const next = core.spaceShadow(space);
    expect(core.pte(next, 8)).toBe(core.pte(space, 8));
    core.dropShadow(next);
  });
});

/**
 * Situations that a checkpoint and a restore must leave as they are.
 *
 * Each is brought about once, and then gone on from in eight ways that must show the same: undisturbed, after a checkpoint that
 * left it running, restored, restored a second time from the same image, from a checkpoint of the restored container (as a full
 * image and as a difference), after an hour on disk under the clock policy that counts it, and restored in the place of a
 * container that had gone on.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { specToJson } from '../../../src/container/spec.ts';
import { ImageStore } from '../../../src/container/image-store.ts';
import { KnownImages } from '../../../src/sentry/checkpoint/known-images.ts';
import { saveAtOnce } from '../../../src/sentry/checkpoint/save.ts';
import { ContainerHarness, hasProgram } from '../../support/container-harness.ts';
import type { HarnessOptions } from '../../support/container-harness.ts';

const HOUR_MS = 3_600_000;
/** Time that a program gets to come to its point, in pieces after which it is looked at; and to its end. */
const ARRANGE_MS = 5000;
const PIECE_MS = 5;
const LONGEST_MS = 120_000;
const POINT = 'at the point\n';

export const TERMINAL = { columns: 80, rows: 24 };

/** Something that must survive. */
export interface Situation {
  readonly start: HarnessOptions;
  /** Brings the container to the point. */
  arrange(container: ContainerHarness): void;
  /** Goes on from the point. Seen is what init prints from then on, and after it what is returned. */
  goOn(container: ContainerHarness): string | void;
  /** What must be seen; or what it must be like when undisturbed, and it must be the same in all other ways. */
  readonly expected: string | RegExp;
  /** What must be seen after an hour on disk that the clock has counted, where it differs. */
  readonly overdue?: string | RegExp;
}

const COUNTED = 'after an hour on disk that counts';

/** The ways from the point on. */
function routes(before: ContainerHarness): readonly (readonly [string, () => ContainerHarness])[] {
  const knownImages = new KnownImages();
  const { realtimeMs } = before.clock();
  const { image } = saveAtOnce(before.container.kernel, { nowMs: Math.floor(realtimeMs), container: specToJson(before.container.spec), knownImages });
  const restored = (bytes: Uint8Array, clock: 'gvisor' | 'continue', library = new ImageStore()) =>
    ContainerHarness.restore(bytes, { realtimeMs: realtimeMs + HOUR_MS }, { clock, library });
  return [
    ['restored', () => restored(image, 'continue')],
    ['restored a second time', () => restored(image, 'continue')],
    ['restored from a checkpoint of the restored one', () => restored(restored(image, 'continue').image(), 'continue')],
    ['restored from a difference taken of the restored one', () => {
      const library = new ImageStore();
      const digest = library.add(image);
      const first = restored(image, 'continue', library);
      const { kernel, spec } = first.container;
      const options = { nowMs: Math.floor(first.clock().realtimeMs), container: specToJson(spec), parent: { digest, ...first.source! } };
      return restored(saveAtOnce(kernel, options).image, 'continue', library);
    }],
    [COUNTED, () => restored(image, 'gvisor')],
    ['left running after the checkpoint', () => before],
    ['restored in the place of that one', () =>
      ContainerHarness.restore(image, { realtimeMs: realtimeMs + HOUR_MS }, { clock: 'continue', knownImages, replaced: before.container })],
  ];
}

function seen(situation: Situation, container: ContainerHarness): string {
  const already = container.init.output().length;
  const told = situation.goOn(container) ?? '';
  return container.init.output().slice(already) + told;
}

function arranged(situation: Situation): ContainerHarness {
  const container = ContainerHarness.start(situation.start);
  situation.arrange(container);
  return container;
}

function expectSeen(route: string, text: string, expected: string | RegExp): void {
  if (typeof expected === 'string') expect(text, route).toBe(expected);
  else expect(text, route).toMatch(expected);
}

/** Tests that `situation` survives. */
export function survives(name: string, situation: () => Situation): void {
  it(name, () => {
    const that = situation();
    const undisturbed = seen(that, arranged(that));
    expectSeen('undisturbed', undisturbed, that.expected);
    for (const [route, make] of routes(arranged(that))) {
      expectSeen(route, seen(that, make()), route === COUNTED ? (that.overdue ?? undisturbed) : undisturbed);
    }
  });
}

/** What Linux printed for a mode of a guest program, from its point on. */
function linuxTranscript(program: string, mode: string): string {
  const text = readFileSync(new URL(`transcripts/${program}.${mode}.txt`, import.meta.url), 'latin1');
  const at = text.indexOf(POINT);
  return text.slice(at + POINT.length);
}

/** Runs a container until its init has ended. */
export function toTheEnd(container: ContainerHarness): void {
  container.run(LONGEST_MS);
}

/** A mode of a guest program under a shell as init, and what Linux prints for it. `overdue` is made from that. */
export function program(name: string, mode: string, overdue?: (transcript: string) => string): Situation {
  const expected = linuxTranscript(name, mode);
  return {
    start: { argv: ['sh', '-c', `mkdir /work; cd /work; /${name} ${mode} 2>&1; echo "[exit $?]"`], programs: [name] },
    arrange(container) {
      for (let passed = 0; passed < ARRANGE_MS && !container.init.output().endsWith(POINT); passed += PIECE_MS) container.run(PIECE_MS);
      expect(container.init.output().endsWith(POINT), `at its point: ${container.init.output()}`).toBe(true);
    },
    goOn(container) {
      container.init.type('go\n');
      toTheEnd(container);
    },
    expected,
    ...(overdue === undefined ? {} : { overdue: overdue(expected) }),
  };
}

/** Tests that modes of a guest program survive, each under the name of what it shows. */
export function programsSurvive(name: string, modes: Readonly<Record<string, string | readonly [string, (transcript: string) => string]>>): void {
  describe.skipIf(!hasProgram(name))(name, () => {
    for (const [mode, what] of Object.entries(modes)) {
      const [title, overdue] = typeof what === 'string' ? [what] : what;
      survives(title, () => program(name, mode, overdue));
    }
  });
}

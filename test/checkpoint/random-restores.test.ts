/** Checkpoints and restores at random moments and in random ways change nothing of what a mixed workload prints. */
import { describe, expect, it } from 'vitest';
import { hasProgram } from '../support/container-harness.ts';
import { disturbed, undisturbed } from './states/random-run.ts';

const SEEDS = process.env['STASIS_TEST_FULL'] === '1' ? Array.from({ length: 100 }, (_, i) => 1000 + i) : [5, 10, 11];

describe.skipIf(!hasProgram('zombies'))('a workload with pipelines, jobs, traps, sockets, terminals and locks, restored at random', () => {
  for (const seed of SEEDS) {
    it(`prints what it prints undisturbed (seed ${seed})`, () => {
      const { outputs, history } = disturbed(seed);
      expect(history.length, 'restores').toBeGreaterThan(0);
      for (const [name, expected] of undisturbed(seed).outputs) {
        expect(expected, name).toMatch(/\[exit \d+\]\n$/);
        expect(outputs.get(name), `${name}\n${history.join('\n')}`).toBe(expected);
      }
    });
  }
});

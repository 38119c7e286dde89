import type { GuestMachine } from './guest-machine.ts';

/** A way to run a guest program that must not show in what it prints. */
export interface Schedule {
  readonly name: string;
  /** Goes on with the program a little. @returns whether anything can still happen */
  advance(machine: GuestMachine): boolean;
}

const LONG_SLICE = 4_000_000;
const RARE_TRAPS = 97;
const TINY_SLICE = 1_200;
/** Odd and small: a task is interrupted at nearly every place there is. */
const TINY_QUANTUM = 97;

/** Nothing special. */
export const plain: Schedule = {
  name: 'plain',
  advance: (machine) => machine.slice({ budget: LONG_SLICE, maxTraps: Infinity }),
};

/** Tasks take turns every 97 instructions, in slices of a few traps. */
export const tinySlices: Schedule = {
  name: 'tiny slices',
  advance: (machine) => machine.slice({ budget: TINY_SLICE, maxTraps: Infinity, quantum: TINY_QUANTUM }),
};

/** Whenever a syscall has to wait: checkpoint, and on in a fresh core. */
export const checkpointAtBlocks: Schedule = {
  name: 'checkpoint at every block',
  advance(machine) {
    const blocksBefore = machine.blocks;
    const canGoOn = machine.slice({ budget: LONG_SLICE, maxTraps: 1 });
    if (machine.blocks > blocksBefore && canGoOn) machine.restoreInto(machine.save());
    return canGoOn;
  },
};

/**
 * Every `traps` traps: checkpoint, as a difference to the one before, teardown, and on in a fresh machine, or, every other
 * time, in the core that there is, with the pages that are the same.
 *
 * @param most  restores after which they become rarer, so that long programs do not take long
 */
export function restoredEvery(traps: number, most = Infinity): Schedule {
  return {
    name: `restored every ${traps} traps`,
    advance(machine) {
      const trapsAtEnd = machine.kernel.trapCount + (machine.restores < most ? traps : RARE_TRAPS);
      let canGoOn = true;
      while (canGoOn && machine.kernel.trapCount < trapsAtEnd) {
        canGoOn = machine.slice({ budget: LONG_SLICE, maxTraps: trapsAtEnd - machine.kernel.trapCount });
      }
      if (!canGoOn) return false;
      if (machine.restores % 2 === 0) machine.restoreChain(machine.saveDifference());
      else machine.restoreInPlace(machine.saveDifference());
      return canGoOn;
    },
  };
}

const isFull = process.env['STASIS_TEST_FULL'] === '1';

/** Those of every run. */
export const schedules: readonly Schedule[] = [plain, tinySlices, checkpointAtBlocks, restoredEvery(50)];

/** The ones that restore most: in every run for a part of each long program, in `npm run test:full` for all of it and after each trap. */
export const restoringSchedules: readonly Schedule[] = isFull ? [restoredEvery(7), restoredEvery(1)] : [restoredEvery(7, 25)];

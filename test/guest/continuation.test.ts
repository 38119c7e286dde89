import { describe, expect, it } from 'vitest';
import { GuestMachine } from './support/guest-machine.ts';
import { guestTree, hasPrograms } from './support/run-program.ts';
import { stateHash } from './support/state-hash.ts';

const PROGRAMS = [
  'epoll-modes', 'float-rounding', 'fork-cow', 'locks-record', 'mmap-truncated', 'net-unix-rights', 'pty-session', 'self-modifying', 'signal-pending',
  'signal-restart-wait', 'thread-eight', 'timer-posix',
];
/** Traps after which a checkpoint is taken: in the C library's start, and in the program. */
const MOMENTS = [3, 40, 70];
/** Slices after each of which the two machines are compared. */
const SLICES = 12;
const SLICE = { budget: 9_973, maxTraps: Infinity, quantum: 1_009 };

describe.skipIf(!hasPrograms)('hash(restore(save(m)).run(n)) = hash(m.run(n))', () => {
  it.for(PROGRAMS)('%s', (name) => {
    for (const moment of MOMENTS) {
      const machine = new GuestMachine(guestTree);
      machine.start([`/bin/${name}`]);
      while (machine.kernel.trapCount < moment && machine.slice({ budget: 100_000, maxTraps: 1 })) continue;
      expect([...machine.kernel.threadGroups.values()].some((group) => !group.isExited()), `alive after ${moment} traps`).toBe(true);
      const twin = machine.twin(machine.save());
      expect(stateHash(twin.kernel), `restored after ${moment} traps`).toBe(stateHash(machine.kernel));
      for (let slice = 1; slice <= SLICES; slice++) {
        machine.slice(SLICE);
        twin.slice(SLICE);
        expect(stateHash(twin.kernel), `${slice} slices after ${moment} traps`).toBe(stateHash(machine.kernel));
      }
      expect(twin.output).toBe(machine.output);
    }
  });
});

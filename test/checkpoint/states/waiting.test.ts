/** What waits for events, and for other threads, over a checkpoint and a restore. */
import { describe } from 'vitest';
import { programsSurvive } from './support.ts';

describe('waiting survives', () => {
  programsSurvive('states-waiting', {
    eventfd: 'counters of event files, and a writer that waits for room in one',
    epoll: 'epoll sets: an edge that was told, a one-shot that is disarmed, a set within a set, and one that waits',
    futex: 'waiters of a futex, woken by number and mask, or moved to another',
    threads: 'eight threads: conditions, a join in a join, a sleep, a computation, thread-local values, and a robust mutex whose holder dies',
  });
});

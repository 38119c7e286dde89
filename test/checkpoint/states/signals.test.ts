/** Signals over a checkpoint and a restore. */
import { describe } from 'vitest';
import { programsSurvive } from './support.ts';

describe('signals survive', () => {
  programsSurvive('states-signals', {
    pending: 'signals pending and blocked; realtime ones in order, with their values',
    handler: 'handlers in the middle, on their alternate stacks, above a read that is restarted and one that is interrupted',
    sigwait: 'processes in sigsuspend, sigwaitinfo and pause, with their masks',
    signalfd: 'signals queued for a signalfd',
    stopped: 'a stopped process, and the signal that waits for it to go on',
  });
});

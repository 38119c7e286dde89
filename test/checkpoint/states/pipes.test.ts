/** Pipes and FIFOs over a checkpoint and a restore. */
import { describe } from 'vitest';
import { programsSurvive } from './support.ts';

describe('pipes survive', () => {
  programsSurvive('states-pipes', {
    pipe: 'the bytes in a pipe, its capacity, and a writer that waits with the rest',
    fifo: 'the bytes in a FIFO, and a writer that waits for one to be opened',
    packets: 'the bounds of packets in a pipe',
    closed: 'pipes whose other end is closed: the rest, the end, SIGPIPE',
  });
});

/** Terminals of programs over a checkpoint and a restore. */
import { describe } from 'vitest';
import { programsSurvive } from './support.ts';

describe('terminals survive', () => {
  programsSurvive('states-terminals', {
    pty: 'a terminal with unread input, half a line that can still be erased, and output that nobody has taken',
    raw: 'a terminal in raw mode, its settings, and a read that waits for its third key',
    timed: 'a read that ends a while after its last key',
    session: 'a session on a terminal: groups before and behind, stopped jobs, and the hang-up',
  });
});

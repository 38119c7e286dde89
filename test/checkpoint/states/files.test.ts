/** Open files, directories, locks and watches over a checkpoint and a restore. */
import { describe } from 'vitest';
import { programsSurvive } from './support.ts';

describe('files survive', () => {
  programsSurvive('states-files', {
    unlinked: 'an unlinked open file, its offset and what is written to it',
    directory: 'a half-read directory, without loss or repetition',
    cwd: 'a deleted working directory, a changed root, and a directory renamed above another process',
    flock: 'a lock on an open file, and one that waits for it',
    'record-locks': 'record locks of a process and of an open file, one that waits, and F_GETLK’s answers',
    inotify: 'a queue of watched events in order, and watches that go on',
    transaction: 'a transaction not committed: a locked file, its journal, and the way back',
    descriptors: 'descriptors with their flags, twins and numbers',
  });
});

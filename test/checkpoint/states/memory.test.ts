/** Memory over a checkpoint and a restore. */
import { describe } from 'vitest';
import { programsSurvive } from './support.ts';

describe('memory survives', () => {
  programsSurvive('states-memory', {
    shared: 'shared mappings of three processes: anonymous, of a file, of /dev/shm and of a memory file',
    private: 'private mappings after a fork: what each side wrote, protections, holes and guards',
    sealed: 'the seals of a memory file',
    code: 'code that a program has made, and makes anew in the same place',
  });
});

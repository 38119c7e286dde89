/** Processes and their families over a checkpoint and a restore. */
import { describe } from 'vitest';
import { programsSurvive } from './support.ts';

describe('processes survive', () => {
  programsSurvive('states-processes', {
    zombies: 'zombies not yet waited for, and a stopped child: each is told once, with its status and its times',
    sessions: 'sessions and process groups',
    orphans: 'a group that is orphaned afterwards, a subreaper and a parent-death signal',
    identity: 'user and group ids, saved ones and supplementary groups; nice value, name, no_new_privs and dumpable',
    umask: 'the umask',
    limits: 'resource limits, which still bind',
    vfork: 'a vfork in the middle: the parent goes on only after the exec',
    spawn: 'a child made by posix_spawn, with its file actions done',
  });
});

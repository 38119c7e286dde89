/** What is rarer, over a checkpoint and a restore. */
import { describe } from 'vitest';
import { programsSurvive } from './support.ts';

describe('what is rarer survives', () => {
  programsSurvive('states-odds', {
    nodes: 'a file without a name, a sparse one, links, a device, times and extended attributes',
    options: 'options of a TCP connection, and a receive with a part of its time left',
    seqpacket: 'packets with their bounds, a connection not yet accepted, and sockets that lie in each other’s queues',
    privileges: 'capabilities of all five kinds',
    async: 'a socket that sends a signal when it can be read',
    mounts: 'mounts: a bind mount that is read-only, and a file below one that was taken away',
    'proc-files': 'open files of /proc, of a process that then ends too',
    traced: 'a tracee at the entry of a system call, and its tracer',
    'busy-directory': 'directories that are read while their names go, after they were removed or moved',
  });
});

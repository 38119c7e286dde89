/** Sockets over a checkpoint and a restore. */
import { describe } from 'vitest';
import { programsSurvive } from './support.ts';

describe('sockets survive', () => {
  programsSurvive('states-sockets', {
    rights: 'datagrams with descriptors in flight, the only ones of their files',
    tcp: 'a TCP connection in the middle of a transfer, with full buffers, then closed in halves',
    listener: 'a listening socket with connections that nobody has accepted, in order, with their data',
    datagrams: 'queues of datagrams, with their bounds and senders',
    server: 'a server with twenty clients that wait, and a child that writes its values down',
  });
});

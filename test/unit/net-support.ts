/** A network stack without a kernel around it, and short ways to its sockets. */

import { errnoName } from '../../src/abi/errno.ts';
import { panic, SysError } from '../../src/base/errors.ts';
import { KernelBuffer } from '../../src/sentry/mm/io-buffer.ts';
import { receipt, sendRequest } from '../../src/sentry/net/socket.ts';
import type { Socket } from '../../src/sentry/net/socket.ts';
import { NetStack } from '../../src/sentry/net/stack.ts';
import { AnonFileSystem } from '../../src/sentry/vfs/anon.ts';
import type { Caller } from '../../src/sentry/vfs/caller.ts';
import type { FileDescription } from '../../src/sentry/vfs/file-description.ts';
import type { Inode } from '../../src/sentry/vfs/inode.ts';
import { WOULD_BLOCK } from '../../src/sentry/wait/block.ts';
import { TimerQueue } from '../../src/sentry/wait/timers.ts';
import { makeVfs } from './tty-support.ts';

export function makeStack(): NetStack {
  const vfs = makeVfs();
  return new NetStack(new AnonFileSystem(vfs, 'sockfs', 0), vfs.clock, new TimerQueue());
}

/** Paths for tests that use none. */
export const noPaths = {
  find: (path: string): Inode => panic(`the test has no file ${path}`),
  make: (path: string): Inode => panic(`the test has no file ${path}`),
};

export function sendText(socket: Socket, text: string, caller: Caller, rights: FileDescription[] = []): number {
  return socket.send(new KernelBuffer(new TextEncoder().encode(text)), { ...sendRequest(0), rights }, caller);
}

/** What a receive gives: text, `(would block)`, or the name of the errno. */
export function receiveText(socket: Socket, caller: Caller, room = 1000): string {
  const bytes = new Uint8Array(room);
  try {
    const count = socket.receive(new KernelBuffer(bytes), receipt(0), caller);
    return count === WOULD_BLOCK ? '(would block)' : new TextDecoder().decode(bytes.subarray(0, count));
  } catch (error) {
    return failure(error);
  }
}

/** The errno that `call` fails with, or what it returns. */
export function outcome(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return failure(error);
  }
}

function failure(error: unknown): string {
  if (error instanceof SysError) return errnoName(error.errno);
  throw error;
}

/** A sockaddr_in. */
export function ipv4Address(host: readonly [number, number, number, number], port: number): Uint8Array {
  return Uint8Array.of(2, 0, port >> 8, port & 255, ...host, 0, 0, 0, 0, 0, 0, 0, 0);
}

/** A sockaddr_un of an abstract name. */
export function abstractAddress(name: string): Uint8Array {
  return Uint8Array.of(1, 0, 0, ...new TextEncoder().encode(name));
}

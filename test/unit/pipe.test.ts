import { describe, expect, it } from 'vitest';
import { EBUSY, ENXIO, EPERM, EPIPE } from '../../src/abi/errno.ts';
import { O_DIRECT, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } from '../../src/abi/open.ts';
import { POLLERR, POLLHUP, POLLIN, POLLOUT } from '../../src/abi/poll.ts';
import { SIGPIPE } from '../../src/abi/signal.ts';
import { S_IFIFO } from '../../src/abi/stat.ts';
import { SysError } from '../../src/base/errors.ts';
import { FifoOpener } from '../../src/sentry/fs/fifo.ts';
import { Pipe, PipeFile, PipeInode } from '../../src/sentry/fs/pipe.ts';
import { KernelBuffer } from '../../src/sentry/mm/io-buffer.ts';
import type { FileDescription } from '../../src/sentry/vfs/file-description.ts';
import { AnonFileSystem } from '../../src/sentry/vfs/anon.ts';
import { WOULD_BLOCK } from '../../src/sentry/wait/block.ts';
import { FakeCaller, makeInode, makeVfs, readText, source } from './tty-support.ts';

const PAGE = 4096;

function makePipe(flags = 0): { pipe: Pipe; reader: PipeFile; writer: PipeFile; caller: FakeCaller } {
  const pipe = new Pipe();
  const inode = new PipeInode(new AnonFileSystem(makeVfs()), pipe);
  const reader = new PipeFile(inode, null, O_RDONLY | flags, pipe);
  const writer = new PipeFile(inode, null, O_WRONLY | flags, pipe);
  reader.hold();
  writer.hold();
  return { pipe, reader, writer, caller: new FakeCaller() };
}

function errnoOf(action: () => unknown): number {
  try {
    action();
  } catch (error) {
    if (error instanceof SysError) return error.errno;
    throw error;
  }
  return 0;
}

function events(file: FileDescription, caller: FakeCaller): number {
  return file.pollEvents(caller) & (POLLIN | POLLOUT | POLLERR | POLLHUP);
}

describe('pipe', () => {
  it('keeps bytes in order and blocks when empty', () => {
    const { reader, writer, caller } = makePipe();
    expect(readText((dst) => reader.read(dst))).toBe(WOULD_BLOCK);
    writer.write(source('hello '), caller);
    writer.write(source('world'), caller);
    expect(readText((dst) => reader.read(dst), 5)).toBe('hello');
    expect(readText((dst) => reader.read(dst))).toBe(' world');
  });

  it('holds 65,536 bytes and takes no more until a whole page is free', () => {
    const { pipe, reader, writer, caller } = makePipe();
    const big = new KernelBuffer(new Uint8Array(70_000).fill(120));
    expect(writer.write(big, caller)).toBe(65_536);
    expect(writer.write(big, caller)).toBe(WOULD_BLOCK);
    expect(events(writer, caller)).toBe(0);
    reader.read(new KernelBuffer(new Uint8Array(PAGE - 1)));
    expect(writer.write(big, caller)).toBe(WOULD_BLOCK);
    reader.read(new KernelBuffer(new Uint8Array(1)));
    expect(events(writer, caller)).toBe(POLLOUT);
    expect(writer.write(big, caller)).toBe(PAGE);
    expect(pipe.countBytes()).toBe(65_536);
  });

  it('never splits a write of up to PIPE_BUF bytes', () => {
    const { writer, caller } = makePipe();
    writer.write(new KernelBuffer(new Uint8Array(65_536 - PAGE)), caller);
    expect(writer.write(new KernelBuffer(new Uint8Array(3000)), caller)).toBe(3000);
    expect(writer.write(new KernelBuffer(new Uint8Array(2000)), caller)).toBe(WOULD_BLOCK);
    expect(writer.write(new KernelBuffer(new Uint8Array(1096)), caller)).toBe(1096);
  });

  it('reads one packet at a time under O_DIRECT and drops the rest of it', () => {
    const { reader, writer, caller } = makePipe(O_DIRECT);
    writer.write(source('first'), caller);
    writer.write(source('second'), caller);
    expect(readText((dst) => reader.read(dst), 3)).toBe('fir');
    expect(readText((dst) => reader.read(dst))).toBe('second');
  });

  it('ends for readers and signals writers when the other end closes', () => {
    const first = makePipe();
    first.writer.drop();
    expect(readText((dst) => first.reader.read(dst))).toBe('');
    expect(events(first.reader, first.caller)).toBe(POLLHUP);
    const second = makePipe();
    second.reader.drop();
    expect(errnoOf(() => second.writer.write(source('x'), second.caller))).toBe(EPIPE);
    expect(second.caller.raised).toEqual([SIGPIPE]);
    expect(events(second.writer, second.caller)).toBe(POLLOUT | POLLERR);
  });

  it('changes its capacity by whole powers of two of pages', () => {
    const { pipe, writer, caller } = makePipe();
    expect(pipe.setCapacity(5000, caller)).toBe(8192);
    writer.write(new KernelBuffer(new Uint8Array(8192)), caller);
    expect(errnoOf(() => pipe.setCapacity(4096, caller))).toBe(EBUSY);
    caller.credentials.effective = 0n;
    expect(errnoOf(() => pipe.setCapacity(2 << 20, caller))).toBe(EPERM);
    expect(pipe.setCapacity(1 << 20, caller)).toBe(1 << 20);
  });
});

describe('FIFO open', () => {
  it('makes a reader wait for a writer, and both go on', () => {
    const caller = new FakeCaller();
    const inode = makeInode(S_IFIFO | 0o600);
    const opener = new FifoOpener();
    const reader = opener.open(inode, null, O_RDONLY, O_RDONLY, caller);
    expect(reader.openQueue()).not.toBeNull();
    const writer = opener.open(inode, null, O_WRONLY, O_WRONLY, caller);
    expect(writer.openQueue()).toBeNull();
    expect(reader.openQueue()).toBeNull();
    expect(reader.pipe).toBe(writer.pipe);
  });

  it('lets a reader go on that was met by a writer which has left again', () => {
    const caller = new FakeCaller();
    const inode = makeInode(S_IFIFO | 0o600);
    const opener = new FifoOpener();
    const reader = opener.open(inode, null, O_RDONLY, O_RDONLY, caller);
    reader.hold();
    const writer = opener.open(inode, null, O_WRONLY, O_WRONLY, caller);
    writer.hold();
    writer.write(source('bye'), caller);
    writer.drop();
    expect(reader.openQueue()).toBeNull();
    expect(readText((dst) => reader.read(dst))).toBe('bye');
    expect(readText((dst) => reader.read(dst))).toBe('');
    reader.drop();
    expect(inode.attachment).toBeNull();
  });

  it('refuses a non-blocking writer without a reader, and shows no hang-up to a reader whom nobody met', () => {
    const caller = new FakeCaller();
    const inode = makeInode(S_IFIFO | 0o600);
    const opener = new FifoOpener();
    expect(errnoOf(() => opener.open(inode, null, O_WRONLY | O_NONBLOCK, 0, caller))).toBe(ENXIO);
    const reader = opener.open(inode, null, O_RDONLY | O_NONBLOCK, 0, caller);
    expect(reader.openQueue()).toBeNull();
    expect(events(reader, caller)).toBe(0);
    const writer = opener.open(inode, null, O_WRONLY, O_WRONLY, caller);
    writer.hold();
    writer.drop();
    expect(events(reader, caller)).toBe(POLLHUP);
    expect(opener.open(inode, null, O_RDWR, O_RDWR, caller).openQueue()).toBeNull();
  });
});

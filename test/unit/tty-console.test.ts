import { describe, expect, it } from 'vitest';
import { EBADF, EIO, ENXIO, EPIPE, ERESTARTSYS } from '../../src/abi/errno.ts';
import { TCGETS, TIOCGPGRP } from '../../src/abi/ioctl.ts';
import { O_RDONLY, O_RDWR, O_WRONLY } from '../../src/abi/open.ts';
import { POLLERR, POLLHUP, POLLIN, POLLOUT } from '../../src/abi/poll.ts';
import { SIGCONT, SIGHUP, SIGINT, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU, SIGWINCH } from '../../src/abi/signal.ts';
import { makeDevice, S_IFCHR } from '../../src/abi/stat.ts';
import { TOSTOP } from '../../src/abi/termios.ts';
import { SysError } from '../../src/base/errors.ts';
import { DevPts } from '../../src/sentry/fs/devpts/devpts.ts';
import { KernelBuffer } from '../../src/sentry/mm/io-buffer.ts';
import { CONSOLE_OUTPUT_BYTES } from '../../src/sentry/tty/console.ts';
import { attach, sessionLeaderExits } from '../../src/sentry/tty/job-control.ts';
import { TerminalServices } from '../../src/sentry/tty/terminal-services.ts';
import { Waiter } from '../../src/sentry/wait/wait-queue.ts';
import { WOULD_BLOCK } from '../../src/sentry/wait/block.ts';
import { ascii, FakeCaller, FakeGroup, FakeMemory, FakeSession, makeInode, makeVfs, readText, source } from './tty-support.ts';

const EXEC = { hostKey: { container: '', path: 'host:0' }, isRestorable: false, end: { label: 'test' } };

function setUp() {
  const vfs = makeVfs();
  const services = new TerminalServices();
  services.install(vfs, new DevPts(vfs), null);
  const terminal = services.openHostTerminal(EXEC, 24, 80);
  const file = services.openTerminalFile(terminal);
  file.hold();
  const session = new FakeSession(10);
  const shell = new FakeCaller(session, new FakeGroup(10, session));
  attach(terminal, session, shell.processGroup());
  return { vfs, services, terminal, file, session, shell };
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

function output(services: TerminalServices, id: number): string {
  const bytes = services.takeOutput(id, 100_000);
  return bytes === null ? '' : String.fromCharCode(...bytes);
}

class Counter extends Waiter {
  calls = 0;

  notify(): void {
    this.calls++;
  }
}

describe('host terminal', () => {
  it('echoes what is typed and gives whole lines', () => {
    const { services, terminal, file, shell } = setUp();
    expect(services.pushInput(terminal.id, ascii('echo hi\r'))).toBe(8);
    expect(output(services, terminal.id)).toBe('echo hi\r\n');
    expect(readText((dst) => file.read(dst, shell))).toBe('echo hi\n');
    services.pushEof(terminal.id);
    expect(readText((dst) => file.read(dst, shell))).toBe('');
    expect(readText((dst) => file.read(dst, shell))).toBe(WOULD_BLOCK);
  });

  it('blocks writers at 64 KiB and wakes them when output is taken', () => {
    const { services, terminal, file, shell } = setUp();
    const big = new KernelBuffer(new Uint8Array(100_000).fill(120));
    expect(file.write(big, shell)).toBe(CONSOLE_OUTPUT_BYTES);
    expect(file.write(big, shell)).toBe(WOULD_BLOCK);
    expect(file.pollEvents() & POLLOUT).toBe(0);
    const writer = new Counter();
    terminal.writeQueue.add(writer);
    expect(services.takeOutput(terminal.id, 1000)?.length).toBe(1000);
    expect(writer.calls).toBe(1);
    expect(file.write(big, shell)).toBe(1000);
  });

  it('refuses input while nobody reads, and takes it afterwards', () => {
    const { services, terminal, file, shell } = setUp();
    const line = ascii(`${'y'.repeat(99)}\r`);
    let taken = 0;
    for (let i = 0; i < 200; i++) taken += services.pushInput(terminal.id, line);
    expect(taken).toBeLessThan(20_000);
    expect(services.pushInput(terminal.id, line)).toBe(0);
    for (let i = 0; i < 60; i++) file.read(new KernelBuffer(new Uint8Array(200)), shell);
    expect(services.pushInput(terminal.id, line)).toBe(100);
  });

  it('signals the foreground group from the keyboard and at a new size', () => {
    const { services, terminal, shell } = setUp();
    services.pushInput(terminal.id, ascii('\x03\x1a'));
    services.resize(terminal.id, 24, 80);
    services.resize(terminal.id, 30, 100);
    expect(shell.processGroup().signals).toEqual([SIGINT, SIGTSTP, SIGWINCH]);
    expect(output(services, terminal.id)).toBe('^Z');
  });

  it('hangs up: reads end, writes fail, the session has no terminal', () => {
    const { services, terminal, file, session, shell } = setUp();
    services.hangUp(terminal.id);
    expect(session.hangUps).toBe(1);
    expect(session.tty).toBeNull();
    expect(readText((dst) => file.read(dst, shell))).toBe('');
    expect(errnoOf(() => file.write(source('x'), shell))).toBe(EIO);
    expect(errnoOf(() => file.ioctl(TCGETS, 0, shell, new FakeMemory()))).toBe(EIO);
    expect(file.pollEvents() & (POLLHUP | POLLIN)).toBe(POLLHUP | POLLIN);
    expect(shell.processGroup().signals).toEqual([]);
    sessionLeaderExits(session);
    expect(shell.processGroup().signals).toEqual([SIGHUP, SIGCONT]);
  });

  it('fails with EBADF when a restore left it unbound, and lives again once bound', () => {
    const { terminal, file, shell } = setUp();
    terminal.end = null;
    expect(errnoOf(() => file.read(new KernelBuffer(new Uint8Array(1)), shell))).toBe(EBADF);
    expect(errnoOf(() => file.write(source('x'), shell))).toBe(EBADF);
    terminal.bind({ label: 'again' });
    expect(file.write(source('x'), shell)).toBe(1);
  });

  it('gives its number back when the guest has closed it and its output is taken', () => {
    const { services, terminal, file, shell } = setUp();
    file.write(source('bye'), shell);
    expect(services.forgetIfDone(terminal.id)).toBe(false);
    file.drop();
    expect(services.forgetIfDone(terminal.id)).toBe(false);
    expect(output(services, terminal.id)).toBe('bye');
    expect(services.forgetIfDone(terminal.id)).toBe(true);
    const next = services.openHostTerminal(EXEC, 24, 80);
    expect(next.name).toBe('pts/0');
    expect(next.id).not.toBe(terminal.id);
  });
});

describe('job control', () => {
  it('stops a background group that reads, or says EIO when it cannot be stopped', () => {
    const { file, session } = setUp();
    const background = new FakeCaller(session, new FakeGroup(20, session));
    background.isLeader = false;
    const attempt = () => file.read(new KernelBuffer(new Uint8Array(1)), background);
    expect(errnoOf(attempt)).toBe(ERESTARTSYS);
    expect(background.processGroup().signals).toEqual([SIGTTIN]);
    background.ignored.add(SIGTTIN);
    expect(errnoOf(attempt)).toBe(EIO);
    background.ignored.clear();
    background.processGroup().isOrphan = true;
    expect(errnoOf(attempt)).toBe(EIO);
    expect(background.processGroup().signals).toEqual([SIGTTIN]);
  });

  it('lets the background write unless TOSTOP is set', () => {
    const { file, session, terminal } = setUp();
    const background = new FakeCaller(session, new FakeGroup(20, session));
    expect(file.write(source('free'), background)).toBe(4);
    terminal.termios.lflag |= TOSTOP;
    expect(errnoOf(() => file.write(source('held'), background))).toBe(ERESTARTSYS);
    expect(background.processGroup().signals).toEqual([SIGTTOU]);
    background.ignored.add(SIGTTOU);
    expect(file.write(source('free'), background)).toBe(4);
  });

  it('opens /dev/tty as the terminal of the session, ENXIO without one', () => {
    const { vfs, shell, terminal } = setUp();
    const device = vfs.devices.characterDevice(makeDevice(5, 0));
    const open = (caller: FakeCaller) => device.open(makeInode(S_IFCHR | 0o666, vfs), null, O_RDWR, O_RDWR, caller);
    const memory = new FakeMemory();
    expect(open(shell).ioctl(TIOCGPGRP, 0, shell, memory)).toBe(0);
    expect(memory.readU32(0)).toBe(10);
    expect(terminal.openFiles).toBe(2);
    expect(errnoOf(() => open(new FakeCaller()))).toBe(ENXIO);
  });
});

describe('host stream', () => {
  it('ends when the host says so, after what was given', () => {
    const { services, shell } = setUp();
    const file = services.openHostStream(EXEC, O_RDONLY);
    const { id } = file.stream;
    expect(readText((dst) => file.read(dst))).toBe(WOULD_BLOCK);
    services.pushInput(id, ascii('input'));
    services.pushEof(id);
    expect(file.pollEvents() & (POLLIN | POLLHUP)).toBe(POLLIN | POLLHUP);
    expect(readText((dst) => file.read(dst))).toBe('input');
    expect(readText((dst) => file.read(dst))).toBe('');
    expect(shell.raised).toEqual([]);
  });

  it('signals SIGPIPE once the host takes no more', () => {
    const { services, shell } = setUp();
    const file = services.openHostStream(EXEC, O_WRONLY);
    expect(file.write(source('out'), shell)).toBe(3);
    expect(output(services, file.stream.id)).toBe('out');
    services.hangUp(file.stream.id);
    expect(errnoOf(() => file.write(source('x'), shell))).toBe(EPIPE);
    expect(shell.raised).toEqual([SIGPIPE]);
    expect(file.pollEvents() & POLLERR).toBe(POLLERR);
  });

  it('fails with EBADF when a restore left it unbound', () => {
    const { services, shell } = setUp();
    const file = services.openHostStream(EXEC, O_WRONLY);
    file.stream.end = null;
    expect(errnoOf(() => file.write(source('x'), shell))).toBe(EBADF);
  });
});

import { textFromByteString } from '../base/bytes.ts';
import { hostKeyText } from '../ports/console.ts';
import { Epoll } from '../sentry/fs/anon/epoll.ts';
import { EventFile } from '../sentry/fs/anon/eventfd.ts';
import { InotifyFile } from '../sentry/fs/anon/inotify.ts';
import { SignalFile } from '../sentry/fs/anon/signalfd.ts';
import { TimerFile } from '../sentry/fs/anon/timerfd.ts';
import { MemoryDeviceFile } from '../sentry/fs/devfs/memory-device.ts';
import { PipeFile } from '../sentry/fs/pipe.ts';
import { GeneratedFile } from '../sentry/fs/procfs/generated-file.ts';
import { CheckpointFile } from '../sentry/fs/procfs/gvisor.ts';
import { ProcessMemoryFile } from '../sentry/fs/procfs/memory-file.ts';
import { MemfdFile } from '../sentry/fs/tmpfs/memfd.ts';
import { Socket } from '../sentry/net/socket.ts';
import { PtyMaster } from '../sentry/tty/pty.ts';
import { HostTerminal } from '../sentry/tty/console.ts';
import { HostStreamFile } from '../sentry/tty/host-stream.ts';
import { TtyFile } from '../sentry/tty/tty-file.ts';
import { DirectoryFile } from '../sentry/vfs/directory-file.ts';
import type { FileDescription } from '../sentry/vfs/file-description.ts';
import type { Descriptor } from '../sentry/task/fd-table.ts';
import { openFlagNames, signalNames } from './names.ts';
import type { Names } from './names.ts';
import type { FdReport } from './report.ts';
import { socketFacts } from './sockets.ts';

/** One descriptor as a report tells it. */
export function fdReport(fd: number, { file, flags }: Descriptor, names: Names): FdReport {
  const { kind, detail } = kindOf(file);
  return {
    fd, target: names.file(file), kind, flags: openFlagNames(file.statusFlags, flags), position: file.offset, hostKey: hostKeyOf(file), detail,
  };
}

function hostKeyOf(file: FileDescription): string | null {
  if (file instanceof HostStreamFile) return hostKeyText(file.stream.hostKey);
  return file instanceof TtyFile && file.tty instanceof HostTerminal ? hostKeyText(file.tty.hostKey) : null;
}

/** What class of file it is, and what matters about it. */
function kindOf(file: FileDescription): { kind: string; detail: string } {
  if (file instanceof MemfdFile) return { kind: 'memfd', detail: `${file.inode.sizeBytes} bytes` };
  if (file instanceof DirectoryFile) return { kind: 'directory', detail: '' };
  if (file instanceof PipeFile) return { kind: file.path === null ? 'pipe' : 'fifo', detail: unread(file.pipe.countBytes()) };
  if (file instanceof TtyFile) return { kind: 'terminal', detail: file.isHungUp() ? 'hung up' : unread(file.tty.discipline.input.countBytes() + file.tty.pending.used) };
  if (file instanceof PtyMaster) return { kind: 'pty master', detail: `of ${file.pty.name}` };
  if (file instanceof HostStreamFile) return { kind: 'stream', detail: unread(file.stream.incoming.used) };
  if (file instanceof Socket) {
    const { kind, state, local, peer, receiveBytes } = socketFacts(file);
    const ends = [local, peer].filter((end) => end !== '').join(' to ');
    return { kind, detail: [state, ends, unread(receiveBytes)].filter((part) => part !== '').join(', ') };
  }
  if (file instanceof EventFile) return { kind: 'eventfd', detail: `count ${file.count}` };
  if (file instanceof TimerFile) return { kind: 'timerfd', detail: timerText(file) };
  if (file instanceof SignalFile) return { kind: 'signalfd', detail: signalNames(file.mask).join(' ') };
  if (file instanceof Epoll) return { kind: 'epoll', detail: `watches ${[...file.interests.keys()].sort((a, b) => a - b).map((fd) => `fd ${fd}`).join(', ') || 'nothing'}` };
  if (file instanceof InotifyFile) return { kind: 'inotify', detail: `${file.watches.size} watches, ${file.events.length} events unread` };
  if (file instanceof CheckpointFile) return { kind: 'checkpoint', detail: textFromByteString(file.content.trim()) };
  if (file instanceof GeneratedFile || file instanceof ProcessMemoryFile) return { kind: 'proc', detail: '' };
  if (file instanceof MemoryDeviceFile) return { kind: 'device', detail: '' };
  return { kind: file.inode.isRegular() ? 'regular' : file.inode.isDirectory() ? 'directory' : 'path', detail: '' };
}

function unread(countBytes: number): string {
  return countBytes === 0 ? '' : `${countBytes} bytes unread`;
}

function timerText({ deadline, clock, ticks, intervalNs }: TimerFile): string {
  const parts: string[] = [];
  if (deadline.heapIndex >= 0) parts.push(`expires in ${seconds(Math.max(0, deadline.deadlineNs - clock.monotonicNs))}`);
  if (intervalNs > 0) parts.push(`every ${seconds(intervalNs)}`);
  if (ticks > 0n) parts.push(`${ticks} expirations unread`);
  return parts.join(', ') || 'not armed';
}

function seconds(ns: number): string {
  return `${Number((ns / 1e9).toPrecision(3))} s`;
}

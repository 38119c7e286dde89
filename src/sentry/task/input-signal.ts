import { POLLERR, POLLHUP, POLLIN, POLLOUT, POLLPRI } from '../../abi/poll.ts';
import { SI_KERNEL, SIGIO } from '../../abi/signal.ts';
import type { Credentials } from '../auth/credentials.ts';
import { anyRef, defineState, list, ref, u32 } from '../../state/index.ts';
import type { FileDescription, FileWatcher } from '../vfs/file-description.ts';
import { SystemCaller } from '../vfs/system-caller.ts';
import { Waiter } from '../wait/wait-queue.ts';
import type { WaitQueue } from '../wait/wait-queue.ts';
import type { Kernel } from './kernel.ts';
import { signalInfo } from './signals/signal-queue.ts';
import type { SignalInfo } from './signals/signal-queue.ts';
import type { ThreadGroup } from './thread-group.ts';

const READ_EVENTS = POLLIN | POLLPRI | POLLHUP | POLLERR;
const WRITE_EVENTS = POLLOUT | POLLERR;
/** si_code of a signal that F_SETSIG chose. */
const POLL_IN = 1;
const POLL_OUT = 2;

/**
 * A file under O_ASYNC: its owner (F_SETOWN) is sent SIGIO, or what F_SETSIG says, when something to read or room to write may
 * have come. It stands in the file's wait queues until O_ASYNC is taken back or the file is released.
 *
 * Deviation: Linux looks at whoever set the owner when it asks whether the owner may be signalled, this at whoever set O_ASYNC.
 *
 * @source  fcntl(2), signal(7)
 */
export class InputSignal extends Waiter implements FileWatcher {
  kernel: Kernel;
  file: FileDescription;
  /** The number it was set by: si_fd. */
  fd: number;
  credentials: Credentials;
  readQueues: readonly WaitQueue[];
  writeQueues: readonly WaitQueue[];

  constructor(kernel: Kernel, file: FileDescription, fd: number, credentials: Credentials) {
    super();
    this.kernel = kernel;
    this.file = file;
    this.fd = fd;
    this.credentials = credentials;
    this.readQueues = [];
    this.writeQueues = [];
  }

  enter(): void {
    const { file } = this;
    const caller = new SystemCaller();
    this.readQueues = [...file.queuesFor(POLLIN, caller)];
    this.writeQueues = [...file.queuesFor(POLLOUT, caller)];
    for (const queue of [...this.readQueues, ...this.writeQueues]) queue.add(this);
    (file.watchers ??= new Set()).add(this);
  }

  override notify(queue: WaitQueue): void {
    const { owner, ownerSignal } = this.file;
    if (owner === 0) return;
    const isReading = this.readQueues.includes(queue);
    const events = this.file.pollEvents(new SystemCaller()) & (isReading ? READ_EVENTS : WRITE_EVENTS);
    if (events === 0) return;
    // si_band and si_fd lie where other signals have pid, uid and value.
    const info: SignalInfo = ownerSignal === 0
      ? signalInfo(SIGIO, SI_KERNEL)
      : signalInfo(ownerSignal, isReading ? POLL_IN : POLL_OUT, { pid: events, value: BigInt(this.fd) });
    for (const group of this.owners(owner)) if (this.maySignal(group)) group.sendSignal({ ...info });
  }

  fileReleased(): void {
    this.leave();
  }

  leave(): void {
    for (const queue of [...this.readQueues, ...this.writeQueues]) queue.remove(this);
    this.file.watchers?.delete(this);
  }

  owners(owner: number): readonly ThreadGroup[] {
    if (owner < 0) return [...(this.kernel.findProcessGroup(-owner)?.members ?? [])];
    const group = this.kernel.threadGroups.get(owner) ?? this.kernel.tasks.get(owner)?.threadGroup;
    return group === undefined || group.isExited() ? [] : [group];
  }

  maySignal(group: ThreadGroup): boolean {
    const { euid, uid } = this.credentials;
    const target = group.leader.credentials;
    return euid === 0 || euid === target.suid || euid === target.uid || uid === target.suid || uid === target.uid;
  }
}

defineState(InputSignal, 'InputSignal', 1, {
  kernel: ref<Kernel>('Kernel'),
  file: anyRef<FileDescription>(),
  fd: u32,
  credentials: ref<Credentials>('Credentials'),
  readQueues: list(ref<WaitQueue>('WaitQueue')),
  writeQueues: list(ref<WaitQueue>('WaitQueue')),
});

/** Follows O_ASYNC of a file that sends signals: pipes, sockets, terminals and inotify do. */
export function followAsync(kernel: Kernel, file: FileDescription, fd: number, isOn: boolean, credentials: Credentials): void {
  const present = [...(file.watchers ?? [])].filter((watcher) => watcher instanceof InputSignal);
  for (const watcher of present) if (!isOn) watcher.leave();
  if (isOn && present.length === 0 && file.signalsInput()) new InputSignal(kernel, file, fd, credentials).enter();
}

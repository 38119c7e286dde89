/** /proc/gvisor: how programs learn of checkpoints, and ask for one; as gVisor has it. */

import { EINVAL, ENXIO, EPERM } from '../../../abi/errno.ts';
import { SEEK_CUR, SEEK_SET } from '../../../abi/fs.ts';
import { O_ACCMODE, O_RDONLY } from '../../../abi/open.ts';
import { POLLIN, POLLOUT, POLLRDNORM, POLLWRNORM } from '../../../abi/poll.ts';
import { byteStringOf, bytesOf } from '../../../base/bytes.ts';
import { SysError } from '../../../base/errors.ts';
import { byteString, defineState, extend, ref } from '../../../state/index.ts';
import type { IoSource, IoTarget } from '../../mm/io-buffer.ts';
import type { CheckpointNotices, CheckpointOutcome, CheckpointWatcher } from '../../vfs/checkpoint-notices.ts';
import { FileDescription, fileDescriptionState } from '../../vfs/file-description.ts';
import type { Path } from '../../vfs/path.ts';
import { WOULD_BLOCK } from '../../wait/block.ts';
import { WaitQueue } from '../../wait/wait-queue.ts';
import { directory, file } from './entry.ts';
import type { ProcEntry, ProcSubject } from './entry.ts';
import type { ProcInode } from './proc-inode.ts';

/** `1`, with a newline or without, asks for a checkpoint. */
const MOST_WRITTEN_BYTES = 2;

/**
 * An open /proc/gvisor/checkpoint: waits for the next checkpoint after its opening. What it has learnt stays: whoever wants to
 * know of another one opens it again.
 */
export class CheckpointFile extends FileDescription implements CheckpointWatcher {
  notices: CheckpointNotices;
  /** `resume\n`, `restore\n` or `error\n`; empty before. */
  content = '';
  readQueue = new WaitQueue();

  constructor(inode: ProcInode, path: Path | null, statusFlags: number, notices: CheckpointNotices) {
    super(inode, path, statusFlags);
    this.notices = notices;
    notices.watchers.add(this);
  }

  checkpointed(outcome: CheckpointOutcome): void {
    this.content = `${outcome}\n`;
    this.readQueue.wakeAll();
  }

  override read(dst: IoTarget): number {
    const countBytes = this.readAt(dst, this.offset);
    if (countBytes !== WOULD_BLOCK) this.offset += countBytes;
    return countBytes;
  }

  override readAt(dst: IoTarget, offset: number): number {
    if (dst.remainingBytes === 0) return 0;
    if (this.content === '') return WOULD_BLOCK;
    const left = this.content.length - offset;
    if (left <= 0) return 0;
    const ready = dst.prepare(Math.min(left, dst.remainingBytes));
    dst.put(bytesOf(this.content), offset, ready);
    return ready;
  }

  /** Asks for a checkpoint. The offset stays, so that the answer is read from its beginning. */
  override write(src: IoSource): number {
    return this.writeAt(src, this.offset);
  }

  override writeAt(src: IoSource, offset: number): number {
    const { notices } = this;
    const countBytes = src.remainingBytes;
    if (countBytes === 0) return 0;
    if (offset !== 0 || countBytes > MOST_WRITTEN_BYTES) throw new SysError(EINVAL, `write: ${countBytes} bytes at ${offset}, 1 at 0 is needed`);
    const buffer = new Uint8Array(src.prepare(countBytes));
    src.take(buffer, 0, buffer.length);
    const text = byteStringOf(buffer);
    if (text !== '1' && text !== '1\n') throw new SysError(EINVAL, 'write: 1 is needed');
    if (!notices.hasSaver || notices.isSaverUsed) throw new SysError(ENXIO, 'write: no place to save to, or used before');
    notices.isSaverUsed = true;
    notices.isRequested = true;
    return buffer.length;
  }

  override seek(offset: number, whence: number): number {
    const target = whence === SEEK_SET ? offset : whence === SEEK_CUR ? this.offset + offset : -1;
    if (target < 0) throw new SysError(EINVAL, 'lseek: out of range');
    this.offset = target;
    return target;
  }

  override pollEvents(): number {
    const readable = this.content === '' ? 0 : POLLIN | POLLRDNORM;
    return this.isWritable() ? readable | POLLOUT | POLLWRNORM : readable;
  }

  override queuesFor(): readonly WaitQueue[] {
    return [this.readQueue];
  }

  override release(): void {
    this.notices.watchers.delete(this);
  }
}

function noticesOf({ fs }: ProcSubject): CheckpointNotices {
  return fs.vfs.checkpoints;
}

function openCheckpoint(inode: ProcInode, path: Path | null, statusFlags: number): CheckpointFile {
  const notices = inode.proc.vfs.checkpoints;
  if ((statusFlags & O_ACCMODE) !== O_RDONLY && !notices.isEnabled) throw new SysError(EPERM, 'open: this container lets nobody inside ask for a checkpoint');
  return new CheckpointFile(inode, path, statusFlags, notices);
}

export const GVISOR_ENTRY: ProcEntry = directory('gvisor', [
  { name: 'checkpoint', mode: 0o020444, modeOf: (subject) => (noticesOf(subject).isEnabled ? 0o020666 : 0o020444), open: openCheckpoint },
  file('kernel_is_gvisor', () => 'gvisor\n', { isShown: (subject) => noticesOf(subject).hasMarker }),
  file('spec_environ', (subject) => noticesOf(subject).specEnvironment.map((entry) => `${entry}\0`).join('')),
]);

defineState(CheckpointFile, 'CheckpointFile', 1, extend(fileDescriptionState, {
  notices: ref<CheckpointNotices>('CheckpointNotices'),
  content: byteString,
  readQueue: ref<WaitQueue>('WaitQueue'),
}));

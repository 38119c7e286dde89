import { EINVAL } from '../../../abi/errno.ts';
import { SIGNALFD_SIGINFO_BYTES } from '../../../abi/event-files.ts';
import { POLLIN, POLLRDNORM } from '../../../abi/poll.ts';
import { SysError } from '../../../base/errors.ts';
import { big, defineState, extend } from '../../../state/index.ts';
import type { IoTarget } from '../../mm/io-buffer.ts';
import type { Caller, TakenSignal } from '../../vfs/caller.ts';
import { FileDescription, fileDescriptionState } from '../../vfs/file-description.ts';
import type { Inode } from '../../vfs/inode.ts';
import { WOULD_BLOCK } from '../../wait/block.ts';
import type { WaitQueue } from '../../wait/wait-queue.ts';

/** Signals of whoever reads, as records of 128 bytes: signalfd(2). It holds no signals itself. */
export class SignalFile extends FileDescription {
  /** Bit n − 1 for signal n. */
  mask: bigint;

  constructor(inode: Inode, statusFlags: number, mask: bigint) {
    super(inode, null, statusFlags);
    this.mask = mask;
  }

  override read(dst: IoTarget, caller: Caller): number {
    const count = Math.floor(dst.remainingBytes / SIGNALFD_SIGINFO_BYTES);
    if (count === 0) throw new SysError(EINVAL, 'read: a signalfd gives 128 bytes a signal');
    let moved = 0;
    for (let i = 0; i < count && caller.pendingMatching(this.mask); i++) {
      if (dst.prepare(SIGNALFD_SIGINFO_BYTES) < SIGNALFD_SIGINFO_BYTES) break;
      const taken = caller.takePending(this.mask);
      if (taken === null) break;
      dst.put(encodeSignal(taken), 0, SIGNALFD_SIGINFO_BYTES);
      moved += SIGNALFD_SIGINFO_BYTES;
    }
    return moved === 0 ? WOULD_BLOCK : moved;
  }

  override pollEvents(caller: Caller): number {
    return caller.pendingMatching(this.mask) ? POLLIN | POLLRDNORM : 0;
  }

  override queuesFor(events: number, caller: Caller): readonly WaitQueue[] {
    void events;
    return [caller.signalWaiters];
  }

  /** Accepted and without effect, as in Linux. */
  override seek(): number {
    return 0;
  }

  override describe(): string {
    return 'anon_inode:[signalfd]';
  }
}

/** `struct signalfd_siginfo`. */
function encodeSignal(taken: TakenSignal): Uint8Array {
  const result = new Uint8Array(SIGNALFD_SIGINFO_BYTES);
  const view = new DataView(result.buffer);
  view.setUint32(0, taken.signal, true);
  view.setInt32(4, taken.errno, true);
  view.setInt32(8, taken.code, true);
  view.setUint32(12, taken.pid, true);
  view.setUint32(16, taken.uid, true);
  view.setUint32(24, taken.timerId, true);
  view.setUint32(32, taken.overrun, true);
  view.setInt32(40, taken.status, true);
  view.setInt32(44, Number(BigInt.asIntN(32, taken.value)), true);
  view.setBigUint64(48, BigInt.asUintN(64, taken.value), true);
  view.setBigUint64(56, BigInt(taken.utimeTicks), true);
  view.setBigUint64(64, BigInt(taken.stimeTicks), true);
  view.setBigUint64(72, BigInt(taken.address), true);
  return result;
}

defineState(SignalFile, 'SignalFile', 1, extend(fileDescriptionState, { mask: big }));

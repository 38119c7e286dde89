import { EINVAL } from '../../abi/errno.ts';
import { SIGSET_BYTES } from '../../abi/event-files.ts';
import { SysError } from '../../base/errors.ts';
import { restoreSavedMask } from '../task/signals/deliver.ts';
import type { Task } from '../task/task.ts';
import type { SyscallResult } from '../wait/block.ts';

/**
 * Runs a waiting call under another signal mask: ppoll, pselect6, epoll_pwait. The old mask is back when the call ends by
 * itself; where a signal ends it, the handler runs under the new one.
 *
 * @param maskAddr   a signal set in the caller's memory; 0 to leave the mask alone
 * @param sizeBytes  its size as the caller gave it
 * @errors EINVAL a set of another size; EFAULT
 */
export function underSignalMask(task: Task, maskAddr: number, sizeBytes: number, run: () => SyscallResult): SyscallResult {
  if (maskAddr === 0) return run();
  if (sizeBytes !== SIGSET_BYTES) throw new SysError(EINVAL, `a signal set of ${sizeBytes} bytes`);
  task.swapSignalMaskForWait(task.mm.readBig(maskAddr));
  let isWaiting = false;
  try {
    const result = run();
    isWaiting = typeof result !== 'number';
    return result;
  } finally {
    if (!isWaiting) restoreSavedMask(task);
  }
}

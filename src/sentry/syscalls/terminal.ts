import { EPERM } from '../../abi/errno.ts';
import { SysError } from '../../base/errors.ts';
import { CAP_SYS_TTY_CONFIG } from '../auth/credentials.ts';
import type { Task } from '../task/task.ts';
import { Tty } from '../tty/tty.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallTable } from './entry.ts';

/** vhangup(2): hangs up the caller's controlling terminal; without one nothing happens. @errors EPERM needs CAP_SYS_TTY_CONFIG */
export function vhangup(task: Task): SyscallResult {
  if (!task.credentials.has(CAP_SYS_TTY_CONFIG)) throw new SysError(EPERM, 'vhangup: needs CAP_SYS_TTY_CONFIG');
  const { tty } = task.session();
  if (tty instanceof Tty) tty.hangUp();
  return 0;
}

export const terminalSyscalls: SyscallTable = {
  vhangup: { number: 58, run: vhangup, support: 'full' },
};

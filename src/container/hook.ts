import { SIGKILL } from '../abi/signal.ts';
import { byteStringOf } from '../base/bytes.ts';
import { endGroup } from '../sentry/task/exit.ts';
import type { Kernel } from '../sentry/task/kernel.ts';
import type { ThreadGroup } from '../sentry/task/thread-group.ts';
import type { TerminalServices } from '../sentry/tty/terminal-services.ts';
import { goDuration } from './ps.ts';

/** When a container's hook runs: before a checkpoint's pause, after it in the original, after a restore in the copy. */
export type HookMode = 'save' | 'resume' | 'restore';

/** Variable of the hook's environment that says the mode. */
export const HOOK_MODE_VARIABLE = 'GVISOR_SAVE_RESTORE_AUTO_EXEC_MODE';

const MOST_OUTPUT = 65_536;

/** A hook under way: a process of exec origin that is given time with the others, and looked at between slices. */
export class HookRun {
  readonly mode: HookMode;
  /** Monotonic time of the container at which it is killed. */
  readonly deadlineNs: number;
  /** What it printed, standard output and error together; the first 64 KiB. */
  output = '';
  /** What went wrong, in gVisor's words; null while it runs and when all went well. */
  failure: string | null = null;
  isDone = false;
  private readonly kernel: Kernel;
  private readonly argv: readonly string[];
  private readonly timeoutNs: number;
  private readonly group: ThreadGroup;
  private readonly fileIds: readonly number[];

  constructor(kernel: Kernel, mode: HookMode, argv: readonly string[], timeoutNs: number, group: ThreadGroup, fileIds: readonly number[]) {
    this.kernel = kernel;
    this.mode = mode;
    this.argv = argv;
    this.timeoutNs = timeoutNs;
    this.deadlineNs = kernel.clock.monotonicNs + timeoutNs;
    this.group = group;
    this.fileIds = fileIds;
  }

  /** Takes its output, ends it when its time is over, and sees whether it has ended. */
  poll(): void {
    if (this.isDone) return;
    this.takeOutput();
    const { group, kernel } = this;
    const command = `[${this.argv.join(' ')}]`;
    if (group.exitStatus === null && kernel.clock.monotonicNs >= this.deadlineNs) {
      endGroup(group, SIGKILL);
      this.finish(`${command} timed out after ${goDuration(this.timeoutNs)}`);
    } else if (group.exitStatus !== null) {
      this.finish(group.exitStatus === 0 ? null : `${command} exited with non-zero status ${statusOf(group.exitStatus)}`);
    }
  }

  /** What it has left in the background finds nobody at the other end of its output any more. */
  private finish(failure: string | null): void {
    this.takeOutput();
    for (const id of this.fileIds) this.terminals().hangUp(id);
    this.failure = failure;
    this.isDone = true;
  }

  private takeOutput(): void {
    for (const id of this.fileIds) {
      for (let bytes = this.terminals().takeOutput(id, MOST_OUTPUT); bytes !== null; bytes = this.terminals().takeOutput(id, MOST_OUTPUT)) {
        this.output = (this.output + byteStringOf(bytes)).slice(0, MOST_OUTPUT);
      }
    }
  }

  private terminals(): TerminalServices {
    return this.kernel.services.terminals as TerminalServices;
  }
}

/** As Go tells a wait status that is no plain exit: 128 + the signal. */
function statusOf(waitStatus: number): number {
  const signal = waitStatus & 0x7f;
  return signal === 0 ? (waitStatus >> 8) & 0xff : 128 + signal;
}

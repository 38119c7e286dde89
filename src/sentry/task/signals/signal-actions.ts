import { big, defineState, int, list, record, u32 } from '../../../state/index.ts';
import { SIG_DFL, SIG_IGN, SIGCHLD, SIGCONT, SIGRTMAX, SIGURG, SIGWINCH, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGXCPU, SIGXFSZ, SIGSYS } from '../../../abi/signal.ts';

/** struct sigaction. */
export interface SignalAction {
  /** SIG_DFL, SIG_IGN or the handler's address. */
  handler: number;
  flags: number;
  /** Blocked while the handler runs. */
  mask: bigint;
}

export type DefaultAction = 'terminate' | 'core' | 'ignore' | 'stop' | 'continue';

const CORE_SIGNALS = new Set([SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGXCPU, SIGXFSZ, SIGSYS]);

/** What `signal` does under SIG_DFL (signal(7)). */
export function defaultAction(signal: number): DefaultAction {
  if (signal === SIGCHLD || signal === SIGURG || signal === SIGWINCH) return 'ignore';
  if (signal === SIGCONT) return 'continue';
  if (signal === SIGSTOP || signal === SIGTSTP || signal === SIGTTIN || signal === SIGTTOU) return 'stop';
  return CORE_SIGNALS.has(signal) ? 'core' : 'terminate';
}

/** Dispositions of a thread group; shared by CLONE_SIGHAND. */
export class SignalActions {
  users = 1;
  /** By signal number; index 0 is unused. */
  actions: SignalAction[] = Array.from({ length: SIGRTMAX + 1 }, () => ({ handler: SIG_DFL, flags: 0, mask: 0n }));

  get(signal: number): SignalAction {
    return this.actions[signal]!;
  }

  /** Whether `signal` would be thrown away: ignored, or default to ignoring. */
  ignores(signal: number): boolean {
    const { handler } = this.actions[signal]!;
    return handler === SIG_IGN || (handler === SIG_DFL && defaultAction(signal) === 'ignore');
  }

  copy(): SignalActions {
    const copy = new SignalActions();
    copy.actions = this.actions.map((action) => ({ ...action }));
    return copy;
  }

  /** execve(2): handlers go back to the default, ignored signals stay ignored. */
  resetHandlers(): void {
    for (const action of this.actions) {
      if (action.handler !== SIG_IGN) action.handler = SIG_DFL;
      action.flags = 0;
      action.mask = 0n;
    }
  }
}

defineState(SignalActions, 'SignalActions', 1, {
  users: u32,
  actions: list(record<SignalAction>({ handler: int, flags: u32, mask: big })),
});

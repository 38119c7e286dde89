import { big, defineState, int, map, record, u32 } from '../../../state/index.ts';
import { SIG_DFL, SIG_IGN, SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGSEGV, SIGXCPU, SIGXFSZ, SIGSYS } from '../../../abi/signal.ts';

/** struct sigaction. */
export interface SignalAction {
  /** SIG_DFL, SIG_IGN or the handler's address. */
  readonly handler: number;
  readonly flags: number;
  /** Blocked while the handler runs. */
  readonly mask: bigint;
}

const DEFAULT: SignalAction = { handler: SIG_DFL, flags: 0, mask: 0n };

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
  /** Those that are not all default, by signal number: few, and every fork copies them. */
  changed = new Map<number, SignalAction>();

  get(signal: number): SignalAction {
    return this.changed.get(signal) ?? DEFAULT;
  }

  set(signal: number, action: SignalAction): void {
    if (action.handler === SIG_DFL && action.flags === 0 && action.mask === 0n) this.changed.delete(signal);
    else this.changed.set(signal, action);
  }

  /** SIG_DFL from now on; flags and mask stay (SA_RESETHAND). */
  resetHandler(signal: number): void {
    this.set(signal, { ...this.get(signal), handler: SIG_DFL });
  }

  /** Whether `signal` would be thrown away: ignored, or default to ignoring. */
  ignores(signal: number): boolean {
    const { handler } = this.get(signal);
    return handler === SIG_IGN || (handler === SIG_DFL && defaultAction(signal) === 'ignore');
  }

  copy(): SignalActions {
    const copy = new SignalActions();
    copy.changed = new Map(this.changed);
    return copy;
  }

  /** execve(2): handlers go back to the default, ignored signals stay ignored. */
  resetHandlers(): void {
    for (const [signal, { handler }] of this.changed) this.set(signal, { ...DEFAULT, handler: handler === SIG_IGN ? SIG_IGN : SIG_DFL });
  }
}

defineState(SignalActions, 'SignalActions', 1, {
  users: u32,
  changed: map(u32, record<SignalAction>({ handler: int, flags: u32, mask: big })),
});

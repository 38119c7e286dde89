import { constants } from 'node:os';
import { signalByName } from '../abi/signal.ts';

/**
 * All that Node can listen to and that a guest can have sent on. Not: those of the host process's own faults, children and pipes,
 * and SIGTTIN and SIGTTOU, by which the host stops a job that touches the terminal from the background.
 */
const FORWARDED = [
  'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGALRM', 'SIGTERM', 'SIGCONT', 'SIGTSTP', 'SIGURG', 'SIGXCPU', 'SIGVTALRM',
  'SIGWINCH', 'SIGIO', 'SIGPWR',
] as const satisfies readonly NodeJS.Signals[];

/** From now on this process's signals, but those in `except`, are given to `forward`, by Linux's numbers, instead of ending it. */
export function forwardSignals(forward: (signal: number) => void, except: readonly NodeJS.Signals[] = []): void {
  for (const name of FORWARDED) {
    if (except.includes(name)) continue;
    const signal = signalByName(name);
    if (signal !== null && name in constants.signals) process.on(name, () => forward(signal));
  }
}

import { spawn } from 'node:child_process';
import { CliError } from './failure.ts';

/** What a process in the background tells the one that started it, once: that it is ready, or why not. */
export type LaunchReport = { readonly pid: number } | { readonly failure: string };

/** The first word of a command line that was started by `launch`. */
export const IN_BACKGROUND = 'in-background';
/** Descriptor of the first that is passed on: after the standard streams and the channel. */
const FIRST_PASSED_FD = 4;

/**
 * Runs `stasis` with these arguments in a process that lives on without this one, with its standard streams.
 *
 * @param passedFds  descriptors that it gets, as 4, 5, …
 * @returns          its pid, once it is ready
 * @errors           CliError what it could not do
 */
export function launch(args: readonly string[], passedFds: readonly number[] = []): Promise<number> {
  const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, IN_BACKGROUND, ...args], {
    detached: true, stdio: ['inherit', 'inherit', 'inherit', 'ipc', ...passedFds],
  });
  return new Promise((resolve, reject) => {
    child.on('message', (report: LaunchReport) => {
      if ('failure' in report) reject(new CliError(report.failure));
      else resolve(child.pid!);
      child.disconnect();
      child.unref();
    });
    child.on('error', (error) => reject(new CliError(`no process can be started in the background (${error.message})`)));
    child.on('exit', (status, signal) => reject(new CliError(`the process in the background has ended before it was ready (${signal ?? `status ${status}`})`)));
  });
}

/** The number that a descriptor passed to `launch` has there. */
export function launchedFd(index: number): number {
  return FIRST_PASSED_FD + index;
}

/** Tells whoever started this process in the background; after that nobody listens. */
export function reportLaunch(report: LaunchReport): Promise<void> {
  return new Promise((resolve) => {
    if (process.send === undefined || !process.connected) {
      resolve();
      return;
    }
    process.send(report, () => {
      process.disconnect();
      resolve();
    });
  });
}

/** Arguments with the values of `--pass-fd` replaced in their order. */
export function withPassedFds(args: readonly string[], replacements: readonly string[]): string[] {
  let next = 0;
  return args.map((arg, i) => {
    if (next === replacements.length) return arg;
    if (/^--?pass-fd=/.test(arg)) return `--pass-fd=${replacements[next++]}`;
    return /^--?pass-fd$/.test(args[i - 1] ?? '') ? replacements[next++]! : arg;
  });
}

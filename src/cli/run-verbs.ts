import { HostTerminal } from '../host/node/host-terminal.ts';
import type { ReadStream } from 'node:tty';
import type { ContainerValues } from './container-options.ts';
import { CONTAINER_OPTIONS, planContainer } from './container-options.ts';
import { CliError, UsageError } from './failure.ts';
import { launch, launchedFd, reportLaunch, withPassedFds } from './launch.ts';
import { parseLeading } from './options.ts';
import { runPlan } from './owner/run.ts';
import { passedFds } from './pass-fd.ts';
import { requireId } from './root-directory.ts';
import type { RootDirectory } from './root-directory.ts';
import { isOneFile } from './stdio.ts';

export interface ContainerCall {
  readonly id: string;
  readonly values: ContainerValues;
  readonly argv: readonly string[];
}

/** `run` and `create`: options, the id, and the command where no bundle says it. @errors UsageError, CliError */
export function parseContainerCall(verb: string, args: readonly string[]): ContainerCall {
  const { values, operands } = parseLeading(args, CONTAINER_OPTIONS);
  const [id, ...rest] = operands;
  if (id === undefined) throw new UsageError(`${verb}: the id of the container is missing`);
  return { id: requireId(id), values, argv: rest[0] === '--' ? rest.slice(1) : rest };
}

/** `stasis run` and `stasis create` in the process that owns the container. @returns exit status of init */
export async function ownContainer(verb: 'run' | 'create', root: RootDirectory, { id, values, argv }: ContainerCall, isBackground: boolean): Promise<number> {
  requireFree(root, id);
  const plan = await planContainer(id, values, argv, { size: terminalSize, joinsOutput: isOneFile(1, 2) });
  return runPlan(plan, {
    root, pidFile: values['pid-file'] ?? null, isBackground, starts: verb === 'run',
    ready: () => void (isBackground && reportLaunch({ pid: process.pid })),
  });
}

/** The same in a process of its own. Returns when the container is created, or runs. @errors CliError why not */
export async function launchContainer(verb: string, root: RootDirectory, args: readonly string[], { id, values }: ContainerCall): Promise<void> {
  requireFree(root, id);
  const passed = passedFds(values['pass-fd'] ?? []);
  await launch(['--root', root.path, verb, ...withPassedFds(args, passed.map(({ guestFd }, i) => `${launchedFd(i)}:${guestFd}`))], passed.map(({ hostFd }) => hostFd));
}

function requireFree(root: RootDirectory, id: string): void {
  if (root.facts(id) !== null) throw new CliError(`container with id "${id}" already exists; \`stasis delete ${id}\` clears it away when it has stopped`);
}

export function terminalSize(): { columns: number; rows: number } {
  return new HostTerminal(process.stdin as ReadStream, process.stdout).size();
}

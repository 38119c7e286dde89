import { readFileSync } from 'node:fs';
import type { ReadStream } from 'node:tty';
import { HostTerminal } from '../../host/node/host-terminal.ts';
import { openFdEnds } from '../../host/node/passed-fd.ts';
import { terminalVariable } from '../environment.ts';
import { CliError, UsageError } from '../failure.ts';
import { absolute, environmentEntry } from '../option-values.ts';
import { parseLeading } from '../options.ts';
import { inspectPassed, passedFds } from '../pass-fd.ts';
import { writePid } from '../pid-file.ts';
import type { ExecRequest } from '../protocol.ts';
import { codeOf } from '../root-directory.ts';
import type { RootDirectory } from '../root-directory.ts';
import { ExecConnection } from './exec-connection.ts';

const OPTIONS = {
  cwd: { type: 'string' },
  env: { type: 'string', multiple: true, short: 'e' },
  user: { type: 'string', short: 'u' },
  tty: { type: 'boolean', short: 't' },
  detach: { type: 'boolean', short: 'd' },
  process: { type: 'string' },
  restorable: { type: 'boolean' },
  'pid-file': { type: 'string' },
  'internal-pid-file': { type: 'string' },
  'pass-fd': { type: 'string', multiple: true },
} as const;

/** What `stasis exec` was asked for. */
export interface ExecOptions {
  readonly id: string;
  readonly request: Omit<ExecRequest, 'terminal' | 'hangsUp' | 'passed'>;
  readonly usesTerminal: boolean;
  readonly isDetached: boolean;
  readonly pidFile: string | null;
  readonly internalPidFile: string | null;
  readonly passFds: readonly string[];
}

/** @errors UsageError, CliError */
export function parseExecOptions(args: readonly string[]): ExecOptions {
  const { values, operands } = parseLeading(args, OPTIONS);
  const [id, ...rest] = operands;
  const argv = rest[0] === '--' ? rest.slice(1) : rest;
  if (values.process !== undefined && argv.length > 0) throw new UsageError('exec: only the container-id is required, with --process');
  if (id === undefined || (values.process === undefined && argv.length === 0)) throw new UsageError('exec: both a container-id and command are required');
  const fromFile = values.process === undefined ? null : readProcess(values.process);
  return {
    id,
    request: {
      argv: fromFile?.args ?? argv,
      env: [...(fromFile?.env ?? []), ...(values.env ?? []).map(environmentEntry)],
      cwd: values.cwd !== undefined ? absolute('--cwd', values.cwd) : (fromFile?.cwd ?? null),
      user: values.user ?? fromFile?.user ?? null,
      isRestorable: values.restorable === true,
    },
    usesTerminal: values.tty === true || (fromFile !== null ? fromFile.terminal : process.stdin.isTTY && process.stdout.isTTY),
    isDetached: values.detach === true,
    pidFile: values['pid-file'] ?? null,
    internalPidFile: values['internal-pid-file'] ?? null,
    passFds: values['pass-fd'] ?? [],
  };
}

interface ProcessFile {
  readonly args: string[];
  readonly env: string[];
  readonly cwd: string;
  readonly user: string | null;
  readonly terminal: boolean;
}

/** The process object of the OCI runtime specification. */
function readProcess(path: string): ProcessFile {
  let json: { args?: unknown; env?: unknown; cwd?: unknown; terminal?: unknown; user?: { uid?: unknown; gid?: unknown; username?: unknown } };
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new CliError(`--process ${path} cannot be read (${codeOf(error) || 'it is no JSON'})`);
  }
  const texts = (name: string, value: unknown): string[] => {
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) throw new CliError(`--process ${path}: ${name} is no list of strings`);
    return value;
  };
  const args = texts('args', json.args);
  if (args.length === 0) throw new CliError(`--process ${path}: args is empty`);
  if (typeof json.cwd !== 'string' || !json.cwd.startsWith('/')) throw new CliError(`--process ${path}: cwd is no absolute path`);
  const { user } = json;
  const name = user === undefined ? null : typeof user.username === 'string' ? user.username : `${Number(user.uid ?? 0)}:${Number(user.gid ?? 0)}`;
  return { args, env: json.env === undefined ? [] : texts('env', json.env), cwd: json.cwd, user: name, terminal: json.terminal === true };
}

/**
 * `stasis exec`: runs a process in a container that another process owns, with this one's streams or terminal.
 *
 * @param onStarted  told the pid in the container
 * @returns its exit status, 128 + n if signal n ended it
 */
export async function runExec(root: RootDirectory, options: ExecOptions, onStarted: (pid: number) => void = () => undefined): Promise<number> {
  const passed = inspectPassed(passedFds(options.passFds));
  const file = passed.find(({ open }) => open.kind === 'file');
  if (file !== undefined) throw new CliError(`--pass-fd ${file.hostFd}:${file.guestFd}: a regular file cannot be handed to a container that another process owns, only pipes, sockets and terminals; give it a --volume at \`run\``);
  const terminal = options.usesTerminal ? new HostTerminal(process.stdin as ReadStream, process.stdout) : null;
  const session = await ExecConnection.open(root, options.id);
  session.connectStdio(terminal);
  const ends = passed.map(({ open, guestFd }) => ({ open, guestFd, ends: openFdEnds(open, session.streams.move) }));
  for (const one of ends) session.streams.set(one.guestFd, one.ends);
  const { pid } = await session.peer.ask('exec', {
    ...options.request,
    env: [...(terminal === null ? [] : [terminalVariable()]), ...options.request.env],
    terminal: terminal?.size() ?? null,
    hangsUp: process.stdin.isTTY,
    passed: ends.map(({ open, guestFd, ends: { size } }) => ({ guestFd, kind: open.kind === 'terminal' ? 'terminal' : 'stream', access: open.access, size: size() })),
  });
  writePid(options.internalPidFile, pid);
  writePid(options.pidFile, process.pid);
  onStarted(pid);
  return session.run(terminal);
}

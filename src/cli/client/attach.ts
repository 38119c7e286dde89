import type { ReadStream } from 'node:tty';
import { HostTerminal } from '../../host/node/host-terminal.ts';
import { UsageError } from '../failure.ts';
import { countOf } from '../option-values.ts';
import { parseAnywhere } from '../options.ts';
import type { RootDirectory } from '../root-directory.ts';
import { ExecConnection } from './exec-connection.ts';

/** `stasis attach`: this process's streams or terminal become those of an exec that a restore has kept. @returns its exit status */
export async function runAttach(root: RootDirectory, args: readonly string[]): Promise<number> {
  const { operands } = parseAnywhere(args, {});
  const [id, pid, ...rest] = operands;
  if (id === undefined || pid === undefined) throw new UsageError('attach: a container and the pid of a process in it are needed');
  if (rest.length > 0) throw new UsageError(`attach: "${rest[0]}" is too much`);
  const terminal = new HostTerminal(process.stdin as ReadStream, process.stdout);
  const session = await ExecConnection.open(root, id);
  const { isTerminal } = await session.peer.ask('attach', { pid: countOf('attach', pid), size: terminal.size(), hangsUp: process.stdin.isTTY });
  session.connectStdio(isTerminal ? terminal : null);
  return session.run(isTerminal ? terminal : null);
}

import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import manifest from '../../../package.json' with { type: 'json' };
import { CliError } from '../failure.ts';
import { Peer } from '../peer.ts';
import { codeOf } from '../root-directory.ts';
import type { ContainerFacts, RootDirectory } from '../root-directory.ts';

/** @errors CliError there is no container of that id */
export function requireFacts(root: RootDirectory, id: string): ContainerFacts {
  const facts = root.facts(id);
  if (facts === null) throw new CliError(`container "${id}" does not exist in ${root.path}; \`stasis list\` shows those that do`);
  return facts;
}

/**
 * Reaches the owner of a container.
 * @param onClosed  told when the connection has ended, whoever ended it
 * @returns null when the owner has died
 * @errors CliError there is no container of that id, or its owner is of another version
 */
export async function tryConnect(root: RootDirectory, id: string, onClosed: () => void = () => undefined): Promise<Peer | null> {
  const { version, ownerPid } = requireFacts(root, id);
  const socket = await open(root.socketPath(id));
  if (socket === null) return null;
  if (version !== manifest.version) {
    socket.destroy();
    throw new CliError(`container "${id}" is owned by stasis ${version}, process ${ownerPid}; this is ${manifest.version}, which does not speak to it`);
  }
  return new Peer(socket, onClosed);
}

/** @errors as `tryConnect`, and that the owner has died: `verb` could not be done */
export async function connect(root: RootDirectory, id: string, verb: string, onClosed: () => void = () => undefined): Promise<Peer> {
  const peer = await tryConnect(root, id, onClosed);
  if (peer === null) throw ownerDied(root, id, verb);
  peer.listen();
  return peer;
}

export function ownerDied(root: RootDirectory, id: string, verb: string): CliError {
  return new CliError(`cannot ${verb} container "${id}" in state stopped: its owner, process ${root.facts(id)?.ownerPid ?? 0}, has died; \`stasis delete ${id}\` clears it away`);
}

function open(path: string): Promise<Socket | null> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path });
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', (error) => {
      const code = codeOf(error);
      if (code === 'ECONNREFUSED' || code === 'ENOENT') resolve(null);
      else reject(new CliError(`the owner's socket ${path} cannot be reached (${code})`));
    });
  });
}

import type { FileDescription } from '../vfs/file-description.ts';

/** What of a unix socket the search needs. */
export interface FlyingSocket extends FileDescription {
  /** References on it that messages hold. */
  readonly inFlightCount: number;
  readonly queue: readonly { readonly rights: readonly FileDescription[] }[];
  /** Sockets whose messages go when this one's go. */
  withChildren(): readonly FlyingSocket[];
  /** Throws every message away, with the files in it. */
  purge(): void;
}

/** What of the stack the search needs. */
export interface Flights {
  /** Sockets that lie in messages, not yet received. */
  readonly inFlight: ReadonlySet<FlyingSocket>;
  /** Sockets closed, or left without a descriptor, since the last search. */
  lossesSinceSearch: number;
}

/** With so many times more sockets in flight than have lost a descriptor since, the search waits: it looks at all of them. */
const PATIENCE = 8;

/** Called when a socket in flight lost its last descriptor, or any socket was closed: searches for garbage, now or a little later. */
export function considerGarbage(stack: Flights): void {
  if (stack.inFlight.size === 0) return;
  stack.lossesSinceSearch++;
  if (stack.lossesSinceSearch * PATIENCE < stack.inFlight.size) return;
  stack.lossesSinceSearch = 0;
  collectGarbage(stack);
}

/**
 * Frees sockets that only messages refer to which nobody can receive any more: a socket sent to itself and closed, or a ring of such.
 *
 * A socket in flight is held from elsewhere when it has more references than messages of other such sockets account for.
 * Those, and what their messages hold, are alive; the queues of the rest are thrown away, which closes them.
 */
function collectGarbage(stack: Flights): void {
  const candidates = new Map<FileDescription, FlyingSocket>();
  for (const socket of stack.inFlight) if (socket.references === socket.inFlightCount) candidates.set(socket, socket);
  if (candidates.size === 0) return;

  const unexplained = new Map<FileDescription, number>();
  for (const socket of candidates.values()) unexplained.set(socket, socket.inFlightCount);
  for (const socket of candidates.values()) {
    for (const carried of filesIn(socket)) {
      const count = unexplained.get(carried);
      if (count !== undefined) unexplained.set(carried, count - 1);
    }
  }
  const alive = [...candidates.values()].filter((socket) => (unexplained.get(socket) ?? 0) > 0);
  for (let socket = alive.pop(); socket !== undefined; socket = alive.pop()) {
    if (!candidates.delete(socket)) continue;
    for (const file of filesIn(socket)) {
      const carried = candidates.get(file);
      if (carried !== undefined) alive.push(carried);
    }
  }
  for (const socket of candidates.values()) for (const holder of socket.withChildren()) holder.purge();
}

function filesIn(socket: FlyingSocket): FileDescription[] {
  const found: FileDescription[] = [];
  for (const holder of socket.withChildren()) for (const message of holder.queue) found.push(...message.rights);
  return found;
}

import type { NetStack } from './stack.ts';
import { UnixSocket } from './unix-socket.ts';

/**
 * Frees sockets that only messages refer to which nobody can receive any more: a socket sent to itself and closed, or a ring of such.
 *
 * A socket in flight is held from elsewhere when it has more references than messages of other such sockets account for.
 * Those, and what their messages hold, are alive; the queues of the rest are thrown away, which closes them.
 */
export function collectGarbage(stack: NetStack): void {
  if (stack.inFlight.size === 0) return;
  const candidates = new Set<UnixSocket>();
  for (const file of stack.inFlight) if (file instanceof UnixSocket && file.references === file.inFlightCount) candidates.add(file);
  if (candidates.size === 0) return;

  const unexplained = new Map<UnixSocket, number>();
  for (const socket of candidates) unexplained.set(socket, socket.inFlightCount);
  for (const socket of candidates) {
    for (const carried of socketsIn(socket)) {
      const count = unexplained.get(carried);
      if (count !== undefined) unexplained.set(carried, count - 1);
    }
  }
  const alive = [...candidates].filter((socket) => (unexplained.get(socket) ?? 0) > 0);
  for (let socket = alive.pop(); socket !== undefined; socket = alive.pop()) {
    if (!candidates.delete(socket)) continue;
    for (const carried of socketsIn(socket)) if (candidates.has(carried)) alive.push(carried);
  }
  for (const socket of candidates) for (const holder of socket.withChildren()) holder.purge();
}

function socketsIn(socket: UnixSocket): UnixSocket[] {
  const found: UnixSocket[] = [];
  for (const holder of socket.withChildren()) {
    for (const message of holder.queue) for (const file of message.rights) if (file instanceof UnixSocket) found.push(file);
  }
  return found;
}

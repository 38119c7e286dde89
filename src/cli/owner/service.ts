import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { byteStringFromText, textFromByteString } from '../../base/bytes.ts';
import { ContainerError } from '../../container/errors.ts';
import type { Container, Watched } from '../../container/container.ts';
import { hostKeyText } from '../../ports/console.ts';
import type { Survivor } from '../../sentry/checkpoint/survivors.ts';
import { CliError, sentenceOf } from '../failure.ts';
import { Peer } from '../peer.ts';
import type { ExecRequest, OwnerEvent, SurvivorReply } from '../protocol.ts';
import type { Checkpoints } from './checkpoints.ts';
import { ExecClient } from './exec-client.ts';
import type { ClientTerminal } from './exec-client.ts';
import { lookForExit } from './owner.ts';
import type { Owner } from './owner.ts';
import { openPassedStreams } from './passed-streams.ts';
import { statsOf } from './stats.ts';

/** How long clients have to take their last answers when the owner ends, in milliseconds. */
const FAREWELL_MS = 1_000;
/** Processes that are named of those that a restore would end. */
const NAMED_PROCESSES = 3;

/** Answers clients on the owner's socket. Whoever may open the socket may ask everything: its directory is the owner's user's alone. */
export class Service {
  readonly server: Server;
  /** Resolves when the container was deleted; it has been removed from the root directory before. */
  readonly deleted: Promise<void>;
  /** Removes the container from the root directory. */
  remove: () => void = () => undefined;
  private readonly owner: Owner;
  private readonly checkpoints: Checkpoints;
  private readonly clients = new Map<Peer, Socket>();
  private readonly subscribers = new Set<Peer>();
  private tellDeleted: () => void = () => undefined;

  constructor(owner: Owner, checkpoints: Checkpoints) {
    this.owner = owner;
    this.checkpoints = checkpoints;
    this.deleted = new Promise((resolve) => (this.tellDeleted = resolve));
    this.server = createServer((socket) => this.serve(socket));
    owner.onEvent = (event) => this.tellEvent(event);
  }

  listen(socketPath: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen({ path: socketPath, exclusive: true }, () => {
        this.server.off('error', reject);
        resolve();
      });
    });
  }

  /** Takes no more clients, and lets those that are there have what they were told last. */
  async close(): Promise<void> {
    this.server.close();
    const left = [...this.clients].map(([peer, socket]) => {
      void peer.end();
      return new Promise<void>((resolve) => socket.on('close', () => resolve()));
    });
    await Promise.race([Promise.all(left), new Promise((resolve) => setTimeout(resolve, FAREWELL_MS))]);
  }

  private tellEvent(event: OwnerEvent): void {
    for (const peer of this.subscribers) peer.tell('event', event);
  }

  private serve(socket: Socket): void {
    const { owner } = this;
    let client: ExecClient | null = null;
    const peer: Peer = new Peer(socket, () => {
      this.clients.delete(peer);
      this.subscribers.delete(peer);
      client?.leave();
    });
    this.clients.set(peer, socket);
    const become = (watched: Watched, fileIds: ReadonlyMap<number, number>, terminal: ClientTerminal | null): { pid: number } => {
      if (client !== null) throw new CliError('one connection is for one exec');
      client = new ExecClient(owner, peer, watched, fileIds, terminal);
      return { pid: watched.pid };
    };
    peer.answer('state', () => owner.state(), refusal);
    peer.answer('start', () => void owner.start(), refusal);
    peer.answer('pause', () => void owner.pause(), refusal);
    peer.answer('resume', () => void owner.resume(), refusal);
    peer.answer('kill', ({ signal, pid, pgid, all }) => (all || pgid !== null ? owner.killMany(signal, pgid) : owner.kill(signal, pid)), refusal);
    peer.answer('ps', () => owner.container.ps().map((row) => ({ ...row, command: textFromByteString(row.command) })), refusal);
    peer.answer('exec', (request) => this.exec(request, become), refusal);
    peer.answer('attach', ({ pid, size, hangsUp }) => {
      const streams = this.openStreams(pid);
      const isTerminal = [...streams.values()].some((id) => owner.findHostFile(id)?.kind === 'terminal');
      become(this.kept(pid), streams, isTerminal ? { size, hangsUp } : null);
      return { isTerminal };
    }, refusal);
    peer.answer('checkpoint', (request) => this.checkpoints.take(request), refusal);
    peer.answer('restore', (request) => {
      if (!request.replaces) requireNothingToLose(owner.container);
      return this.checkpoints.restore(request);
    }, refusal);
    peer.answer('wait', ({ what, pid }) => this.wait(what, pid), refusal);
    peer.answer('survivors', ({ policy, keptPids }) => owner.container.survivors(policy, keptPids).map(survivorReply), refusal);
    peer.answer('stats', () => statsOf(owner.container), refusal);
    peer.answer('subscribe', () => void this.subscribers.add(peer), refusal);
    peer.answer('delete', ({ force }) => this.delete(force), refusal);
    peer.listen();
  }

  private exec(request: ExecRequest, become: (watched: Watched, fileIds: ReadonlyMap<number, number>, client: ClientTerminal | null) => { pid: number }): { pid: number } {
    const { argv, env, cwd, user, terminal, isRestorable, hangsUp, passed } = request;
    const watched = this.owner.container.exec(
      {
        argv: argv.map(byteStringFromText), environment: env.map(byteStringFromText), cwd: cwd === null ? null : byteStringFromText(cwd),
        user: user === null ? null : byteStringFromText(user), terminal, isRestorable,
      },
      (terminals) => openPassedStreams(terminals, passed),
    );
    const streams = [...(terminal === null ? [0, 1, 2] : [0]), ...passed.map(({ guestFd }) => guestFd)];
    return become(watched, new Map(watched.hostFileIds.map((id, i) => [streams[i]!, id])), terminal === null ? null : { size: terminal, hangsUp });
  }

  /** A process that a restore has kept, and nobody holds the ends of. @errors ContainerError */
  private kept(pid: number): Watched {
    const watched = this.owner.container.watchedProcesses().find((one) => one.pid === pid && one.origin === 'exec');
    if (watched === undefined) throw new ContainerError(`cannot attach to pid ${pid} of container "${this.owner.container.spec.id}": no exec that a restore has kept has it`);
    if (this.owner.hasExecEnd(pid)) throw new ContainerError(`cannot attach to pid ${pid} of container "${this.owner.container.spec.id}": somebody is attached to it already`);
    return watched;
  }

  /** Its host files that have an end, by the stream that each is: the descriptor that it first had. */
  private openStreams(pid: number): Map<number, number> {
    const files = this.kept(pid).hostFileIds.flatMap((id) => this.owner.findHostFile(id) ?? []);
    const dead = files.find((file) => file.end === null);
    if (dead !== undefined) throw new ContainerError(`cannot attach to pid ${pid}: it was cut off from ${hostKeyText(dead.hostKey)} by the restore; --exec-policy reattach keeps that`);
    return new Map(files.map((file) => [Number(file.hostKey.path.slice('host:'.length)), file.id]));
  }

  private async wait(what: 'process' | 'checkpoint' | 'restore', pid: number | null): Promise<number | null> {
    const { owner } = this;
    if (what === 'process') return owner.until(lookForExit(owner, pid));
    const { container } = owner;
    const gone = (): boolean => owner.container !== container || container.status === 'stopped';
    if (what === 'restore') {
      await owner.until(() => {
        if (container.isRestoreComplete()) return true;
        if (gone()) throw new ContainerError(`wait: container "${container.spec.id}" is gone before its restore`);
        return undefined;
      });
      return null;
    }
    const count = container.checkpointGeneration().count + 1;
    const { error } = await owner.until(() => {
      const end = container.checkpointEnd(count);
      if (end === null && gone()) throw new ContainerError(`wait: container "${container.spec.id}" is gone before its checkpoint`);
      return end ?? undefined;
    });
    if (error !== null) throw new ContainerError(`checkpoint: ${error}`);
    return null;
  }

  private delete(force: boolean): void {
    this.owner.delete(force);
    this.remove();
    this.tellDeleted();
  }
}

/** @errors ContainerError a restore would end what has not ended by itself */
function requireNothingToLose({ spec, status, kernel }: Container): void {
  if (status === 'stopped') return;
  const living = [...kernel.threadGroups.values()].filter((group) => !group.isExited());
  const names = living.slice(0, NAMED_PROCESSES).map((group) => `pid ${group.pid} ${textFromByteString(group.leader.name)}`);
  const more = living.length - names.length;
  const loss = living.length === 0 ? 'what was made, and has not been started,' : `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}, with all that no checkpoint holds of them,`;
  throw new ContainerError(`cannot restore container "${spec.id}" in state ${status}: ${loss} would be lost; --replace puts the checkpoint in its place`);
}

function survivorReply({ pid, ppid, command, origin, isRestorable, hostFiles, tty, fates, sentence }: Survivor): SurvivorReply {
  return {
    pid, ppid, command: textFromByteString(command), origin, isRestorable, hostFiles: hostFiles.map(({ key, name }) => ({ key, terminal: name })), tty,
    fates, sentence: textFromByteString(sentence),
  };
}

function refusal(error: unknown): string {
  if (process.env['STASIS_DEBUG'] !== undefined) process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  return sentenceOf(error);
}

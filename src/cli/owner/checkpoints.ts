import { resolve } from 'node:path';
import { textFromByteString } from '../../base/bytes.ts';
import { takeCheckpoint } from '../../container/checkpoint-taking.ts';
import type { CheckpointKeeper, CheckpointTurns } from '../../container/checkpoint-taking.ts';
import { Container } from '../../container/container.ts';
import { ContainerError } from '../../container/errors.ts';
import type { ContainerHost } from '../../container/host.ts';
import { specFromJson } from '../../container/spec.ts';
import { Timeline } from '../../container/timeline.ts';
import { Core } from '../../core/core.ts';
import type { Killed } from '../../sentry/checkpoint/exec-policy.ts';
import { readImage } from '../../sentry/checkpoint/image.ts';
import { CliError, sentenceOf } from '../failure.ts';
import type { CheckpointReply, CheckpointRequest, RestoreReply, RestoreRequest } from '../protocol.ts';
import { ImageDirectory } from './image-directory.ts';
import { libraryOf, readCheckpoint } from './image-reading.ts';
import type { ReadCheckpoint } from './image-reading.ts';
import type { Owner } from './owner.ts';

/** For page work; no frame of it is used. */
const NO_FRAMES = 16;

type Outcome = Parameters<Timeline['goOnFrom']>[1];

/** Takes checkpoints of an owner's container into directories, and restores them in its place; one at a time. */
export class Checkpoints {
  private readonly host: ContainerHost;
  private readonly core: Core;
  private readonly owner: Owner;
  /** What the container goes on from: its last checkpoint, with the images that this stands on. */
  private lineage: Timeline;
  private underWay: string | null = null;

  constructor(owner: Owner, host: ContainerHost) {
    this.owner = owner;
    this.host = host;
    this.core = Core.create(host.coreModule, { frames: NO_FRAMES });
    this.lineage = new Timeline(this.core);
    owner.onCheckpointRequest = ({ path, leaveRunning }) => void this.takeForGuest(path, leaveRunning);
  }

  /** The container was restored from `read`: the next checkpoint can be a difference to it. */
  goOnFrom(read: ReadCheckpoint, outcome: Outcome): void {
    this.follow(this.lineageOf(read), outcome);
  }

  private follow(lineage: Timeline, outcome: Outcome): void {
    this.lineage = lineage;
    lineage.goOnFrom(lineage.list().at(-1)!.id, outcome);
    this.forgetEarlier();
  }

  private lineageOf({ files, name }: ReadCheckpoint): Timeline {
    const lineage = new Timeline(this.core);
    for (const { bytes, digest } of [...files].reverse()) lineage.import(bytes, name, digest);
    return lineage;
  }

  /** @errors CliError, ContainerError, ImageError, StoreError: nothing was added, and the container goes on */
  take(request: CheckpointRequest): Promise<CheckpointReply> {
    return this.alone('checkpoint', async () => {
      const { spec, status } = this.owner.container;
      if (status === 'stopped') throw new ContainerError(`cannot checkpoint container "${spec.id}" in state ${status}`);
      const directory = await ImageDirectory.open(request.imagePath);
      try {
        return await this.takeInto(directory, request);
      } finally {
        await directory.close();
      }
    });
  }

  private async takeInto(directory: ImageDirectory, request: CheckpointRequest): Promise<CheckpointReply> {
    const name = directory.freeName(request.name);
    if (request.parentPath !== null) await this.adoptParent(directory, request.parentPath);
    const { leaveRunning, preDumpRounds, full } = request;
    const plan = { leaveRunning, preDumpRounds, isFull: full, isAutosave: false, note: '', name: () => name };
    const { entry, warning } = await takeCheckpoint(this.owner.container, plan, this.keeperIn(directory), this.turns());
    const { digest, imageBytes, isDifference, pauseMs, totalMs } = entry;
    this.owner.onEvent({ type: 'checkpoint', data: { name, path: directory.path, digest, imageBytes, pauseMs } });
    return { name, digest, imageBytes, isDifference, pauseMs, totalMs, warning };
  }

  /** A checkpoint in a directory stands on images that the directory holds. */
  private keeperIn(directory: ImageDirectory): CheckpointKeeper {
    const { lineage } = this;
    return {
      timeline: lineage,
      canStandOn: (digest) => directory.has(digest),
      keep: async (entry) => {
        const { name, note, leftRunning, pauseMs, totalMs, digest } = entry;
        try {
          await directory.add({ name, note, leftRunning, pauseMs, totalMs, digest }, lineage.chain(entry), (wanted) => lineage.library().image(wanted)!);
        } catch (error) {
          lineage.delete(entry.id);
          lineage.goOnFromNothing();
          throw error;
        }
        this.forgetEarlier();
      },
    };
  }

  private turns(): CheckpointTurns {
    const { owner } = this;
    return {
      nowMs: () => {
        owner.catchUp();
        return Date.now();
      },
      giveWay: () => {
        owner.turns.wake();
        return new Promise((go) => setTimeout(go, 0));
      },
      runGuests: () => undefined, // they have turns of their own
      isHere: (container) => owner.container === container,
      lossOf: (container) => (owner.container !== container || container.status === 'stopped' ? 'is gone' : null),
      isBroken: () => false, // the process would have ended
      hold: () => owner.hold(),
      release: () => owner.release(),
    };
  }

  /** Links what the container goes on from into the directory. @errors CliError it is not in `parentPath` */
  private async adoptParent(directory: ImageDirectory, parentPath: string): Promise<void> {
    const current = this.lineage.current();
    const from = await ImageDirectory.open(parentPath);
    try {
      const found = current === null ? null : from.find(current.digest);
      if (found === null) throw new CliError(`--parent-path ${parentPath}: what the container goes on from is not there; without it the image is a full one`);
      await directory.adopt(from, found.images);
    } finally {
      await from.close();
    }
  }

  /**
   * Puts a checkpoint in the place of the container that runs: of the one that it goes on from, core and frames stay.
   * @errors CliError, ContainerError, ImageError: what runs goes on unchanged
   */
  restore(request: RestoreRequest): Promise<RestoreReply> {
    return this.alone('restore', async () => {
      const { owner } = this;
      const { id } = owner.container.spec;
      const read = this.asHeld(await readCheckpoint(this.core, request.imagePath, request.name));
      const saved = specFromJson(readImage(read.files[0]!.bytes, this.core).metadata.container);
      const lineage = this.lineageOf(read); // while it can still be refused: what runs may be gone after the restore
      const outcome = Container.restore(
        this.host,
        read.files[0]!.bytes,
        {
          policy: request.policy, clock: request.clock, keptPids: request.keptPids, forcesHostFiles: request.forcesHostFiles,
          ...(saved.id === id ? {} : { spec: { ...saved, id } }),
        },
        libraryOf(read),
        owner.container,
      );
      this.follow(lineage, outcome);
      owner.replace(outcome.container, new Map(outcome.killed.map((killed) => [killed.pid, killedSentence(killed)])));
      owner.onEvent({ type: 'restore', data: { name: read.name, path: read.place, generation: outcome.container.kernel.generation, killed: outcome.killed.length } });
      return { name: read.name, notices: [...outcome.warnings, ...outcome.killed.map(killedSentence)] };
    });
  }

  /** With the arrays that are held of images with these digests: only by those it is known what was made of them. */
  private asHeld(read: ReadCheckpoint): ReadCheckpoint {
    const held = this.lineage.library();
    return { ...read, files: read.files.map(({ digest, bytes }) => ({ digest, bytes: held.image(digest) ?? bytes })) };
  }

  /** One that a program inside has asked for: nobody outside waits for it, those inside read how it went. */
  private async takeForGuest(path: string, leaveRunning: boolean): Promise<void> {
    try {
      await this.take({ imagePath: resolve(path), name: null, leaveRunning, parentPath: null, preDumpRounds: 0, full: false });
    } catch (error) {
      this.owner.onEvent({ type: 'hook', data: { message: `checkpoint asked for from inside: ${sentenceOf(error)}` } });
      process.stderr.write(`stasis: checkpoint asked for by a program of the container: ${sentenceOf(error)}\n`);
    }
  }

  private async alone<T>(verb: string, work: () => Promise<T>): Promise<T> {
    const { id } = this.owner.container.spec;
    if (this.underWay !== null) throw new ContainerError(`cannot ${verb} container "${id}" while a ${this.underWay} is under way; try again when it has ended`);
    this.underWay = verb;
    try {
      return await work();
    } finally {
      this.underWay = null;
    }
  }

  /** Only the last checkpoint is gone on from: of earlier ones only the images that it stands on are held. */
  private forgetEarlier(): void {
    const entries = this.lineage.list();
    for (const { id } of entries.slice(0, -1)) this.lineage.delete(id);
  }
}

export function killedSentence({ pid, command, reapedForInit }: Killed): string {
  return `restore: pid ${pid} ${textFromByteString(command)} (exec) killed${reapedForInit ? ', reaped for init' : ''}`;
}

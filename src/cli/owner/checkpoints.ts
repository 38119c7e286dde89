import { resolve } from 'node:path';
import { textFromByteString } from '../../base/bytes.ts';
import { CheckpointFlow } from '../../container/checkpoint-flow.ts';
import { Container } from '../../container/container.ts';
import { ContainerError } from '../../container/errors.ts';
import type { ContainerHost } from '../../container/host.ts';
import { sha256Hex } from '../../container/oci/sha256.ts';
import { specFromJson } from '../../container/spec.ts';
import { Timeline } from '../../container/timeline.ts';
import { Core } from '../../core/core.ts';
import type { Killed } from '../../sentry/checkpoint/exec-policy.ts';
import { readImage } from '../../sentry/checkpoint/image.ts';
import type { SaveParent } from '../../sentry/checkpoint/save.ts';
import { CliError, sentenceOf } from '../failure.ts';
import type { CheckpointReply, CheckpointRequest, RestoreReply, RestoreRequest } from '../protocol.ts';
import { ImageDirectory } from './image-directory.ts';
import { libraryOf, readCheckpoint } from './image-reading.ts';
import type { ReadCheckpoint } from './image-reading.ts';
import type { Owner } from './owner.ts';

/** Pages that a checkpoint encodes between two slices. */
const PAGES_PER_STEP = 1024;
/** For page work; no frame of it is used. */
const NO_FRAMES = 16;

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
  goOnFrom(read: ReadCheckpoint, outcome: Parameters<Timeline['goOnFrom']>[1]): void {
    this.lineage = new Timeline(this.core);
    for (const { bytes } of [...read.files].reverse()) this.lineage.import(bytes, read.name);
    this.lineage.goOnFrom(this.lineage.list().at(-1)!.id, outcome);
    this.forgetEarlier();
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
    const { owner, lineage } = this;
    const { container } = owner;
    const name = directory.freeName(request.name);
    let flow: CheckpointFlow | null = null;
    try {
      if (request.parentPath !== null) await this.adoptParent(directory, request.parentPath);
      const rounds = new Set<string>();
      for (let round = 0; round < request.preDumpRounds; round++) rounds.add(await this.preDump(container, directory, rounds));
      let parent: SaveParent | null = null;
      flow = new CheckpointFlow(container, { leaveRunning: request.leaveRunning, begin: (nowMs) => container.beginCheckpoint(nowMs, parent) });
      await this.passHook(container, flow);
      if (!request.full) parent = this.parentIn(directory, container, rounds);
      await this.giveWay(container); // what it cost to read the parent is no part of the pause
      if (!request.leaveRunning) owner.hold();
      return await this.encode(container, flow, directory, name, request.leaveRunning);
    } catch (error) {
      lineage.letGo();
      flow?.abandon(sentenceOf(error));
      throw error;
    } finally {
      owner.release();
    }
  }

  /** The pause, the pages, the image into the directory; then the container is stopped, or told to go on. */
  private async encode(container: Container, flow: CheckpointFlow, directory: ImageDirectory, name: string, leaveRunning: boolean): Promise<CheckpointReply> {
    const { lineage } = this;
    const startMs = performance.now();
    this.owner.catchUp();
    const takenAtMs = Date.now();
    flow.step(takenAtMs, PAGES_PER_STEP);
    const frozenMs = performance.now() - startMs;
    while (flow.stage === 'pages') {
      flow.step(takenAtMs, PAGES_PER_STEP);
      if (flow.stage === 'pages') await this.giveWay(container);
    }
    const { image, trace } = flow.result!;
    const totalMs = performance.now() - startMs;
    const facts = { name, note: '', leftRunning: leaveRunning, pauseMs: leaveRunning ? frozenMs : totalMs, totalMs };
    const digest = `sha256:${await sha256Hex(image)}`;
    this.requireHere(container);
    const entry = lineage.add(image, trace, facts, digest);
    try {
      await directory.add({ ...facts, digest }, lineage.chain(entry), (wanted) => lineage.library().image(wanted)!);
    } catch (error) {
      lineage.delete(entry.id);
      lineage.goOnFromNothing();
      throw error;
    }
    this.forgetEarlier();
    await this.conclude(container, flow);
    const { imageBytes, isDifference } = entry;
    this.owner.onEvent({ type: 'checkpoint', data: { name, path: directory.path, digest, imageBytes, pauseMs: facts.pauseMs } });
    return { name, digest, imageBytes, isDifference, pauseMs: facts.pauseMs, totalMs, warning: flow.warning };
  }

  private async conclude(container: Container, flow: CheckpointFlow): Promise<void> {
    flow.step(Date.now(), PAGES_PER_STEP);
    this.owner.release();
    while (flow.needsGuests() && this.owner.container === container) {
      await this.turn();
      flow.step(Date.now(), PAGES_PER_STEP);
    }
  }

  /** What the next image can be a difference to: one that the directory holds, or a round of this attempt. */
  private parentIn(directory: ImageDirectory, container: Container, rounds: ReadonlySet<string>): SaveParent | null {
    const parent = this.lineage.parentFor(container.kernel.core);
    return parent !== null && (directory.has(parent.digest) || rounds.has(parent.digest)) ? parent : null;
  }

  /** One round: an image of now, while guests go on, for the next to be a difference to. @returns its digest */
  private async preDump(container: Container, directory: ImageDirectory, rounds: ReadonlySet<string>): Promise<string> {
    this.owner.catchUp();
    const save = container.beginCheckpoint(Date.now(), this.parentIn(directory, container, rounds));
    try {
      while (!save.step(PAGES_PER_STEP)) await this.giveWay(container);
    } catch (error) {
      save.abandon();
      throw error;
    }
    const { image, trace } = save.finish();
    const digest = `sha256:${await sha256Hex(image)}`;
    await this.giveWay(container);
    this.lineage.addRound(image, trace, digest);
    return digest;
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
   * Puts a checkpoint in the place of the container that runs.
   * @errors CliError, ContainerError, ImageError: what runs goes on unchanged
   */
  restore(request: RestoreRequest): Promise<RestoreReply> {
    return this.alone('restore', async () => {
      const { owner } = this;
      const { id } = owner.container.spec;
      const read = await readCheckpoint(this.core, request.imagePath, request.name);
      const saved = specFromJson(readImage(read.files[0]!.bytes, this.core).metadata.container);
      const outcome = Container.restore(
        this.host,
        read.files[0]!.bytes,
        {
          policy: request.policy, clock: request.clock, keptPids: request.keptPids, forcesHostFiles: request.forcesHostFiles,
          ...(saved.id === id ? {} : { spec: { ...saved, id } }),
        },
        libraryOf(read),
      );
      this.goOnFrom(read, outcome);
      owner.replace(outcome.container, new Map(outcome.killed.map((killed) => [killed.pid, killedSentence(killed)])));
      owner.onEvent({ type: 'restore', data: { name: read.name, path: read.place, generation: outcome.container.kernel.generation, killed: outcome.killed.length } });
      return { name: read.name, notices: [...outcome.warnings, ...outcome.killed.map(killedSentence)] };
    });
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

  /** Gives guests time until the flow's hook has ended. */
  private async passHook(container: Container, flow: CheckpointFlow): Promise<void> {
    while (flow.needsGuests()) {
      await this.giveWay(container);
      flow.step(Date.now(), PAGES_PER_STEP);
    }
  }

  /** Lets slices and requests in between. @errors ContainerError the container was deleted meanwhile */
  private async giveWay(container: Container): Promise<void> {
    await this.turn();
    this.requireHere(container);
  }

  private turn(): Promise<void> {
    this.owner.turns.wake();
    return new Promise((go) => setTimeout(go, 0));
  }

  private requireHere(container: Container): void {
    if (this.owner.container !== container || container.status === 'stopped') throw new ContainerError(`checkpoint: container "${container.spec.id}" is gone; nothing was kept`);
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

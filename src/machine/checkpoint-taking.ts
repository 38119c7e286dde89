import { ImageError } from '../base/errors.ts';
import { CheckpointFlow } from '../container/checkpoint-flow.ts';
import type { Container } from '../container/container.ts';
import { ContainerError } from '../container/errors.ts';
import { sha256Hex } from '../container/oci/sha256.ts';
import type { TimelineEntry } from '../container/timeline.ts';
import type { SaveParent } from '../sentry/checkpoint/save.ts';
import type { CheckpointOptions } from './api.ts';
import type { History } from './history.ts';
import type { News } from './news.ts';

/** Pages that a checkpoint encodes between two slices. */
const PAGES_PER_STEP = 1024;
/** Time of guests between two looks at whether a hook has ended. */
const HOOK_SLICE_MS = 4;
/** More rounds would lengthen the chain of images that a restore reads, and win little. */
export const MOST_PRE_DUMP_ROUNDS = 8;

export type TakeOptions = CheckpointOptions & { readonly isAutosave?: boolean };

/** What a checkpoint needs of the machine whose thread it shares. */
export interface CheckpointTurns {
  runGuests(budgetMs: number): void;
  /** Whether the machine still has that container. */
  isHere(container: Container): boolean;
  /** Whether a bug has stopped the machine: no guest runs again, and no hook ends. */
  isBroken(): boolean;
  /** From now until `release` no guest runs: what they did would be lost with the container that a checkpoint stops. */
  hold(): void;
  release(): void;
}

/** Takes checkpoints of a running container: a pause, then pages between slices of the guests that go on. */
export class CheckpointTaking {
  private readonly history: History;
  private readonly news: News;
  private readonly turns: CheckpointTurns;

  constructor(history: History, news: News, turns: CheckpointTurns) {
    this.history = history;
    this.news = news;
    this.turns = turns;
  }

  /**
   * One checkpoint, from its pre-dump rounds to its hooks. When this rejects nothing was added and the container goes on.
   * @errors ContainerError or ImageError
   */
  async take(container: Container, options: TakeOptions): Promise<TimelineEntry> {
    const { timeline } = this.history;
    let flow: CheckpointFlow | null = null;
    try {
      for (let round = 0; round < (options.preDumpRounds ?? 0); round++) await this.preDump(container);
      let parent: SaveParent | null = null;
      flow = new CheckpointFlow(container, { leaveRunning: options.leaveRunning, begin: (nowMs) => container.beginCheckpoint(nowMs, parent) });
      await this.passHook(container, flow);
      if (options.full !== true) {
        parent = timeline.parentFor(container.kernel.core, options.isAutosave === true ? 'autosave' : 'checkpoint');
        await this.giveWay(container); // what it cost to read the parent is no part of the pause
      }
      if (!options.leaveRunning) this.turns.hold();
      return await this.encode(container, flow, options);
    } catch (error) {
      timeline.letGo();
      const told = toldError(error);
      flow?.abandon(told instanceof Error ? told.message : String(told));
      throw told;
    } finally {
      this.turns.release();
    }
  }

  /** The pause, the pages, the image into the timeline and the store; then the container is stopped, or told to go on. */
  private async encode(container: Container, flow: CheckpointFlow, options: TakeOptions): Promise<TimelineEntry> {
    const { timeline } = this.history;
    const startMs = performance.now();
    const takenAtMs = Date.now();
    flow.step(takenAtMs, PAGES_PER_STEP);
    const frozenMs = performance.now() - startMs;
    while (flow.stage === 'pages') {
      flow.step(takenAtMs, PAGES_PER_STEP);
      if (options.leaveRunning && flow.stage === 'pages') await this.giveWay(container);
    }
    const { image, trace } = flow.result!;
    const totalMs = performance.now() - startMs;
    const digest = await digestOf(image);
    this.requireHere(container);
    const entry = timeline.add(image, trace, {
      name: options.name ?? freeName(timeline.list()),
      note: options.note ?? '',
      leftRunning: options.leaveRunning,
      pauseMs: options.leaveRunning ? frozenMs : totalMs,
      totalMs,
      isAutosave: options.isAutosave === true,
    }, digest);
    if (entry.isAutosave) await this.history.bring();
    else await this.history.keep();
    if (this.turns.isHere(container)) await this.conclude(container, flow);
    if (flow.warning !== null) this.news.notice(`checkpoint: ${entry.name} is good, but its resume hook failed: ${flow.warning}`, true);
    return entry;
  }

  /** The image is kept: what becomes of the container does not matter to the checkpoint any more. */
  private async conclude(container: Container, flow: CheckpointFlow): Promise<void> {
    flow.step(Date.now(), PAGES_PER_STEP);
    while (flow.needsGuests() && this.turns.isHere(container) && !this.turns.isBroken()) {
      this.turns.runGuests(HOOK_SLICE_MS);
      await new Promise((resolve) => setTimeout(resolve, 0));
      flow.step(Date.now(), PAGES_PER_STEP);
    }
  }

  /** One round: an image of now, while guests go on, for the next to be a difference to. */
  private async preDump(container: Container): Promise<void> {
    const { timeline } = this.history;
    const save = container.beginCheckpoint(Date.now(), timeline.parentFor(container.kernel.core));
    try {
      while (!save.step(PAGES_PER_STEP)) await this.giveWay(container);
    } catch (error) {
      save.abandon();
      throw error;
    }
    const { image, trace } = save.finish();
    const digest = await digestOf(image);
    await this.giveWay(container);
    timeline.addRound(image, trace, digest);
  }

  /** Gives guests time until the flow's hook has ended. */
  private async passHook(container: Container, flow: CheckpointFlow): Promise<void> {
    while (flow.needsGuests()) {
      this.turns.runGuests(HOOK_SLICE_MS);
      await this.giveWay(container);
      if (this.turns.isBroken()) throw new ContainerError('checkpoint: the machine has stopped while the save hook ran; nothing was kept, restore an earlier checkpoint');
      flow.step(Date.now(), PAGES_PER_STEP);
    }
  }

  /** Lets slices and requests in between. @errors ContainerError the container was deleted meanwhile */
  private async giveWay(container: Container): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.requireHere(container);
  }

  private requireHere(container: Container): void {
    if (!this.turns.isHere(container)) throw new ContainerError(`checkpoint: container "${container.spec.id}" was deleted meanwhile; nothing was kept`);
  }
}

/** `checkpoint-N`, the number after that of those there are. */
function freeName(entries: readonly TimelineEntry[]): string {
  const names = new Set(entries.map(({ name }) => name));
  let number = 1 + entries.filter(({ isAutosave }) => !isAutosave).length;
  while (names.has(`checkpoint-${number}`)) number++;
  return `checkpoint-${number}`;
}

async function digestOf(image: Uint8Array): Promise<string> {
  return `sha256:${await sha256Hex(image)}`;
}

function toldError(error: unknown): unknown {
  return error instanceof RangeError ? new ImageError('memory', `no room for the image (${error.message})`) : error;
}

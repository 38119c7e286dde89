import { ImageError } from '../base/errors.ts';
import type { SaveParent } from '../sentry/checkpoint/save.ts';
import { CheckpointFlow } from './checkpoint-flow.ts';
import type { Container } from './container.ts';
import { ContainerError } from './errors.ts';
import { sha256Hex } from './oci/sha256.ts';
import type { Timeline, TimelineEntry } from './timeline.ts';

/** Pages that are encoded between two slices. */
const PAGES_PER_STEP = 1024;
/** Time of guests between two looks at whether a hook has ended. */
const HOOK_SLICE_MS = 4;

/** What is to be taken. */
export interface CheckpointPlan {
  /** The container goes on afterwards; otherwise it is stopped. */
  readonly leaveRunning: boolean;
  /** Images taken ahead while guests go on, each for the next to be a difference to. */
  readonly preDumpRounds: number;
  /** A full image, whatever it could be a difference to. */
  readonly isFull: boolean;
  readonly isAutosave: boolean;
  readonly note: string;
  /** Its name; asked for once the image is there. */
  name(): string;
}

/** Where checkpoints go. */
export interface CheckpointKeeper {
  readonly timeline: Timeline;
  /** Whether the image may be a difference to that one, which the container goes on from. It is not asked about rounds taken ahead. */
  canStandOn(digest: string): boolean;
  /** Keeps what was just added to the timeline. @errors it is not kept, and not in the timeline any more: the container goes on */
  keep(entry: TimelineEntry): Promise<void>;
}

/** What a checkpoint needs of whoever gives the container its time, on the same thread. */
export interface CheckpointTurns {
  /** Realtime, ms since 1970; the container's own clock has been brought to it. */
  nowMs(): number;
  /** Lets slices and requests in between; while guests are held it may go on at once. */
  giveWay(): Promise<void>;
  /** Gives guests time, where slices alone do not: a hook waits for it. */
  runGuests(budgetMs: number): void;
  /** Whether it is still this container that is given time. */
  isHere(container: Container): boolean;
  /** Why nothing of the container can be kept any more, as what is said of it; null while it can. */
  lossOf(container: Container): string | null;
  /** Whether a bug has stopped the machine: no guest runs again, and no hook ends. */
  isBroken(): boolean;
  /** From now until `release` no guest runs: what they did would be lost with the container that a checkpoint stops. */
  hold(): void;
  release(): void;
}

export interface TakenCheckpoint {
  readonly entry: TimelineEntry;
  /** What the hook `resume` failed with: the checkpoint is good all the same. */
  readonly warning: string | null;
}

/**
 * One checkpoint of a running container, from its rounds ahead to its hooks: a pause, then pages between slices of the guests
 * that go on.
 * @errors ContainerError, ImageError, or what `keeper.keep` throws: nothing was added, and the container goes on
 */
export function takeCheckpoint(container: Container, plan: CheckpointPlan, keeper: CheckpointKeeper, turns: CheckpointTurns): Promise<TakenCheckpoint> {
  return new CheckpointTaking(container, plan, keeper, turns).take();
}

class CheckpointTaking {
  private readonly container: Container;
  private readonly plan: CheckpointPlan;
  private readonly keeper: CheckpointKeeper;
  private readonly turns: CheckpointTurns;
  /** Digests of the images that were taken ahead. */
  private readonly rounds = new Set<string>();

  constructor(container: Container, plan: CheckpointPlan, keeper: CheckpointKeeper, turns: CheckpointTurns) {
    this.container = container;
    this.plan = plan;
    this.keeper = keeper;
    this.turns = turns;
  }

  async take(): Promise<TakenCheckpoint> {
    const { container, plan, turns } = this;
    let flow: CheckpointFlow | null = null;
    try {
      for (let round = 0; round < plan.preDumpRounds; round++) await this.preDump();
      let parent: SaveParent | null = null;
      flow = new CheckpointFlow(container, { leaveRunning: plan.leaveRunning, begin: (nowMs) => container.beginCheckpoint(nowMs, parent) });
      await this.passHook(flow);
      if (!plan.isFull) {
        parent = this.parent(plan.isAutosave ? 'autosave' : 'checkpoint');
        await this.giveWay(); // what it cost to read the parent is no part of the pause
      }
      if (!plan.leaveRunning) turns.hold();
      const entry = await this.encode(flow);
      await this.keeper.keep(entry);
      if (turns.isHere(container)) await this.conclude(flow);
      return { entry, warning: flow.warning };
    } catch (error) {
      this.keeper.timeline.letGo();
      const told = toldError(error);
      flow?.abandon(told instanceof Error ? told.message : String(told));
      throw told;
    } finally {
      turns.release();
    }
  }

  /** One round: an image of now, while guests go on. */
  private async preDump(): Promise<void> {
    const save = this.container.beginCheckpoint(this.turns.nowMs(), this.parent('checkpoint'));
    try {
      while (!save.step(PAGES_PER_STEP)) await this.giveWay();
    } catch (error) {
      save.abandon();
      throw error;
    }
    const { image, trace } = save.finish();
    const digest = await digestOf(image);
    await this.giveWay();
    this.keeper.timeline.addRound(image, trace, digest);
    this.rounds.add(digest);
  }

  /** What the next image is to be a difference to; null for a full one. */
  private parent(kind: 'checkpoint' | 'autosave'): SaveParent | null {
    const parent = this.keeper.timeline.parentFor(this.container.kernel.core, kind);
    return parent !== null && (this.rounds.has(parent.digest) || this.keeper.canStandOn(parent.digest)) ? parent : null;
  }

  /** The pause, the pages, the image into the timeline. */
  private async encode(flow: CheckpointFlow): Promise<TimelineEntry> {
    const { plan, turns } = this;
    const { leaveRunning, note, isAutosave } = plan;
    const startMs = performance.now();
    const takenAtMs = turns.nowMs();
    flow.step(takenAtMs, PAGES_PER_STEP);
    const frozenMs = performance.now() - startMs;
    while (flow.stage === 'pages') {
      flow.step(takenAtMs, PAGES_PER_STEP);
      if (flow.stage === 'pages') await this.giveWay();
    }
    const { image, trace } = flow.result!;
    const totalMs = performance.now() - startMs;
    const digest = await digestOf(image);
    this.requireHere();
    return this.keeper.timeline.add(image, trace, { name: plan.name(), note, leftRunning: leaveRunning, pauseMs: leaveRunning ? frozenMs : totalMs, totalMs, isAutosave }, digest);
  }

  /** The image is kept: what becomes of the container does not matter to the checkpoint any more. */
  private async conclude(flow: CheckpointFlow): Promise<void> {
    const { container, turns } = this;
    flow.step(turns.nowMs(), PAGES_PER_STEP);
    while (flow.needsGuests() && turns.isHere(container) && !turns.isBroken()) {
      turns.runGuests(HOOK_SLICE_MS);
      await turns.giveWay();
      flow.step(turns.nowMs(), PAGES_PER_STEP);
    }
  }

  /** Gives guests time until the flow's hook has ended. */
  private async passHook(flow: CheckpointFlow): Promise<void> {
    const { turns } = this;
    while (flow.needsGuests()) {
      turns.runGuests(HOOK_SLICE_MS);
      await this.giveWay();
      if (turns.isBroken()) throw new ContainerError('checkpoint: the machine has stopped while the save hook ran; nothing was kept, restore an earlier checkpoint');
      flow.step(turns.nowMs(), PAGES_PER_STEP);
    }
  }

  /** @errors ContainerError the container is gone meanwhile */
  private async giveWay(): Promise<void> {
    await this.turns.giveWay();
    this.requireHere();
  }

  private requireHere(): void {
    const loss = this.turns.lossOf(this.container);
    if (loss !== null) throw new ContainerError(`checkpoint: container "${this.container.spec.id}" ${loss}; nothing was kept`);
  }
}

async function digestOf(image: Uint8Array): Promise<string> {
  return `sha256:${await sha256Hex(image)}`;
}

function toldError(error: unknown): unknown {
  return error instanceof RangeError ? new ImageError('memory', `no room for the image (${error.message})`) : error;
}

import { ImageError } from '../base/errors.ts';
import type { Save } from '../sentry/checkpoint/save.ts';
import type { Container } from './container.ts';
import { ContainerError } from './errors.ts';
import type { HookRun } from './hook.ts';

export interface CheckpointChoice {
  /** The container goes on afterwards; otherwise it is stopped, and waiting clients see status 0. */
  readonly leaveRunning: boolean;
  /** A checkpoint that was to stop the container stops it though it failed, as gVisor's does; otherwise it goes on. */
  readonly stopsWhenFailed?: boolean;
  /** Begins the save; default `Container.beginCheckpoint`. */
  readonly begin?: (nowMs: number) => Save;
}

/** What a flow is at: the hook `save`, the pause, the pages, an image to be kept by whoever drives it, the hook `resume`, the end. */
export type CheckpointStage = 'saveHook' | 'pause' | 'pages' | 'keep' | 'resumeHook' | 'done' | 'failed';

/**
 * A checkpoint from the request to its end, hooks and notices included; whoever drives the container takes its steps.
 *
 *     saveHook ──> pause ──> pages ──> keep ──> resumeHook ──> done
 *        └───────────┴─────────┴────────┴── failed: programs inside are told `error`; the container goes on
 *
 * In `saveHook` and `resumeHook` guests must be given time between two steps; in `pages` and `keep` they may be. In `keep`
 * the driver puts `result` where it belongs before the next step, which stops the container or tells it to go on.
 */
export class CheckpointFlow {
  stage: CheckpointStage;
  /** What `Save.finish` gave, from `keep` on. */
  result: ReturnType<Save['finish']> | null = null;
  /** What the hook `resume` failed with: the checkpoint is good all the same. */
  warning: string | null = null;
  private readonly container: Container;
  private readonly choice: CheckpointChoice;
  private hook: HookRun | null;
  private save: Save | null = null;
  private hasPaused = false;

  /** @errors ContainerError wrong state; another one under way; a hook that cannot run */
  constructor(container: Container, choice: CheckpointChoice) {
    this.container = container;
    this.choice = choice;
    this.hook = container.startHook('save');
    this.stage = this.hook === null ? 'pause' : 'saveHook';
  }

  isDone(): boolean {
    return this.stage === 'done' || this.stage === 'failed';
  }

  /** Whether guests must be given time before the next step is of use. */
  needsGuests(): boolean {
    return this.stage === 'saveHook' || this.stage === 'resumeHook';
  }

  /**
   * Does the next piece.
   * @param nowMs  realtime, ms since 1970: what the image says of its time when the pause begins with this step
   * @errors ContainerError or ImageError in one sentence; the flow is over then
   */
  step(nowMs: number, pages: number): void {
    try {
      this.advance(nowMs, pages);
    } catch (error) {
      const told = error instanceof RangeError ? new ImageError('memory', `no room for the image (${error.message})`) : error;
      this.fail(told instanceof Error ? told.message : String(told));
      if (this.hasPaused && !this.choice.leaveRunning && this.choice.stopsWhenFailed === true) this.container.stopAfterCheckpoint();
      throw told;
    }
  }

  /** Gives it up: those who wait inside are told `error`. */
  abandon(reason = 'given up'): void {
    if (!this.isDone() && this.stage !== 'resumeHook') this.fail(reason);
  }

  private fail(reason: string): void {
    this.stage = 'failed';
    this.save?.abandon();
    this.save = null;
    this.container.concludeCheckpoint('error', reason);
  }

  private advance(nowMs: number, pages: number): void {
    switch (this.stage) {
      case 'saveHook':
        if (!this.hook!.isDone) return;
        if (this.hook!.failure !== null) throw new ContainerError(`save hook: ${this.hook!.failure}`);
        this.stage = 'pause';
        return;
      case 'pause':
        this.save = this.choice.begin?.(nowMs) ?? this.container.beginCheckpoint(nowMs);
        this.hasPaused = true;
        this.stage = 'pages';
        return;
      case 'pages':
        if (this.save!.step(pages)) this.finish(this.save!);
        return;
      case 'keep':
        this.conclude();
        return;
      case 'resumeHook':
        if (!this.hook!.isDone) return;
        this.warning = this.hook!.failure;
        this.stage = 'done';
    }
  }

  private finish(save: Save): void {
    this.save = null; // what `finish` throws has ended the freeze
    this.result = save.finish();
    this.stage = 'keep';
  }

  private conclude(): void {
    this.container.concludeCheckpoint('resume', null);
    this.stage = 'done';
    if (!this.choice.leaveRunning) {
      this.container.stopAfterCheckpoint();
      return;
    }
    try {
      this.hook = this.container.startHook('resume');
      if (this.hook !== null) this.stage = 'resumeHook';
    } catch (error) {
      if (!(error instanceof ContainerError)) throw error;
      this.warning = error.message;
    }
  }
}

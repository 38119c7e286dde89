import { ContainerError } from '../container/errors.ts';
import type { Container } from '../container/container.ts';
import type { TimelineEntry } from '../container/timeline.ts';
import type { CheckpointTaking } from './checkpoint-taking.ts';
import type { History } from './history.ts';
import type { News } from './news.ts';

/**
 * Keeps the running container without being asked: a checkpoint every so often while anything changes, which takes the place of
 * the one before. It stands beside the tree that people see, at the checkpoint that the container has gone on from.
 */
export class Autosave {
  /** Null: off. */
  seconds: number | null = null;
  /** Why there was none last time, in one sentence, which is said once; null when all went well. */
  problem: string | null = null;
  private readonly history: History;
  private readonly taking: CheckpointTaking;
  private readonly news: News;
  private lastMs = 0;
  /** What the machine had done when it was last kept; null when it is not kept yet. */
  private keptMark: number | null = null;

  constructor(history: History, taking: CheckpointTaking, news: News) {
    this.history = history;
    this.taking = taking;
    this.news = news;
  }

  /** @errors ContainerError no number, or no store to keep it in */
  set(seconds: number | null, nowMs: number): void {
    if (seconds !== null && !(seconds > 0 && Number.isFinite(seconds))) throw new ContainerError(`cannot autosave every ${seconds} s: a number above 0 is needed, or null for never`);
    if (seconds !== null && !this.history.hasStore()) throw new ContainerError('cannot autosave: no store is open that would outlast this machine');
    this.seconds = seconds;
    this.lastMs = nowMs;
  }

  /** The container is another one: whatever was kept is not it, and would come back in its place. */
  forget(): void {
    this.keptMark = null;
    this.hurry();
  }

  /** The next one is due at once: a machine started anew is not to go back behind what was asked for just now. */
  hurry(): void {
    this.lastMs = -Infinity;
  }

  /**
   * Milliseconds until the next one, 0 when it is time; Infinity when it is off or nothing has changed.
   * @param mark  a count of what the machine has done
   */
  dueInMs(nowMs: number, mark: number): number {
    const isKept = mark === this.keptMark && this.entries().length > 0;
    return this.seconds === null || isKept ? Infinity : Math.max(0, this.lastMs + this.seconds * 1000 - nowMs);
  }

  /** Takes it. Never fails: a notice says why there is none. */
  async save(container: Container, mark: number): Promise<void> {
    try {
      const entry = await this.taking.take(container, { name: 'autosave', leaveRunning: true, isAutosave: true });
      if (!this.history.isStored(entry)) await this.storeOrTakeBack(entry);
      await this.drop(this.entries().filter(({ id }) => id !== entry.id).map(({ id }) => id));
      this.keptMark = mark;
      this.problem = null;
      this.news.tell({ kind: 'timeline', sentence: `autosave: ${Math.ceil(entry.imageBytes / 1000)} kB` });
    } catch (error) {
      const problem = `autosave: ${error instanceof Error ? error.message : String(error)}`;
      if (withoutNumbers(problem) !== withoutNumbers(this.problem)) this.news.notice(problem, true);
      this.problem = problem;
    } finally {
      this.lastMs = performance.now();
    }
  }

  /** In memory only it is of no use to anybody: the one before, which is in the store, stays. */
  private async storeOrTakeBack(entry: TimelineEntry): Promise<void> {
    const reason = await this.history.bring();
    if (this.history.isStored(entry) || !this.entries().some(({ id }) => id === entry.id)) return; // or somebody has named or deleted it meanwhile
    this.history.timeline.takeBack(entry.id);
    await this.history.keep();
    throw new ContainerError(`not kept, ${reason ?? 'the store does not hold it'}`);
  }

  /** The container is gone, or autosave was switched off: nothing is to come back by itself. */
  async dropAll(): Promise<void> {
    this.keptMark = null;
    const ids = this.entries().map(({ id }) => id);
    if (ids.length === 0) return;
    await this.drop(ids);
    this.news.tell({ kind: 'timeline', sentence: 'autosave dropped' });
  }

  private entries(): TimelineEntry[] {
    return this.history.timeline.list().filter(({ isAutosave }) => isAutosave);
  }

  private async drop(ids: readonly string[]): Promise<void> {
    for (const id of ids) this.history.timeline.delete(id);
    if (ids.length > 0) await this.history.keep();
  }
}

function withoutNumbers(sentence: string | null): string | null {
  return sentence?.replace(/\d+/g, 'N') ?? null;
}

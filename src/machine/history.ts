import { ContainerError } from '../container/errors.ts';
import { StoredTimeline } from '../container/stored-timeline.ts';
import { Timeline } from '../container/timeline.ts';
import type { TimelineEntry } from '../container/timeline.ts';
import { Core } from '../core/core.ts';
import type { BaseTree } from '../ports/base-tree.ts';
import type { OpenStore } from '../ports/checkpoint-store.ts';
import type { CheckpointInfo, StoreReport, StoreState } from './api.ts';
import type { News } from './news.ts';

/** A machine's checkpoints: in memory, and in a store once one is open. */
export class History {
  readonly timeline: Timeline;
  /** For page work; no frame of it is used. */
  readonly core: Core;
  readonly base: BaseTree;
  private readonly news: News;
  private readonly openStoreOf: OpenStore | null;
  private stored: StoredTimeline | null = null;
  private isOpening = false;
  /** What was said last about what is not kept. */
  private toldProblem: string | null = null;

  constructor(module: WebAssembly.Module, base: BaseTree, news: News, openStore: OpenStore | null) {
    this.core = Core.create(module, { frames: 16 });
    this.base = base;
    this.news = news;
    this.openStoreOf = openStore;
    this.timeline = new Timeline(this.core);
  }

  /** @param users  `Timeline.imageUsers`, where many are asked for at once */
  info(entry: TimelineEntry, users: ReadonlyMap<string, number> = this.timeline.imageUsers()): CheckpointInfo {
    const { id, name, note, takenAtMs, leftRunning, parentId, imageBytes, digest, isDifference, isAutosave, pauseMs, totalMs, counts } = entry;
    return {
      id, name, note, takenAtMs, leftRunning, parentId, digest, isDifference, isAutosave, imageBytes, pauseMs, totalMs,
      chainBytes: this.timeline.chainBytes(id),
      freedByDeletingBytes: this.timeline.freedByDeleting(id, users),
      isStored: this.isStored(entry),
      pages: counts['frames'] ?? 0,
      dataPages: (counts['compressed'] ?? 0) + (counts['raw'] ?? 0) + (counts['delta'] ?? 0),
      processes: counts['threadGroups'] ?? 0,
      execProcesses: counts['execGroups'] ?? 0,
    };
  }

  list(): CheckpointInfo[] {
    const users = this.timeline.imageUsers();
    return this.timeline.list().map((entry) => this.info(entry, users));
  }

  isStored(entry: TimelineEntry): boolean {
    return this.stored?.isStored(entry) ?? false;
  }

  /** @errors StoreError; ContainerError: one is open already, there is none here */
  async openStore(name: string): Promise<StoreReport> {
    if (this.openStoreOf === null) throw new ContainerError('there is no store here: checkpoints are kept in memory only');
    if (this.isOpening) throw new ContainerError(`cannot open the store ${name}: this machine has one already`);
    this.isOpening = true;
    const store = await this.openStoreOf(name).catch((error: unknown) => {
      this.isOpening = false;
      throw error;
    });
    try {
      const { stored, ids, notices } = await StoredTimeline.open(this.timeline, store);
      this.stored = stored;
      await stored.keep(); // with what was taken while it was opened
      this.tellProblem(stored);
      if (ids.length > 0) this.news.tell({ kind: 'timeline', sentence: `${store.label}: ${ids.length} ${ids.length === 1 ? 'checkpoint' : 'checkpoints'} found` });
      const checkpoints = this.timeline.list().filter(({ id }) => ids.includes(id)).map((entry) => this.info(entry));
      return { checkpoints, autosaveId: checkpoints.findLast(({ isAutosave }) => isAutosave)?.id ?? null, notices: [...notices] };
    } catch (error) {
      this.isOpening = false;
      await store.close();
      throw error;
    }
  }

  hasStore(): boolean {
    return this.stored !== null;
  }

  async storeState(): Promise<Omit<StoreState, 'autosaveSeconds'> | null> {
    return this.stored === null ? null : this.stored.usage();
  }

  /** Brings the store, if one is open, to what is here. Never fails: a notice says what is not kept. */
  async keep(): Promise<void> {
    await this.bring();
    if (this.stored !== null) this.tellProblem(this.stored);
  }

  /** The same without a notice. @returns why not all is kept, in the store's words; null when it is */
  async bring(): Promise<string | null> {
    await this.stored?.keep();
    return this.stored?.reason ?? null;
  }

  private tellProblem({ problem }: StoredTimeline): void {
    if (problem === this.toldProblem) return;
    this.toldProblem = problem;
    if (problem === null) this.news.tell({ kind: 'timeline', sentence: 'all checkpoints are kept again' });
    else this.news.notice(problem, true);
  }
}

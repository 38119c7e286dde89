import { takeCheckpoint } from '../container/checkpoint-taking.ts';
import type { CheckpointKeeper, CheckpointTurns } from '../container/checkpoint-taking.ts';
import type { Container } from '../container/container.ts';
import type { TimelineEntry } from '../container/timeline.ts';
import type { CheckpointOptions } from './api.ts';
import type { History } from './history.ts';
import type { News } from './news.ts';

/** More rounds would lengthen the chain of images that a restore reads, and win little. */
export const MOST_PRE_DUMP_ROUNDS = 8;

export type TakeOptions = CheckpointOptions & { readonly isAutosave?: boolean };

/** Takes checkpoints of a machine's container into its history. */
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
    const plan = {
      leaveRunning: options.leaveRunning,
      preDumpRounds: options.preDumpRounds ?? 0,
      isFull: options.full === true,
      isAutosave: options.isAutosave === true,
      note: options.note ?? '',
      name: () => options.name ?? freeName(timeline.list()),
    };
    const { entry, warning } = await takeCheckpoint(container, plan, this.keeper(), this.turns);
    if (warning !== null) this.news.notice(`checkpoint: ${entry.name} is good, but its resume hook failed: ${warning}`, true);
    return entry;
  }

  /** In memory a checkpoint is kept in any case: of an autosave whoever takes it says what the store did not take, of others the history. */
  private keeper(): CheckpointKeeper {
    const { history } = this;
    return {
      timeline: history.timeline,
      canStandOn: () => true,
      keep: async ({ isAutosave }) => {
        if (isAutosave) await history.bring();
        else await history.keep();
      },
    };
  }
}

/** `checkpoint-N`, the number after that of those there are. */
function freeName(entries: readonly TimelineEntry[]): string {
  const names = new Set(entries.map(({ name }) => name));
  let number = 1 + entries.filter(({ isAutosave }) => !isAutosave).length;
  while (names.has(`checkpoint-${number}`)) number++;
  return `checkpoint-${number}`;
}

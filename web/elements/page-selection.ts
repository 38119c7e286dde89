/** Which checkpoint of the timeline the reader has picked, and which other it is compared with. */

import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { CheckpointInfo } from '../../src/machine/api.ts';
import { countOf, duration, fileSize } from '../app/format.ts';
import { timelineOf } from '../app/model.ts';
import type { PageModel } from '../app/model.ts';
import { comparedWith } from '../app/refusals.ts';

export class PageSelection implements ReactiveController {
  private readonly host: ReactiveControllerHost & { model: PageModel };
  /** Null: the newest. */
  private pickedId: string | null = null;
  /** Null: the one it came from. */
  private pairedId: string | null = null;

  constructor(host: ReactiveControllerHost & { model: PageModel }) {
    this.host = host;
    host.addController(this);
  }

  hostConnected(): void {
    // Nothing to take up: the newest is selected until another is picked.
  }

  /** What has come in is selected, and so is what was just taken. */
  follow(before: PageModel | undefined): void {
    const { checkpoints, importedId, parentId } = this.host.model;
    if (importedId !== null && importedId !== before?.importedId) this.pickedId = importedId;
    else if (before !== undefined && checkpoints.length > before.checkpoints.length && parentId !== before.parentId) this.pickedId = null;
  }

  pick(id: string | null): void {
    this.pickedId = id;
    this.host.requestUpdate();
  }

  /** Takes `id` as the other of two. */
  pair(id: string): void {
    this.pairedId = id;
    this.host.requestUpdate();
  }

  /** What a restore brings back, and what the panels are about. */
  get target(): CheckpointInfo | null {
    const { checkpoints } = timelineOf(this.host.model);
    return checkpoints.find(({ id }) => id === this.pickedId) ?? checkpoints.at(-1) ?? null;
  }

  get compareWith(): CheckpointInfo | null {
    const { target } = this;
    const { checkpoints } = timelineOf(this.host.model);
    return checkpoints.find(({ id }) => id === this.pairedId && id !== target?.id) ?? comparedWith(checkpoints, target?.id ?? null);
  }

  /** Whether the reader chose the two. */
  get isPaired(): boolean {
    return this.pairedId !== null;
  }

  /** What has come in from outside, while it is selected and has not been restored. */
  get imported(): CheckpointInfo | null {
    const { target } = this;
    return target !== null && this.pickedId === target.id && this.host.model.importedId === target.id ? target : null;
  }

  /** The checkpoint just taken, if nothing has come or gone since; of a stopped container what would be restored. */
  get keptAs(): { name: string; facts: string } | null {
    const { checkpoints, container, parentId, fates, processes } = this.host.model;
    const isStopped = container?.status === 'stopped';
    const taken = isStopped ? this.target : checkpoints.find(({ id }) => id === parentId);
    if (taken == null) return null;
    if (!isStopped && (fates !== null || processes.length !== taken.processes)) return null;
    return { name: taken.name, facts: `${fileSize(taken.imageBytes)}${taken.totalMs > 0 ? `, pause ${duration(taken.pauseMs)}` : ''}, ${countOf(taken.dataPages, 'page')}` };
  }

  /** The execs of what would be restored, as far as they have been asked for. */
  get frozenExecs(): { name: string; execs: readonly { pid: number; command: string }[] } | null {
    const { frozenExecs } = this.host.model;
    const { target } = this;
    return frozenExecs === null || frozenExecs.checkpointId !== target?.id ? null : { name: target.name, execs: frozenExecs.execs };
  }
}

import { ContainerError } from '../container/errors.ts';

/** One checkpoint or restore at a time. An autosave gives way to nothing, and is waited for: nobody has asked for it. */
export class Exclusion {
  /** The checkpoint or restore that is under way, in words; null while there is none. */
  underWay: string | null = null;
  private autosaving: Promise<void> | null = null;

  isBusy(): boolean {
    return this.underWay !== null || this.autosaving !== null;
  }

  /**
   * Does `work` when no autosave is under way.
   * @param verb  what was asked for
   * @param what  what that is while it is under way
   * @errors ContainerError another one is under way
   */
  async alone<T>(verb: string, what: string, work: () => Promise<T>): Promise<T> {
    while (this.underWay === null && this.autosaving !== null) await this.autosaving;
    if (this.underWay !== null) throw new ContainerError(`cannot ${verb} while ${this.underWay} is under way; try again when it has ended`);
    this.underWay = what;
    try {
      return await work();
    } finally {
      this.underWay = null;
    }
  }

  /** Begins an autosave, unless something else is under way, which has the container's state of now as well. */
  beginAutosave(save: () => Promise<void>): void {
    if (this.isBusy()) return;
    this.autosaving = save().finally(() => (this.autosaving = null));
  }

  /** Until no autosave is under way. */
  async autosaved(): Promise<void> {
    await this.autosaving;
  }
}

/** Two checkpoints beside each other: asks the machine for their difference and for the pages the reader looks at. */

import type { MachineClient } from '../../src/bridge/machine-client.ts';
import type { Comparison, PageModel } from './model.ts';
import { sentenceOf } from './sentence.ts';

export class Comparer {
  private readonly modelNow: () => PageModel;
  private readonly change: (next: (model: PageModel) => PageModel) => void;
  private readonly clientNow: () => MachineClient | null;

  constructor(modelNow: () => PageModel, change: (next: (model: PageModel) => PageModel) => void, clientNow: () => MachineClient | null) {
    this.modelNow = modelNow;
    this.change = change;
    this.clientNow = clientNow;
  }

  async compare(beforeId: string, afterId: string): Promise<void> {
    const client = this.clientNow();
    if (client === null) return;
    const shown = this.modelNow().comparison;
    if (shown !== null && shown.beforeId === beforeId && shown.afterId === afterId && shown.problem === null) return;
    const asked: Comparison = { beforeId, afterId, diff: null, problem: null, page: null };
    this.put(asked);
    let answer: Comparison;
    try {
      answer = { ...asked, diff: await client.machine.diff(beforeId, afterId) };
    } catch (error) {
      answer = { ...asked, problem: sentenceOf(error) };
    }
    if (this.modelNow().comparison !== asked) return; // something else is compared by now
    this.put(answer);
    const first = answer.diff?.pages[0];
    if (first !== undefined) await this.look(first.pid, first.address);
  }

  /** Shows the content of a page on both sides. */
  async look(pid: number, address: number): Promise<void> {
    const { comparison } = this.modelNow();
    const client = this.clientNow();
    if (comparison === null || client === null) return;
    this.put({ ...comparison, page: { pid, address, pair: null } });
    const { beforeId, afterId } = comparison;
    try {
      const pair = await client.machine.pagePair(beforeId, afterId, pid, address);
      this.settle(pid, address, (now) => ({ ...now, page: { pid, address, pair } }));
    } catch (error) {
      this.settle(pid, address, (now) => ({ ...now, page: null, problem: sentenceOf(error) }));
    }
  }

  close(): void {
    this.put(null);
  }

  /** Takes an answer up if the page it is of is still looked at. */
  private settle(pid: number, address: number, next: (comparison: Comparison) => Comparison): void {
    const { comparison } = this.modelNow();
    if (comparison?.page?.pid === pid && comparison.page.address === address) this.put(next(comparison));
  }

  private put(comparison: Comparison | null): void {
    this.change((model) => ({ ...model, comparison }));
  }
}

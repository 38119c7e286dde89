import { textFromByteString, byteStringOf } from '../base/bytes.ts';
import { Container } from '../container/container.ts';
import type { ContainerHost, RestoreOutcome, Watched } from '../container/container.ts';
import { readContainerFile } from '../container/files.ts';
import type { NodeClock } from '../host/node/clock.ts';
import { CliError } from './failure.ts';
import { Turns } from './turns.ts';

const STRIDE = 400_000;
const SLICE_NS = 5e6;
const PIECE_BYTES = 65_536;
const FILE_LIMIT_BYTES = 65_536;
const PAGES_PER_STEP = 4096;

/** A container with everything it prints kept by host file, run only while somebody waits for something. */
export class DemoMachine {
  readonly container: Container;
  private readonly clock: NodeClock;
  /** What each host file has put out, by its id. */
  private readonly printed = new Map<number, string>();
  /** Host time at which the container's clock was `clockStartNs`. */
  private readonly hostStartNs: number;
  private readonly clockStartNs: number;

  constructor(container: Container, clock: NodeClock) {
    this.container = container;
    this.clock = clock;
    this.hostStartNs = clock.monotonicNs();
    this.clockStartNs = container.kernel.clock.monotonicNs;
  }

  /** Runs the container until `isSo`. @errors CliError when it does not come about within `timeoutMs` */
  until(what: string, timeoutMs: number, isSo: () => boolean): Promise<void> {
    const endNs = this.clock.monotonicNs() + timeoutMs * 1e6;
    return new Promise((resolve, reject) => {
      const turns = new Turns(() => {
        const idleMs = this.slice();
        if (isSo()) {
          turns.stop();
          resolve();
          return null;
        }
        const leftMs = (endNs - this.clock.monotonicNs()) / 1e6;
        if (leftMs <= 0) throw new CliError(`${what}: has not come about within ${timeoutMs} ms`);
        return Math.min(idleMs ?? leftMs, leftMs);
      }, reject);
      turns.wake();
    });
  }

  /** All that a process started from outside has put out, as text. */
  output({ hostFileIds }: Watched): string {
    return hostFileIds.map((id) => textFromByteString(this.printed.get(id) ?? '')).join('');
  }

  type({ hostFileIds }: Watched, text: string): void {
    this.container.terminals().pushInput(hostFileIds[0]!, new TextEncoder().encode(text));
  }

  /** Content of a file in the container; empty where there is none. */
  file(path: string): string {
    return textFromByteString(readContainerFile(this.container.kernel, path, FILE_LIMIT_BYTES) ?? '');
  }

  /** Everything in one image, then the container stops. */
  checkpoint(): { image: Uint8Array; counts: { readonly [name: string]: number }; durationMs: number } {
    const startMs = performance.now();
    const save = this.container.beginCheckpoint(Date.now());
    while (!save.step(PAGES_PER_STEP)) continue;
    const saved = save.finish();
    const durationMs = performance.now() - startMs;
    this.container.stopAfterCheckpoint();
    return { ...saved, durationMs };
  }

  static restore(host: ContainerHost, image: Uint8Array, clock: NodeClock): { machine: DemoMachine; outcome: RestoreOutcome; durationMs: number } {
    const startMs = performance.now();
    const outcome = Container.restore(host, image, { policy: 'kill', clock: 'gvisor' });
    const durationMs = performance.now() - startMs;
    return { machine: new DemoMachine(outcome.container, clock), outcome, durationMs };
  }

  /** @returns ms until there is more to do, null for never */
  private slice(): number | null {
    const { container } = this;
    const endNs = this.clock.monotonicNs() + SLICE_NS;
    for (let nowNs = this.clock.monotonicNs(); nowNs < endNs; nowNs = this.clock.monotonicNs()) {
      container.tick(this.clockStartNs + nowNs - this.hostStartNs);
      container.step({ budget: STRIDE, maxTraps: Infinity });
      this.takeOutput();
      if (!container.kernel.hasRunnable()) {
        const deadlineNs = container.kernel.timers.nextDeadlineNs();
        return deadlineNs === null ? null : Math.max(0, deadlineNs - this.clockStartNs - (nowNs - this.hostStartNs)) / 1e6;
      }
    }
    return 0;
  }

  private takeOutput(): void {
    const terminals = this.container.terminals();
    for (const { id } of terminals.hostFiles()) {
      const bytes = terminals.takeOutput(id, PIECE_BYTES);
      if (bytes !== null) this.printed.set(id, (this.printed.get(id) ?? '') + byteStringOf(bytes));
    }
  }
}

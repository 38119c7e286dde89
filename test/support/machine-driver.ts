import { readFileSync } from 'node:fs';
import { rootPath } from '../../scripts/support/paths.mjs';
import type { ContainerOptions, MachineEvent, TerminalId } from '../../src/machine/api.ts';
import { Machine } from '../../src/machine/machine.ts';
import type { MachineEnvironment } from '../../src/machine/machine.ts';

export const TERMINAL = { columns: 80, rows: 24 };
export const coreModule = new WebAssembly.Module(readFileSync(rootPath('build/core.wasm')));
const imageArchive = readFileSync(rootPath('public/busybox.tar'));

/** A machine that is given time only in `until`, `said` and `settled`, and what it has said. */
export class MachineHarness {
  readonly machine: Machine;
  readonly events: MachineEvent[] = [];
  private readonly outputs = new Map<TerminalId, string>();

  private constructor(environment: MachineEnvironment) {
    this.machine = new Machine(environment);
    this.machine.subscribe((event) => this.events.push(event));
  }

  /** A machine without a container. */
  static async boot(environment: MachineEnvironment = {}, archive: Uint8Array = imageArchive): Promise<MachineHarness> {
    const harness = new MachineHarness(environment);
    await harness.machine.boot({ core: coreModule, imageArchive: archive, memoryLimitBytes: 64 << 20 });
    return harness;
  }

  /** A machine whose container runs. */
  static async start(options: ContainerOptions = { argv: ['sleep', '100000'] }, environment: MachineEnvironment = {}): Promise<MachineHarness> {
    const harness = await MachineHarness.boot(environment);
    harness.machine.create({ console: TERMINAL, ...options });
    harness.machine.start();
    return harness;
  }

  output(id: TerminalId | null): string {
    return (id === null ? undefined : this.outputs.get(id)) ?? '';
  }

  type(id: TerminalId | null, text: string): void {
    this.machine.terminalInput(id!, new TextEncoder().encode(text));
  }

  /** One slice, and what it printed. */
  turn(): void {
    this.machine.runSlice(5);
    for (const id of this.machine.terminalsWithOutput()) {
      this.outputs.set(id, this.output(id) + new TextDecoder().decode(this.machine.takeTerminalOutput(id, 65_536)));
    }
  }

  async until(isThere: () => boolean): Promise<void> {
    const endMs = Date.now() + 20_000;
    while (!isThere()) {
      if (Date.now() > endMs) throw new Error('it did not come to be');
      this.turn();
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** What a promise gives, while guests run. */
  async settled<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    promise.then(() => (isSettled = true), () => (isSettled = true));
    await this.until(() => isSettled);
    return promise;
  }

  /** What a command prints. */
  async said(command: string): Promise<string> {
    const { terminalId } = this.machine.exec({ argv: ['sh', '-c', `${command}; echo '[end]'`], terminal: TERMINAL });
    await this.until(() => this.output(terminalId).includes('[end]'));
    return this.output(terminalId).replaceAll('\r', '').replace('[end]\n', '');
  }

  sentences(kind: MachineEvent['kind']): string[] {
    return this.events.filter((event) => event.kind === kind).map(({ sentence }) => sentence);
  }
}

/**
 * A machine as a page sees it: control calls that answer by promises, and terminal bytes that travel beside them.
 *
 * ```ts
 * const client = MachineClient.start({ onOutput, onEvent, onFailure });
 * await client.machine.boot({ core, imageArchive, memoryLimitBytes });
 * ```
 */

import * as Comlink from 'comlink';
import type { MachineApi, MachineEvent, TerminalId, TerminalSize } from '../machine/api.ts';
import type { TerminalOutput, TerminalRequest } from '../machine/terminal-messages.ts';
import type { WorkerEntry } from '../machine/worker-entry.ts';

export interface MachineListener {
  /** `bytes` is the listener's own. Once they are drawn it returns their number by `credit`. */
  onOutput(terminalId: TerminalId, bytes: Uint8Array): void;
  onEvent(event: MachineEvent): void;
  /** The worker could not start or died: no call will be answered any more. */
  onFailure(sentence: string): void;
}

export class MachineClient {
  readonly machine: Comlink.Remote<MachineApi>;
  private readonly worker: Worker;
  private readonly port: MessagePort;

  private constructor(worker: Worker, port: MessagePort, machine: Comlink.Remote<MachineApi>) {
    this.worker = worker;
    this.port = port;
    this.machine = machine;
  }

  /** Starts a worker with a machine that is not booted yet. */
  static start(listener: MachineListener): MachineClient {
    const worker = new Worker(new URL('../worker/worker.ts', import.meta.url), { type: 'module', name: 'machine' });
    worker.onerror = (event) => listener.onFailure(event.message || 'the machine could not be loaded');
    const entry = Comlink.wrap<WorkerEntry>(worker);
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (event: MessageEvent<TerminalOutput>) => listener.onOutput(event.data.terminalId, event.data.bytes);
    const machine = entry.machine as unknown as Comlink.Remote<MachineApi>;
    void entry.connectTerminals(Comlink.transfer(port2, [port2]));
    void machine.subscribe(Comlink.proxy((event: MachineEvent) => listener.onEvent(event)));
    return new MachineClient(worker, port1, machine);
  }

  /** Sends what was typed; `bytes` is given away. */
  input(terminalId: TerminalId, bytes: Uint8Array): void {
    this.send({ kind: 'input', terminalId, bytes }, [bytes.buffer as ArrayBuffer]);
  }

  resize(terminalId: TerminalId, size: TerminalSize): void {
    this.send({ kind: 'resize', terminalId, columns: size.columns, rows: size.rows }, []);
  }

  credit(terminalId: TerminalId, countBytes: number): void {
    this.send({ kind: 'credit', terminalId, countBytes }, []);
  }

  /** Ends the machine, without asking it. */
  close(): void {
    this.port.close();
    this.worker.terminate();
  }

  private send(request: TerminalRequest, transfer: Transferable[]): void {
    this.port.postMessage(request, transfer);
  }
}

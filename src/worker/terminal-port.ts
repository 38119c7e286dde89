/**
 * The worker's end of the byte channel: gives the guest what was typed, and sends what it printed as far as credit goes.
 */

import type { MachineDriver, TerminalId } from '../machine/api.ts';
import { OUTSTANDING_LIMIT_BYTES } from '../machine/terminal-messages.ts';
import type { TerminalOutput, TerminalRequest } from '../machine/terminal-messages.ts';

/** One message of output at most: a page draws it well within a frame. */
const CHUNK_BYTES = 16 * 1024;

export class TerminalPort {
  private readonly port: MessagePort;
  private readonly driver: MachineDriver;
  /** Bytes sent and not yet drawn, by terminal. */
  private readonly outstanding = new Map<TerminalId, number>();

  /** @param wake  called after every message that may give the guest something to do */
  constructor(port: MessagePort, driver: MachineDriver, wake: () => void) {
    this.port = port;
    this.driver = driver;
    port.onmessage = (event: MessageEvent<TerminalRequest>) => {
      this.take(event.data);
      wake();
    };
  }

  private take(request: TerminalRequest): void {
    switch (request.kind) {
      case 'input':
        this.driver.terminalInput(request.terminalId, request.bytes);
        this.pump(); // the echo need not wait for the next slice
        break;
      case 'resize':
        this.driver.terminalResize(request.terminalId, { columns: request.columns, rows: request.rows });
        break;
      case 'credit': {
        const left = (this.outstanding.get(request.terminalId) ?? 0) - request.countBytes;
        if (left > 0) this.outstanding.set(request.terminalId, left);
        else this.outstanding.delete(request.terminalId);
        break;
      }
    }
  }

  /**
   * Sends what is waiting, at most one message a terminal; a terminal without credit keeps its output, and its writers sleep.
   *
   * @returns  true when more could be sent at once
   */
  pump(): boolean {
    let hasMore = false;
    for (const terminalId of this.driver.terminalsWithOutput()) {
      const sent = this.outstanding.get(terminalId) ?? 0;
      const room = Math.min(CHUNK_BYTES, OUTSTANDING_LIMIT_BYTES - sent);
      if (room <= 0) continue;
      const bytes = this.driver.takeTerminalOutput(terminalId, room);
      if (bytes.length === 0) continue;
      this.outstanding.set(terminalId, sent + bytes.length);
      const message: TerminalOutput = { kind: 'output', terminalId, bytes };
      this.port.postMessage(message, [bytes.buffer as ArrayBuffer]);
      hasMore ||= bytes.length === CHUNK_BYTES;
    }
    return hasMore;
  }
}

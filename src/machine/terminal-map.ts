import type { Watched } from '../container/container.ts';
import type { TerminalServices } from '../sentry/tty/terminal-services.ts';
import type { TerminalId, TerminalSize } from './api.ts';

/** Input that a guest has not taken yet, at most: more is dropped, as a full terminal drops it. */
const MAX_WAITING_BYTES = 1 << 20;

interface Entry {
  readonly id: TerminalId;
  readonly services: TerminalServices;
  /** Host files behind it: a terminal's one, or stdin, stdout and stderr. */
  readonly fileIds: readonly number[];
  readonly pid: number;
  readonly waiting: Uint8Array[];
  waitingBytes: number;
}

/** Which terminal of the page is which host file of the container: ids go on over restores. */
export class TerminalMap {
  private readonly entries = new Map<TerminalId, Entry>();
  private readonly byPid = new Map<number, TerminalId>();
  private lastId = 0;

  /** A terminal for the stdio of a process from outside. */
  attach(services: TerminalServices, watched: Watched): TerminalId {
    const id = ++this.lastId;
    this.entries.set(id, { id, services, fileIds: watched.hostFileIds, pid: watched.pid, waiting: [], waitingBytes: 0 });
    this.byPid.set(watched.pid, id);
    return id;
  }

  idOf(watched: Watched): TerminalId | null {
    return this.byPid.get(watched.pid) ?? null;
  }

  /** Forgets all; answers which terminal each pid had. */
  takeAll(): Map<number, TerminalId> {
    const byPid = new Map(this.byPid);
    this.clear();
    return byPid;
  }

  clear(): void {
    this.entries.clear();
    this.byPid.clear();
  }

  input(id: TerminalId, bytes: Uint8Array): void {
    const entry = this.entries.get(id);
    if (entry === undefined || entry.waitingBytes + bytes.length > MAX_WAITING_BYTES) return;
    entry.waiting.push(bytes.slice());
    entry.waitingBytes += bytes.length;
  }

  /** Gives the guest what input it has room for. */
  feedInput(): void {
    for (const entry of this.entries.values()) {
      const fileId = entry.fileIds[0];
      while (entry.waiting.length > 0 && fileId !== undefined) {
        const first = entry.waiting[0]!;
        const taken = entry.services.pushInput(fileId, first);
        entry.waitingBytes -= taken;
        if (taken === first.length) {
          entry.waiting.shift();
          continue;
        }
        entry.waiting[0] = first.subarray(taken);
        break;
      }
    }
  }

  resize(id: TerminalId, size: TerminalSize): void {
    const entry = this.entries.get(id);
    if (entry !== undefined && entry.fileIds[0] !== undefined) entry.services.resize(entry.fileIds[0], size.rows, size.columns);
  }

  withOutput(): TerminalId[] {
    const ids: TerminalId[] = [];
    for (const entry of this.entries.values()) if (entry.fileIds.some((fileId) => (entry.services.find(fileId)?.outputBytes() ?? 0) > 0)) ids.push(entry.id);
    return ids;
  }

  /** Up to `maxBytes` of its output: of its terminal, or of stdout, then stderr. */
  takeOutput(id: TerminalId, maxBytes: number): Uint8Array {
    const entry = this.entries.get(id);
    for (const fileId of entry?.fileIds ?? []) {
      const bytes = entry!.services.takeOutput(fileId, maxBytes);
      if (bytes !== null && bytes.length > 0) return bytes;
    }
    return new Uint8Array(0);
  }
}

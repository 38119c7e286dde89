import { textFromByteString } from '../base/bytes.ts';
import type { Container } from '../container/container.ts';
import { syscallName } from '../sentry/syscalls/table.ts';
import type { Kernel } from '../sentry/task/kernel.ts';
import type { MachineEvent, UnsupportedSyscall } from './api.ts';
import type { TerminalMap } from './terminal-map.ts';

/** An event without its time. */
type Untimed<E> = E extends MachineEvent ? Omit<E, 'atMs'> : never;

/** What a machine tells those who listen. */
export class News {
  private readonly listeners = new Set<(event: MachineEvent) => void>();
  /** Who asked first for a syscall that is missing, by number. */
  private readonly firstAskers = new Map<number, string>();

  subscribe(listener: (event: MachineEvent) => void): void {
    this.listeners.add(listener);
  }

  tell(news: Untimed<MachineEvent>): void {
    const event = { ...news, atMs: Date.now() } as MachineEvent;
    for (const listener of this.listeners) listener(event);
  }

  notice(sentence: string, isFailure: boolean): void {
    this.tell({ kind: 'notice', sentence, isFailure });
  }

  /**
   * Tells what has happened inside: ends of processes from outside, and the kernel's own events.
   * @returns whether init has ended with status …; null when it has not
   */
  tellOf(container: Container, terminals: TerminalMap): number | null {
    const { kernel } = container;
    let endOfInit: number | null = null;
    for (const { watched, status } of container.takeEnded()) {
      const { pid, origin } = watched;
      const command = textFromByteString(watched.command);
      this.tell({ kind: 'exit', sentence: `pid ${pid} \`${command}\` ended with status ${status}`, pid, command, origin, status, terminalId: terminals.idOf(watched) });
      if (origin === 'init') endOfInit = status;
    }
    for (const event of kernel.events.splice(0)) this.notice(event.message, event.kind === 'oom' || event.kind === 'hook');
    for (const number of kernel.unsupported.keys()) {
      if (!this.firstAskers.has(number)) this.firstAskers.set(number, kernel.current === null ? '' : textFromByteString(kernel.current.name));
    }
    return endOfInit;
  }

  /** Most frequent first. */
  unsupportedSyscalls(kernel: Kernel): UnsupportedSyscall[] {
    return [...kernel.unsupported]
      .map(([number, count]) => ({ number, name: syscallName(number), count, lastCommand: this.firstAskers.get(number) ?? '' }))
      .sort((a, b) => b.count - a.count);
  }
}

import type { ThreadGroup } from '../task/thread-group.ts';
import { HostTerminal } from '../tty/console.ts';
import { HostStreamFile } from '../tty/host-stream.ts';
import type { HostStream } from '../tty/host-stream.ts';
import { TtyFile } from '../tty/tty-file.ts';

/** A file with its end outside. */
export type HostFile = HostTerminal | HostStream;

/** The files with their end outside that `group` has open, each once, in the order of their making. */
export function openHostFiles(group: ThreadGroup): HostFile[] {
  const found = new Set<HostFile>();
  for (const task of group.tasks) {
    for (const { file } of task.fdTable.entriesByFd.values()) {
      if (file instanceof HostStreamFile) found.add(file.stream);
      else if (file instanceof TtyFile && file.tty instanceof HostTerminal) found.add(file.tty);
    }
  }
  return [...found].sort((a, b) => a.id - b.id);
}

/** Whether a new end would be of use: a terminal that had hung up is dead for those who have it open. */
export function canBind(file: HostFile): boolean {
  return !(file instanceof HostTerminal && file.isGone);
}

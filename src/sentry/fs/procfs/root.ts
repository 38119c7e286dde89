import type { ProcEntry } from './entry.ts';
import { directory, link } from './entry.ts';
import { GVISOR_ENTRY } from './gvisor.ts';
import { PROCESS_ENTRY } from './process.ts';
import { SYSCTL_ENTRY } from './sysctl.ts';
import { SYSTEM_ENTRIES } from './system.ts';

/** All of /proc. */
export const PROC_ROOT: ProcEntry = directory(
  '',
  [
    ...SYSTEM_ENTRIES,
    GVISOR_ENTRY,
    link('mounts', () => 'self/mounts'),
    link('net', () => 'self/net'),
    SYSCTL_ENTRY,
    directory('tty', [directory('driver', []), directory('ldisc', [])]),
    link('self', ({ caller }) => `${caller.pid}`),
    link('thread-self', ({ caller }) => `${caller.pid}/task/${caller.tid}`),
  ],
  { numbers: ({ view }) => view.pids(), numbered: PROCESS_ENTRY },
);

import { panic } from '../../base/errors.ts';
import { attributeSyscalls } from './attributes.ts';
import { capabilitySyscalls } from './capability.ts';
import { credentialSyscalls } from './credential-calls.ts';
import { descriptorSyscalls } from './descriptor.ts';
import { directorySyscalls } from './directory.ts';
import type { SyscallEntry, SyscallTable } from './entry.ts';
import { epollSyscalls } from './epoll.ts';
import { eventFileSyscalls } from './event-files.ts';
import { futexSyscalls } from './futex.ts';
import { hardwareSyscalls } from './hardware.ts';
import { identitySyscalls } from './identity.ts';
import { memorySyscalls } from './memory.ts';
import { messageSyscalls } from './message.ts';
import { mountSyscalls } from './mount.ts';
import { openSyscalls } from './open.ts';
import { pathSyscalls } from './path.ts';
import { pipeSyscalls } from './pipe.ts';
import { pollSyscalls } from './poll.ts';
import { prctlSyscalls } from './prctl.ts';
import { processSyscalls } from './process.ts';
import { processVmSyscalls } from './process-vm.ts';
import { ptraceSyscalls } from './ptrace.ts';
import { readWriteSyscalls } from './read-write.ts';
import { resourceSyscalls } from './resource.ts';
import { rseqSyscalls } from './rseq.ts';
import { scheduleSyscalls } from './schedule.ts';
import { signalSyscalls } from './signal.ts';
import { socketOptionSyscalls } from './socket-options.ts';
import { socketSyscalls } from './socket.ts';
import { statSyscalls } from './stat.ts';
import { syncSyscalls } from './sync.ts';
import { systemSyscalls } from './system.ts';
import { terminalSyscalls } from './terminal.ts';
import { timeSyscalls } from './time.ts';
import { timerSyscalls } from './timers.ts';
import { xattrSyscalls } from './xattr.ts';

/** Every system call that is there, by family. */
const FAMILIES: readonly SyscallTable[] = [
  attributeSyscalls, capabilitySyscalls, credentialSyscalls, descriptorSyscalls, directorySyscalls, epollSyscalls, eventFileSyscalls, futexSyscalls, hardwareSyscalls,
  identitySyscalls, memorySyscalls, mountSyscalls, openSyscalls, pathSyscalls, pipeSyscalls, pollSyscalls, prctlSyscalls, processSyscalls, processVmSyscalls, ptraceSyscalls, readWriteSyscalls, resourceSyscalls,
  messageSyscalls, socketOptionSyscalls, socketSyscalls,
  rseqSyscalls, scheduleSyscalls, signalSyscalls, statSyscalls, syncSyscalls, systemSyscalls, terminalSyscalls, timeSyscalls, timerSyscalls, xattrSyscalls,
];

/** Names by number, for strace and for the list of calls that are missing. */
export function syscallName(number: number): string {
  return nameByNumber.get(number) ?? `syscall ${number}`;
}

/** All entries by name. */
export function allSyscalls(): Map<string, SyscallEntry> {
  return new Map(FAMILIES.flatMap((family) => Object.entries(family)));
}

/** The entries by number: what the dispatcher looks up. */
export function buildSyscallTable(): readonly (SyscallEntry | undefined)[] {
  const table: (SyscallEntry | undefined)[] = [];
  for (const [name, entry] of allSyscalls()) {
    if (table[entry.number] !== undefined) panic(`syscall ${entry.number} is there twice, once as ${name}`);
    table[entry.number] = entry;
  }
  for (let number = 0; number < table.length; number++) table[number] ??= undefined;
  return table;
}

const nameByNumber = new Map([...allSyscalls()].map(([name, entry]) => [entry.number, name]));

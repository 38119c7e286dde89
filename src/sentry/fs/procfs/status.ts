/** /proc/PID/stat, statm and status. */

import { PAGE_BYTES } from '../../../abi/mman.ts';
import type { ByteString } from '../../../base/bytes.ts';
import type { TaskSubject } from './entry.ts';
import { memorySizes } from './memory-map.ts';
import { ticks, wideHex } from './text.ts';
import type { ProcTask, ProcUsage, TaskState } from './view.ts';

const STATE_NAMES: Readonly<Record<TaskState, string>> = { R: 'running', S: 'sleeping', T: 'stopped', t: 'tracing stop', Z: 'zombie', X: 'dead' };
const RLIMIT_RSS = 5;
const RLIMIT_SIGPENDING = 11;
/** PF_RANDOMIZE, which programs started by exec have. */
const TASK_FLAGS = 0x40_0000;

/** 52 fields in one line. @param isThread  whether the times are the thread's own rather than the group's */
export function statText(task: ProcTask, isThread: boolean): ByteString {
  const { mm, signals } = task;
  const usage: ProcUsage = isThread ? task.ownUsage : task.groupUsage;
  const sizes = mm === null ? null : memorySizes(mm);
  const limit = task.limits[RLIMIT_RSS]?.[0] ?? Infinity;
  const fields: readonly (string | number)[] = [
    isThread ? task.tid : task.pid, `(${task.name})`, task.state, task.parentPid, task.pgid, task.sid, task.ttyDevice, task.foregroundPgid, TASK_FLAGS,
    usage.minorFaults, task.childUsage.minorFaults, 0, 0,
    ticks(usage.userNs), ticks(usage.systemNs), ticks(task.childUsage.userNs), ticks(task.childUsage.systemNs),
    20 + task.nice, task.nice, task.tids.length, 0, ticks(task.startNs),
    (sizes?.total ?? 0) * PAGE_BYTES, sizes?.resident ?? 0, Number.isFinite(limit) ? limit : '18446744073709551615',
    mm?.codeStart ?? 0, mm?.codeEnd ?? 0, mm?.stackStart ?? 0, 0, 0,
    low(signals.pending), low(signals.blocked), low(signals.ignored), low(signals.caught),
    0, 0, 0, task.exitSignal, 0, 0, 0, 0, 0, 0,
    mm?.dataStart ?? 0, mm?.dataEnd ?? 0, mm?.brkStart ?? 0, mm?.argStart ?? 0, mm?.argEnd ?? 0, mm?.envStart ?? 0, mm?.envEnd ?? 0,
    task.state === 'Z' ? task.exitCode : 0,
  ];
  return `${fields.join(' ')}\n`;
}

/** The 31 standard signals: all that stat has room for. */
function low(set: bigint): string {
  return (set & 0x7fff_ffffn).toString();
}

export function statmText({ task }: TaskSubject): ByteString {
  if (task.mm === null) return '0 0 0 0 0 0 0\n';
  const sizes = memorySizes(task.mm);
  return `${sizes.total} ${sizes.resident} ${sizes.residentFile + sizes.residentShared} ${sizes.code} 0 ${sizes.data + sizes.stack} 0\n`;
}

function sizeLine(name: string, pages: number): string {
  return `${name}:\t${String(pages * 4).padStart(8)} kB\n`;
}

export function statusText({ task }: TaskSubject): ByteString {
  const { credentials: who, mm, signals } = task;
  let text = `Name:\t${task.name.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n`;
  if (task.fs !== null) text += `Umask:\t${task.fs.umask.toString(8).padStart(4, '0')}\n`;
  text += `State:\t${task.state} (${STATE_NAMES[task.state]})\nTgid:\t${task.pid}\nNgid:\t0\nPid:\t${task.tid}\nPPid:\t${task.parentPid}\nTracerPid:\t${task.tracerPid}\n`;
  text += `Uid:\t${who.uid}\t${who.euid}\t${who.suid}\t${who.fsuid}\nGid:\t${who.gid}\t${who.egid}\t${who.sgid}\t${who.fsgid}\n`;
  const highestFd = task.openFds().at(-1) ?? 0;
  let tableSize = 64;
  while (tableSize <= highestFd) tableSize *= 2;
  text += `FDSize:\t${task.mm === null ? 0 : tableSize}\nGroups:\t${who.groups.map((gid) => `${gid} `).join('')}\n`;
  text += `NStgid:\t${task.pid}\nNSpid:\t${task.tid}\nNSpgid:\t${task.pgid}\nNSsid:\t${task.sid}\nKthread:\t0\n`;
  if (mm !== null) {
    const sizes = memorySizes(mm);
    const anonymous = sizes.resident - sizes.residentFile - sizes.residentShared;
    text += sizeLine('VmPeak', sizes.total) + sizeLine('VmSize', sizes.total) + sizeLine('VmLck', sizes.locked) + sizeLine('VmPin', 0);
    text += sizeLine('VmHWM', Math.max(mm.peakPages, sizes.resident)) + sizeLine('VmRSS', sizes.resident);
    text += sizeLine('RssAnon', anonymous) + sizeLine('RssFile', sizes.residentFile) + sizeLine('RssShmem', sizes.residentShared);
    text += sizeLine('VmData', sizes.data) + sizeLine('VmStk', sizes.stack) + sizeLine('VmExe', sizes.code) + sizeLine('VmLib', sizes.libraries);
    text += sizeLine('VmPTE', Math.ceil(sizes.total / 512)) + sizeLine('VmSwap', 0) + sizeLine('HugetlbPages', 0) + 'CoreDumping:\t0\nTHP_enabled:\t0\n';
  }
  const queueLimit = task.limits[RLIMIT_SIGPENDING]?.[0] ?? Infinity;
  text += `Threads:\t${task.tids.length}\nSigQ:\t${signals.queued}/${Number.isFinite(queueLimit) ? queueLimit : '18446744073709551615'}\n`;
  text += `SigPnd:\t${wideHex(signals.pending)}\nShdPnd:\t${wideHex(signals.sharedPending)}\nSigBlk:\t${wideHex(signals.blocked)}\n`;
  text += `SigIgn:\t${wideHex(signals.ignored)}\nSigCgt:\t${wideHex(signals.caught)}\n`;
  text += `CapInh:\t${wideHex(who.inheritable)}\nCapPrm:\t${wideHex(who.permitted)}\nCapEff:\t${wideHex(who.effective)}\n`;
  text += `CapBnd:\t${wideHex(who.bounding)}\nCapAmb:\t${wideHex(who.ambient)}\nNoNewPrivs:\t${who.hasNoNewPrivs ? 1 : 0}\nSeccomp:\t0\nSeccomp_filters:\t0\n`;
  return `${text}Cpus_allowed:\t1\nCpus_allowed_list:\t0\nMems_allowed:\t1\nMems_allowed_list:\t0\nvoluntary_ctxt_switches:\t0\nnonvoluntary_ctxt_switches:\t0\n`;
}

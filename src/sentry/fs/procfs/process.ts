/** The directory of a process, and those of its threads. */

import { openFileOf } from '../../vfs/open-file-of.ts';
import { EACCES, EINVAL, ENOENT, EPERM, ESRCH } from '../../../abi/errno.ts';
import { O_ACCMODE, O_CLOEXEC, O_PATH, O_RDONLY, O_WRONLY, FD_CLOEXEC } from '../../../abi/open.ts';
import { deviceMajor, deviceMinor } from '../../../abi/stat.ts';
import { byteStringOf } from '../../../base/bytes.ts';
import type { ByteString } from '../../../base/bytes.ts';
import { SysError } from '../../../base/errors.ts';
import { CAP_SYS_RESOURCE } from '../../auth/credentials.ts';
import { anonymousPath } from '../../vfs/anon.ts';
import type { FileDescription } from '../../vfs/file-description.ts';
import { escapeMountField, mountOptions } from '../../vfs/mount.ts';
import { Path, describePath } from '../../vfs/path.ts';
import { directory, link, requireTask, rootOf, taskFile } from './entry.ts';
import type { ProcEntry, ProcSubject, TaskSubject } from './entry.ts';
import { ProcessMemoryFile } from './memory-file.ts';
import { mapsText, smapsSum, smapsText } from './memory-map.ts';
import { NET_ENTRIES } from './net.ts';
import { statText, statmText, statusText } from './status.ts';
import { decimal } from './text.ts';
import type { ProcTransfers } from './view.ts';

const PRIVATE: Partial<ProcEntry> = { isPrivate: true };
const MAX_NAME_BYTES = 15;
const LIMIT_NAMES: readonly (readonly [name: string, unit: string])[] = [
  ['Max cpu time', 'seconds'], ['Max file size', 'bytes'], ['Max data size', 'bytes'], ['Max stack size', 'bytes'], ['Max core file size', 'bytes'],
  ['Max resident set', 'bytes'], ['Max processes', 'processes'], ['Max open files', 'files'], ['Max locked memory', 'bytes'],
  ['Max address space', 'bytes'], ['Max file locks', 'locks'], ['Max pending signals', 'signals'], ['Max msgqueue size', 'bytes'],
  ['Max nice priority', ''], ['Max realtime priority', ''], ['Max realtime timeout', 'us'],
];

// ---- memory ---------------------------------------------------------------------------------------------------------

/** Bytes `[start, end)` of the task's memory, as far as they can be read. */
function memoryText({ task }: TaskSubject, start: number, end: number): ByteString {
  const { mm } = task;
  if (mm === null || end <= start) return '';
  try {
    return byteStringOf(mm.readBytes(start, Math.min(end - start, 1 << 21)));
  } catch (error) {
    if (error instanceof SysError) return '';
    throw error;
  }
}

function cmdline(subject: TaskSubject): ByteString {
  const { mm } = subject.task;
  return mm === null ? '' : memoryText(subject, mm.argStart, mm.argEnd);
}

function environ(subject: TaskSubject): ByteString {
  const { mm } = subject.task;
  return mm === null ? '' : memoryText(subject, mm.envStart, mm.envEnd);
}

// ---- links ----------------------------------------------------------------------------------------------------------

/** A magic link: shown as a name, followed to the very place. */
function placeLink(name: ByteString, placeOf: (subject: TaskSubject) => Path | null): ProcEntry {
  const find = (subject: ProcSubject): Path | null => placeOf(requireTask(subject));
  return link(
    name,
    (subject) => {
      const path = find(subject);
      if (path === null) throw new SysError(ENOENT, `${name}: nothing there`);
      return describePath(path, rootOf(subject));
    },
    { jump: find, isPrivate: true },
  );
}

function fileOf(subject: ProcSubject): FileDescription {
  const file = requireTask(subject).task.file(subject.number);
  if (file === null) throw new SysError(ENOENT, `descriptor ${subject.number} is closed`);
  return file;
}

const FD_ENTRY: ProcEntry = link(
  '#',
  (subject) => {
    const file = fileOf(subject);
    return file.path === null ? file.describe() : describePath(file.path, rootOf(subject));
  },
  {
    jump: (subject) => {
      const file = fileOf(subject);
      return file.path ?? anonymousPath(file.inode, file.describe());
    },
    modeOf: (subject) => {
      const { statusFlags } = fileOf(subject);
      const accessMode = statusFlags & O_ACCMODE;
      if ((statusFlags & O_PATH) !== 0) return 0o120000;
      return 0o120000 | (accessMode === O_WRONLY ? 0o300 : accessMode === O_RDONLY ? 0o500 : 0o700);
    },
    isPrivate: true,
  },
);

function openFds(subject: ProcSubject): readonly number[] {
  return requireTask(subject).task.openFds();
}

const FDINFO_ENTRY: ProcEntry = taskFile(
  '#',
  (subject) => {
    const file = fileOf(subject);
    const flags = file.statusFlags | ((subject.task.fdFlags(subject.number) & FD_CLOEXEC) !== 0 ? O_CLOEXEC : 0);
    const mountId = file.path?.mount.id ?? 0;
    return `pos:\t${file.offset}\nflags:\t0${flags.toString(8)}\nmnt_id:\t${mountId}\nino:\t${file.inode.ino}\n${file.describeMore()}`;
  },
  { mode: 0o100400, isPrivate: true },
);

// ---- mounts ---------------------------------------------------------------------------------------------------------

function mounts({ view, task }: TaskSubject): ByteString {
  const root = task.fs?.root;
  if (root === undefined) throw new SysError(EINVAL, 'mounts of a task that has ended');
  let text = '';
  for (const mount of view.mounts.mounts) {
    const at = view.mounts.mountpointName(mount, root);
    if (at === null) continue;
    const more = mount.fileSystem.options();
    text += `${escapeMountField(mount.source)} ${escapeMountField(at)} ${mount.fileSystem.typeName} ${mountOptions(mount)}${more === '' ? '' : `,${more}`} 0 0\n`;
  }
  return text;
}

function mountinfo({ view, task }: TaskSubject): ByteString {
  const root = task.fs?.root;
  if (root === undefined) throw new SysError(EINVAL, 'mounts of a task that has ended');
  let text = '';
  for (const mount of view.mounts.mounts) {
    const at = view.mounts.mountpointName(mount, root);
    if (at === null) continue;
    const { fileSystem } = mount;
    const top = fileSystem.root;
    const within = top === null || mount.root === top ? '/' : describePath(new Path(mount, mount.root), new Path(mount, top));
    const more = fileSystem.options();
    const device = `${deviceMajor(fileSystem.device)}:${deviceMinor(fileSystem.device)}`;
    text += `${mount.id} ${mount.parent?.id ?? 0} ${device} ${escapeMountField(within)} ${escapeMountField(at)} ${mountOptions(mount)} - ` +
      `${fileSystem.typeName} ${escapeMountField(mount.source)} ${mount.isReadOnly() ? 'ro' : 'rw'}${more === '' ? '' : `,${more}`}\n`;
  }
  return text;
}

// ---- the rest -------------------------------------------------------------------------------------------------------

function limits({ task }: TaskSubject): ByteString {
  let text = 'Limit                     Soft Limit           Hard Limit           Units     \n';
  LIMIT_NAMES.forEach(([name, unit], resource) => {
    const [soft, hard] = task.limits[resource] ?? [Infinity, Infinity];
    text += `${name.padEnd(25)} ${limitText(soft)} ${limitText(hard)} ${unit.padEnd(10)}\n`;
  });
  return text;
}

function limitText(value: number): string {
  return (Number.isFinite(value) ? `${value}` : 'unlimited').padEnd(20);
}

function writeName(subject: ProcSubject, text: ByteString): void {
  const { task, caller } = requireTask(subject);
  if (task.pid !== caller.pid) throw new SysError(EINVAL, 'comm: another process');
  const end = text.indexOf('\0');
  task.setName((end < 0 ? text : text.slice(0, end)).slice(0, MAX_NAME_BYTES)); // a newline stays, as in Linux
}

/** oom_score_adj: −1000 to 1000; less than before only with CAP_SYS_RESOURCE. */
function writeScoreAdjust(subject: ProcSubject, text: ByteString): void {
  const { task, caller } = requireTask(subject);
  const value = decimal(text);
  if (value === null || value < -1000 || value > 1000) throw new SysError(EINVAL, 'oom_score_adj: out of range');
  if (value < task.oomScoreAdjust && !caller.credentials.has(CAP_SYS_RESOURCE)) throw new SysError(EACCES, 'oom_score_adj: lower');
  task.setOomScoreAdjust(value);
}

function oomScore({ task, fs }: TaskSubject): ByteString {
  const { core } = fs.vfs;
  const pages = task.mm === null ? 0 : Math.min(task.mm.sizeBytes() / 4096, core.framesInUse());
  const score = Math.floor((pages * 1000) / Math.max(1, core.frameLimit())) + task.oomScoreAdjust;
  return `${Math.max(0, Math.floor(((1000 + score) * 2) / 3))}\n`;
}

/** Nothing goes to storage: the last three lines stay 0. */
function ioText({ readBytes, writtenBytes, readCalls, writeCalls }: ProcTransfers): ByteString {
  return `rchar: ${readBytes}\nwchar: ${writtenBytes}\nsyscr: ${readCalls}\nsyscw: ${writeCalls}\nread_bytes: 0\nwrite_bytes: 0\ncancelled_write_bytes: 0\n`;
}

function auxv({ task }: TaskSubject): ByteString {
  return task.mm === null ? '' : byteStringOf(task.mm.auxv);
}

function denyId(name: string): (subject: ProcSubject, text: ByteString) => void {
  return () => {
    throw new SysError(EPERM, `${name}: there is one user namespace, and it is set`);
  };
}

/** Namespaces, of each of which there is one: name and inode number as Linux gives them to the first. */
const NAMESPACES: readonly (readonly [ByteString, number])[] = [
  ['cgroup', 4026531835], ['ipc', 4026531839], ['mnt', 4026531841], ['net', 4026531840], ['pid', 4026531836], ['time', 4026531834], ['user', 4026531837],
  ['uts', 4026531838],
];

function smapsRollup(subject: TaskSubject): ByteString {
  const { mm } = subject.task;
  return mm === null ? '' : smapsSum(mm);
}

const ID_MAP = '         0          0 4294967295\n';

/** What the directory of a process and those of its threads have in common. */
function commonEntries(isThread: boolean): readonly ProcEntry[] {
  return [
    taskFile('auxv', auxv, { mode: 0o100400, ...PRIVATE }),
    taskFile('cgroup', () => '0::/\n'),
    taskFile('coredump_filter', () => '00000033\n'),
    taskFile('cmdline', cmdline),
    taskFile('comm', ({ task }) => `${task.name}\n`, { mode: 0o100644, write: writeName }),
    placeLink('cwd', ({ task }) => task.fs?.cwd ?? null),
    taskFile('environ', environ, { mode: 0o100400, ...PRIVATE }),
    placeLink('exe', ({ task }) => (task.mm?.executable ? openFileOf(task.mm.executable).path : null)),
    directory('fd', [], { mode: 0o040500, numbers: openFds, numbered: FD_ENTRY, isPrivate: true }),
    directory('fdinfo', [], { mode: 0o040555, numbers: openFds, numbered: FDINFO_ENTRY, isPrivate: true }),
    taskFile('gid_map', () => ID_MAP, { mode: 0o100644, write: denyId('gid_map') }),
    taskFile('io', ({ task }) => ioText(isThread ? task.ownTransfers : task.groupTransfers), { mode: 0o100400, ...PRIVATE }),
    taskFile('limits', limits),
    taskFile('loginuid', () => '4294967295'),
    taskFile('maps', (subject) => (subject.task.mm === null ? '' : mapsText(subject.task.mm, rootOf(subject))), PRIVATE),
    taskFile('mem', () => '', {
      mode: 0o100600,
      ...PRIVATE,
      open: (inode, path, statusFlags) => {
        const mm = inode.task()?.mm ?? null;
        if (mm === null) throw new SysError(ESRCH, 'mem: the process has ended');
        return new ProcessMemoryFile(inode, path, statusFlags, mm);
      },
    }),
    taskFile('mountinfo', mountinfo),
    taskFile('mounts', mounts),
    directory('net', NET_ENTRIES),
    directory('ns', NAMESPACES.map(([name, ino]) => link(name, () => `${name}:[${ino}]`, PRIVATE)), { mode: 0o040511 }),
    taskFile('oom_adj', () => '0\n'),
    taskFile('oom_score', oomScore),
    taskFile('oom_score_adj', ({ task }) => `${task.oomScoreAdjust}\n`, { mode: 0o100644, write: writeScoreAdjust }),
    taskFile('personality', () => '00000000\n', { mode: 0o100400, ...PRIVATE }),
    placeLink('root', ({ task }) => task.fs?.root ?? null),
    taskFile('schedstat', ({ task }) => `${task.ownUsage.userNs + task.ownUsage.systemNs} 0 0\n`),
    taskFile('sessionid', () => '4294967295'),
    taskFile('setgroups', () => 'allow\n', { mode: 0o100644, write: denyId('setgroups') }),
    taskFile('smaps', (subject) => (subject.task.mm === null ? '' : smapsText(subject.task.mm, rootOf(subject))), PRIVATE),
    taskFile('smaps_rollup', smapsRollup, PRIVATE),
    taskFile('stat', ({ task }) => statText(task, isThread)),
    taskFile('statm', statmText),
    taskFile('status', statusText),
    taskFile('syscall', () => 'running\n', { mode: 0o100400, ...PRIVATE }),
    taskFile('uid_map', () => ID_MAP, { mode: 0o100644, write: denyId('uid_map') }),
    taskFile('wchan', () => '0'),
  ];
}

const THREAD_ENTRY: ProcEntry = directory('#', commonEntries(true));

/** /proc/PID. */
export const PROCESS_ENTRY: ProcEntry = directory('#', [
  ...commonEntries(false),
  directory('task', [], { numbers: (subject) => requireTask(subject).task.tids, numbered: THREAD_ENTRY }),
]);

import { EINVAL, EPERM } from '../../abi/errno.ts';
import { SysError } from '../../base/errors.ts';
import {
  CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_FSETID, CAP_MKNOD, CAP_SETGID, CAP_SETUID,
} from '../auth/credentials.ts';
import type { Credentials } from '../auth/credentials.ts';
import type { Task } from '../task/task.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';

/** User and group ids: credentials(7). Each thread has its own; a C library changes all threads of a process. */

/** "Leave this id as it is". */
const UNCHANGED = 0xffff_ffff;
const MAX_GROUPS = 65_536;
const SECBIT_NO_SETUID_FIXUP = 1 << 2;
export const SECBIT_KEEP_CAPS = 1 << 4;
/** Capabilities that only matter to file systems: they follow the fsuid. CAP_LINUX_IMMUTABLE is 9, CAP_MAC_OVERRIDE 32. */
const FILE_CAPABILITIES = [CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER, CAP_FSETID, CAP_MKNOD, 9, 32].reduce(
  (set, capability) => set | (1n << BigInt(capability)),
  0n,
);

/** Puts `next` in force: what commit_creds() of Linux does besides. */
export function commitCredentials(task: Task, next: Credentials): void {
  const last = task.credentials;
  if (next.euid !== last.euid || next.egid !== last.egid || next.fsuid !== last.fsuid || next.fsgid !== last.fsgid) {
    task.mm.isDumpable = false;
    task.threadGroup.parentDeathSignal = 0;
  }
  task.credentials = next;
}

/** Capabilities after a change of user ids (capabilities(7), "Effect of user ID changes on capabilities"). */
function fixCapabilities(next: Credentials, last: Credentials): void {
  if ((last.secureBits & SECBIT_NO_SETUID_FIXUP) !== 0) return;
  const wasRoot = last.uid === 0 || last.euid === 0 || last.suid === 0;
  const isRoot = next.uid === 0 || next.euid === 0 || next.suid === 0;
  if (wasRoot && !isRoot) {
    if ((last.secureBits & SECBIT_KEEP_CAPS) === 0) {
      next.permitted = 0n;
      next.effective = 0n;
    }
    next.ambient = 0n;
  }
  if (last.euid === 0 && next.euid !== 0) next.effective = 0n;
  if (last.euid !== 0 && next.euid === 0) next.effective = next.permitted;
}

function requireId(id: number, call: string): number {
  if (id === UNCHANGED) throw new SysError(EINVAL, `${call}: −1 is no id`);
  return id;
}

function requireAmong(id: number, allowed: readonly number[], isPrivileged: boolean, call: string): void {
  if (id !== UNCHANGED && !isPrivileged && !allowed.includes(id)) throw new SysError(EPERM, `${call}: not permitted to become ${id}`);
}

export function getuid(task: Task): SyscallResult {
  return task.credentials.uid;
}

export function geteuid(task: Task): SyscallResult {
  return task.credentials.euid;
}

export function getgid(task: Task): SyscallResult {
  return task.credentials.gid;
}

export function getegid(task: Task): SyscallResult {
  return task.credentials.egid;
}

/** setuid(2). @errors EINVAL; EPERM */
export function setuid(task: Task, args: SyscallArgs): SyscallResult {
  const uid = requireId(args.u32(0), 'setuid');
  const last = task.credentials;
  const next = last.copy();
  if (last.has(CAP_SETUID)) {
    next.uid = uid;
    next.suid = uid;
  } else if (uid !== last.uid && uid !== last.suid) {
    throw new SysError(EPERM, `setuid: not permitted to become ${uid}`);
  }
  next.euid = uid;
  next.fsuid = uid;
  fixCapabilities(next, last);
  commitCredentials(task, next);
  return 0;
}

/** setgid(2). @errors EINVAL; EPERM */
export function setgid(task: Task, args: SyscallArgs): SyscallResult {
  const gid = requireId(args.u32(0), 'setgid');
  const last = task.credentials;
  const next = last.copy();
  if (last.has(CAP_SETGID)) {
    next.gid = gid;
    next.sgid = gid;
  } else if (gid !== last.gid && gid !== last.sgid) {
    throw new SysError(EPERM, `setgid: not permitted to become ${gid}`);
  }
  next.egid = gid;
  next.fsgid = gid;
  commitCredentials(task, next);
  return 0;
}

/** setreuid(2). @errors EPERM */
export function setreuid(task: Task, args: SyscallArgs): SyscallResult {
  const uid = args.u32(0);
  const euid = args.u32(1);
  const last = task.credentials;
  const isPrivileged = last.has(CAP_SETUID);
  requireAmong(uid, [last.uid, last.euid], isPrivileged, 'setreuid');
  requireAmong(euid, [last.uid, last.euid, last.suid], isPrivileged, 'setreuid');
  const next = last.copy();
  if (uid !== UNCHANGED) next.uid = uid;
  if (euid !== UNCHANGED) next.euid = euid;
  if (uid !== UNCHANGED || (euid !== UNCHANGED && euid !== last.uid)) next.suid = next.euid;
  next.fsuid = next.euid;
  fixCapabilities(next, last);
  commitCredentials(task, next);
  return 0;
}

/** setregid(2). @errors EPERM */
export function setregid(task: Task, args: SyscallArgs): SyscallResult {
  const gid = args.u32(0);
  const egid = args.u32(1);
  const last = task.credentials;
  const isPrivileged = last.has(CAP_SETGID);
  requireAmong(gid, [last.gid, last.egid], isPrivileged, 'setregid');
  requireAmong(egid, [last.gid, last.egid, last.sgid], isPrivileged, 'setregid');
  const next = last.copy();
  if (gid !== UNCHANGED) next.gid = gid;
  if (egid !== UNCHANGED) next.egid = egid;
  if (gid !== UNCHANGED || (egid !== UNCHANGED && egid !== last.gid)) next.sgid = next.egid;
  next.fsgid = next.egid;
  commitCredentials(task, next);
  return 0;
}

/** setresuid(2). @errors EPERM */
export function setresuid(task: Task, args: SyscallArgs): SyscallResult {
  const [uid, euid, suid] = [args.u32(0), args.u32(1), args.u32(2)];
  const last = task.credentials;
  const isPrivileged = last.has(CAP_SETUID);
  for (const id of [uid, euid, suid]) requireAmong(id, [last.uid, last.euid, last.suid], isPrivileged, 'setresuid');
  const next = last.copy();
  if (uid !== UNCHANGED) next.uid = uid;
  if (euid !== UNCHANGED) next.euid = euid;
  if (suid !== UNCHANGED) next.suid = suid;
  next.fsuid = next.euid;
  fixCapabilities(next, last);
  commitCredentials(task, next);
  return 0;
}

/** setresgid(2). @errors EPERM */
export function setresgid(task: Task, args: SyscallArgs): SyscallResult {
  const [gid, egid, sgid] = [args.u32(0), args.u32(1), args.u32(2)];
  const last = task.credentials;
  const isPrivileged = last.has(CAP_SETGID);
  for (const id of [gid, egid, sgid]) requireAmong(id, [last.gid, last.egid, last.sgid], isPrivileged, 'setresgid');
  const next = last.copy();
  if (gid !== UNCHANGED) next.gid = gid;
  if (egid !== UNCHANGED) next.egid = egid;
  if (sgid !== UNCHANGED) next.sgid = sgid;
  next.fsgid = next.egid;
  commitCredentials(task, next);
  return 0;
}

/** getresuid(2): three 32-bit words at the three addresses. @errors EFAULT */
export function getresuid(task: Task, args: SyscallArgs): SyscallResult {
  const { uid, euid, suid } = task.credentials;
  [uid, euid, suid].forEach((id, i) => task.mm.writeU32(args.addr(i), id));
  return 0;
}

/** getresgid(2). @errors EFAULT */
export function getresgid(task: Task, args: SyscallArgs): SyscallResult {
  const { gid, egid, sgid } = task.credentials;
  [gid, egid, sgid].forEach((id, i) => task.mm.writeU32(args.addr(i), id));
  return 0;
}

/** setfsuid(2): returns the id before, whether or not it was changed. */
export function setfsuid(task: Task, args: SyscallArgs): SyscallResult {
  const uid = args.u32(0);
  const last = task.credentials;
  if (uid === UNCHANGED || (![last.uid, last.euid, last.suid, last.fsuid].includes(uid) && !last.has(CAP_SETUID))) return last.fsuid;
  const next = last.copy();
  next.fsuid = uid;
  if ((last.secureBits & SECBIT_NO_SETUID_FIXUP) === 0) {
    if (last.fsuid === 0 && uid !== 0) next.effective &= ~FILE_CAPABILITIES;
    if (last.fsuid !== 0 && uid === 0) next.effective |= next.permitted & FILE_CAPABILITIES;
  }
  commitCredentials(task, next);
  return last.fsuid;
}

/** setfsgid(2). */
export function setfsgid(task: Task, args: SyscallArgs): SyscallResult {
  const gid = args.u32(0);
  const last = task.credentials;
  if (gid === UNCHANGED || (![last.gid, last.egid, last.sgid, last.fsgid].includes(gid) && !last.has(CAP_SETGID))) return last.fsgid;
  const next = last.copy();
  next.fsgid = gid;
  commitCredentials(task, next);
  return last.fsgid;
}

/** getgroups(2): stores 32-bit group ids; with room for 0 only counts them. @errors EINVAL too little room; EFAULT */
export function getgroups(task: Task, args: SyscallArgs): SyscallResult {
  const room = args.i32(0);
  const { groups } = task.credentials;
  if (room < 0) throw new SysError(EINVAL, `getgroups: room for ${room}`);
  if (room === 0) return groups.length;
  if (room < groups.length) throw new SysError(EINVAL, `getgroups: room for ${room} of ${groups.length}`);
  groups.forEach((gid, i) => task.mm.writeU32(args.addr(1) + 4 * i, gid));
  return groups.length;
}

/** setgroups(2). @errors EPERM; EINVAL more than 65,536, or −1 among them; EFAULT */
export function setgroups(task: Task, args: SyscallArgs): SyscallResult {
  if (!task.credentials.has(CAP_SETGID)) throw new SysError(EPERM, 'setgroups: CAP_SETGID');
  const count = args.u32(0);
  if (count > MAX_GROUPS) throw new SysError(EINVAL, `setgroups: ${count} groups`);
  const groups: number[] = [];
  for (let i = 0; i < count; i++) groups.push(requireId(task.mm.readU32(args.addr(1) + 4 * i), 'setgroups'));
  const next = task.credentials.copy();
  next.groups = groups.sort((a, b) => a - b);
  commitCredentials(task, next);
  return 0;
}

export const credentialSyscalls: SyscallTable = {
  getuid: { number: 174, run: getuid, support: 'full' },
  geteuid: { number: 175, run: geteuid, support: 'full' },
  getgid: { number: 176, run: getgid, support: 'full' },
  getegid: { number: 177, run: getegid, support: 'full' },
  setregid: { number: 143, run: setregid, support: 'full' },
  setgid: { number: 144, run: setgid, support: 'full' },
  setreuid: { number: 145, run: setreuid, support: 'full' },
  setuid: { number: 146, run: setuid, support: 'full' },
  setresuid: { number: 147, run: setresuid, support: 'full' },
  getresuid: { number: 148, run: getresuid, support: 'full' },
  setresgid: { number: 149, run: setresgid, support: 'full' },
  getresgid: { number: 150, run: getresgid, support: 'full' },
  setfsuid: { number: 151, run: setfsuid, support: 'full' },
  setfsgid: { number: 152, run: setfsgid, support: 'full' },
  getgroups: { number: 158, run: getgroups, support: 'full' },
  setgroups: { number: 159, run: setgroups, support: 'full' },
};

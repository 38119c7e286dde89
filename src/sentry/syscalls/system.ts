import { EFAULT, EINVAL, EPERM } from '../../abi/errno.ts';
import { PAGE_BYTES, TASK_SIZE } from '../../abi/mman.ts';
import { NS_PER_SECOND } from '../../abi/time.ts';
import { SysError } from '../../base/errors.ts';
import { bytesOf } from '../../base/bytes.ts';
import { CAP_SYS_ADMIN } from '../auth/credentials.ts';
import type { Task } from '../task/task.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';

/** Bytes of each field of struct utsname. */
const UTSNAME_FIELD_BYTES = 65;
const MAX_HOSTNAME_BYTES = 64;
const SYSINFO_BYTES = 112;
const CAP_SYS_BOOT = 22;
const GRND_NONBLOCK = 1;
const GRND_RANDOM = 2;
const GRND_INSECURE = 4;
/** Most that one getrandom gives; and how much of it at a time. */
const MAX_RANDOM_BYTES = 0x1ff_ffff;
const RANDOM_CHUNK_BYTES = 4096;

/** What uname(2) says the kernel is. */
export const KERNEL_NAME = 'Linux';
export const KERNEL_RELEASE = '6.12.0';
export const KERNEL_VERSION = '#1 SMP Stasis';
export const MACHINE = 'riscv64';

/** uname(2): six names of 65 bytes. @errors EFAULT */
export function uname(task: Task, args: SyscallArgs): SyscallResult {
  const { hostname, domainname } = task.kernel.names;
  const block = new Uint8Array(6 * UTSNAME_FIELD_BYTES);
  [KERNEL_NAME, hostname, KERNEL_RELEASE, KERNEL_VERSION, MACHINE, domainname].forEach((name, i) => {
    block.set(bytesOf(name), i * UTSNAME_FIELD_BYTES);
  });
  task.mm.writeBytes(args.addr(0), block);
  return 0;
}

function readHostName(task: Task, args: SyscallArgs, call: string): string {
  if (!task.credentials.has(CAP_SYS_ADMIN)) throw new SysError(EPERM, `${call}: CAP_SYS_ADMIN`);
  const length = args.i32(1);
  if (length < 0 || length > MAX_HOSTNAME_BYTES) throw new SysError(EINVAL, `${call}: ${length} bytes`);
  const bytes = task.mm.readBytes(args.addr(0), length);
  const end = bytes.indexOf(0);
  return String.fromCharCode(...bytes.subarray(0, end < 0 ? length : end));
}

/** sethostname(2). @errors EPERM; EINVAL longer than 64 bytes; EFAULT */
export function sethostname(task: Task, args: SyscallArgs): SyscallResult {
  task.kernel.names.hostname = readHostName(task, args, 'sethostname');
  return 0;
}

/** setdomainname(2). @errors as sethostname */
export function setdomainname(task: Task, args: SyscallArgs): SyscallResult {
  task.kernel.names.domainname = readHostName(task, args, 'setdomainname');
  return 0;
}

/** sysinfo(2). Loads are 0: nothing is averaged. @errors EFAULT */
export function sysinfo(task: Task, args: SyscallArgs): SyscallResult {
  const { kernel } = task;
  const total = kernel.core.frameLimit() * PAGE_BYTES;
  const info = new DataView(new ArrayBuffer(SYSINFO_BYTES));
  info.setBigInt64(0, BigInt(Math.floor(kernel.clock.monotonicNs / NS_PER_SECOND)), true);
  info.setBigUint64(32, BigInt(total), true);
  info.setBigUint64(40, BigInt(total - kernel.core.framesInUse() * PAGE_BYTES), true);
  info.setUint16(80, Math.min(0xffff, kernel.tasks.size), true);
  info.setUint32(104, 1, true); // unit: bytes
  task.mm.writeBytes(args.addr(0), new Uint8Array(info.buffer));
  return 0;
}

/** getrandom(2). @errors EINVAL unknown flags; EFAULT */
export function getrandom(task: Task, args: SyscallArgs): SyscallResult {
  const flags = args.u32(2);
  if ((flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE)) !== 0) throw new SysError(EINVAL, 'getrandom: unknown flags');
  if ((flags & (GRND_RANDOM | GRND_INSECURE)) === (GRND_RANDOM | GRND_INSECURE)) throw new SysError(EINVAL, 'getrandom: flags that exclude each other');
  const target = task.mm.userTarget(args.addr(0), Math.min(args.sizeBytes(1), MAX_RANDOM_BYTES));
  let countBytes = 0;
  while (target.remainingBytes > 0) {
    const chunk = target.prepare(Math.min(RANDOM_CHUNK_BYTES, target.remainingBytes));
    if (chunk === 0) break;
    target.put(task.kernel.random(chunk), 0, chunk);
    countBytes += chunk;
  }
  return countBytes;
}

/**
 * syslog(2): a kernel log without messages.
 * @blocks for ever where the next message is asked for
 * @errors EINVAL
 */
export function syslog(task: Task, args: SyscallArgs): SyscallResult {
  const action = args.i32(0);
  if (action < 0 || action > 10) throw new SysError(EINVAL, `syslog: action ${action}`);
  const isReading = action >= 2 && action <= 4;
  if (isReading && (args.addr(1) === 0 || args.i32(2) < 0)) throw new SysError(EINVAL, 'syslog: no buffer');
  if (isReading && args.addr(1) >= TASK_SIZE) throw new SysError(EFAULT, 'syslog: buffer');
  if (!task.credentials.has(CAP_SYS_ADMIN) && action !== 3 && action !== 10) throw new SysError(EPERM, 'syslog: CAP_SYSLOG');
  if (action === 2 && args.i32(2) > 0) return { queues: [], restart: 'sys', deadlineNs: null };
  if (action === 8 && (args.i32(2) < 1 || args.i32(2) > 8)) throw new SysError(EINVAL, 'syslog: console level');
  return 0;
}

/** getcpu(2): there is one processor. @errors EFAULT */
export function getcpu(task: Task, args: SyscallArgs): SyscallResult {
  for (const address of [args.addr(0), args.addr(1)]) if (address !== 0) task.mm.writeU32(address, 0);
  return 0;
}

/** personality(2): what is set is kept and shown; only ADDR_NO_RANDOMIZE and the like, which change nothing here. */
export function personality(task: Task, args: SyscallArgs): SyscallResult {
  const former = task.personality;
  const wanted = args.u32(0);
  if (wanted !== 0xffff_ffff) task.personality = wanted;
  return former;
}

const REBOOT_MAGIC_1 = 0xfee1_dead;
const REBOOT_MAGIC_2 = [672_274_793, 85_072_278, 369_367_448, 537_993_216];

/** reboot(2): a container stops by its init's end, not by this. @errors EPERM; EINVAL wrong magic numbers */
export function reboot(task: Task, args: SyscallArgs): SyscallResult {
  if (((task.credentials.effective >> BigInt(CAP_SYS_BOOT)) & 1n) !== 0n) {
    if (args.u32(0) !== REBOOT_MAGIC_1 || !REBOOT_MAGIC_2.includes(args.u32(1))) throw new SysError(EINVAL, 'reboot: magic numbers');
  }
  throw new SysError(EPERM, 'reboot: not from inside a container');
}

export const systemSyscalls: SyscallTable = {
  personality: { number: 92, run: personality, support: 'partial', note: 'kept and shown, without effect' },
  syslog: { number: 116, run: syslog, support: 'partial', note: 'the log is empty' },
  reboot: { number: 142, run: reboot, support: 'partial', note: 'EPERM' },
  uname: { number: 160, run: uname, support: 'full' },
  sethostname: { number: 161, run: sethostname, support: 'full' },
  setdomainname: { number: 162, run: setdomainname, support: 'full' },
  getcpu: { number: 168, run: getcpu, support: 'full' },
  sysinfo: { number: 179, run: sysinfo, support: 'partial', note: 'loads are 0' },
  getrandom: { number: 278, run: getrandom, support: 'full' },
};

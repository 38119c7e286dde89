/** Files of /proc about the whole system. */

import { KERNEL_NAME, KERNEL_RELEASE, KERNEL_VERSION } from '../../../abi/uname.ts';
import { PAGE_BYTES } from '../../../abi/mman.ts';
import type { ByteString } from '../../../base/bytes.ts';
import { directory, file } from './entry.ts';
import type { ProcEntry, ProcSubject } from './entry.ts';
import { locksText } from './locks.ts';
import { kilobytes, seconds, ticks } from './text.ts';

/** The extensions of the hart as Linux prints them. */
const ISA = 'rv64imafdc_zicntr_zicsr_zifencei_zihpm_zba_zbb_zbs';
const FILE_SYSTEM_TYPES: readonly (readonly [string, boolean])[] = [
  ['sysfs', true], ['tmpfs', true], ['bdev', true], ['proc', true], ['cgroup2', true], ['devtmpfs', true], ['sockfs', true], ['pipefs', true],
  ['devpts', true], ['overlay', true], ['mqueue', true], ['9p', true],
];

function version(): ByteString {
  return `${KERNEL_NAME} version ${KERNEL_RELEASE} (stasis@stasis) (stasis) ${KERNEL_VERSION}\n`;
}

function meminfo({ fs }: ProcSubject): ByteString {
  const { core } = fs.vfs;
  const toKilobytes = PAGE_BYTES / 1024;
  const total = core.frameLimit() * toKilobytes;
  const used = core.framesInUse() * toKilobytes;
  const free = Math.max(0, total - used);
  const lines: readonly (readonly [string, number])[] = [
    ['MemTotal', total], ['MemFree', free], ['MemAvailable', free], ['Buffers', 0], ['Cached', 0], ['SwapCached', 0], ['Active', used], ['Inactive', 0],
    ['Active(anon)', used], ['Inactive(anon)', 0], ['Active(file)', 0], ['Inactive(file)', 0], ['Unevictable', 0], ['Mlocked', 0],
    ['SwapTotal', 0], ['SwapFree', 0], ['Dirty', 0], ['Writeback', 0], ['AnonPages', used], ['Mapped', 0], ['Shmem', 0],
    ['KReclaimable', 0], ['Slab', 0], ['SReclaimable', 0], ['SUnreclaim', 0], ['KernelStack', 0], ['PageTables', 0],
    ['NFS_Unstable', 0], ['Bounce', 0], ['WritebackTmp', 0], ['CommitLimit', Math.floor(total / 2)], ['Committed_AS', used],
    ['VmallocTotal', 67108864], ['VmallocUsed', 0], ['VmallocChunk', 0], ['Percpu', 0],
  ];
  let text = '';
  for (const [name, value] of lines) text += kilobytes(name, value);
  text += 'HugePages_Total:       0\nHugePages_Free:        0\nHugePages_Rsvd:        0\nHugePages_Surp:        0\n';
  return text + kilobytes('Hugepagesize', 2048) + kilobytes('Hugetlb', 0);
}

function cpuinfo(): ByteString {
  return `processor\t: 0\nhart\t\t: 0\nisa\t\t: ${ISA}\nmmu\t\t: sv39\nmvendorid\t: 0x0\nmarchid\t\t: 0x0\nmimpid\t\t: 0x0\nhart isa\t: ${ISA}\n\n`;
}

function uptime({ view }: ProcSubject): ByteString {
  const { uptimeNs, idleNs } = view.facts();
  return `${seconds(uptimeNs)} ${seconds(idleNs)}\n`;
}

function loadavg({ view, fs }: ProcSubject): ByteString {
  const { all, runnable } = view.taskCounts();
  const { lastPid } = view.facts();
  const loads = fs.loadAverages().map((load) => load.toFixed(2));
  return `${loads.join(' ')} ${runnable}/${all} ${lastPid}\n`;
}

function stat({ view }: ProcSubject): ByteString {
  let user = 0;
  let system = 0;
  for (const pid of view.pids()) {
    const task = view.task(pid);
    if (task === null) continue;
    user += task.groupUsage.userNs;
    system += task.groupUsage.systemNs;
  }
  const { idleNs, bootNs, contextSwitches, forks } = view.facts();
  const times = `${ticks(user)} 0 ${ticks(system)} ${ticks(idleNs)} 0 0 0 0 0 0`;
  const boot = bootNs / 1_000_000_000n;
  const { runnable } = view.taskCounts();
  return `cpu  ${times}\ncpu0 ${times}\nintr 0\nctxt ${contextSwitches}\nbtime ${boot}\nprocesses ${forks}\n` +
    `procs_running ${Math.max(1, runnable)}\nprocs_blocked 0\nsoftirq 0 0 0 0 0 0 0 0 0 0 0\n`;
}

function filesystems(): ByteString {
  let text = '';
  for (const [name, isNodev] of FILE_SYSTEM_TYPES) text += `${isNodev ? 'nodev' : ''}\t${name}\n`;
  return text;
}

const DEVICES = `Character devices:
  1 mem
  5 /dev/tty
  5 /dev/console
  5 /dev/ptmx
136 pts

Block devices:
`;

export const SYSTEM_ENTRIES: readonly ProcEntry[] = [
  file('cmdline', () => 'console=tty0\n'),
  file('cpuinfo', cpuinfo),
  file('devices', () => DEVICES),
  file('filesystems', filesystems),
  file('interrupts', () => '           CPU0       \n'),
  file('kmsg', () => '', { mode: 0o100400 }),
  file('loadavg', loadavg),
  file('locks', locksText),
  file('meminfo', meminfo),
  file('modules', () => ''),
  file('partitions', () => 'major minor  #blocks  name\n\n'),
  file('softirqs', () => '                    CPU0       \n'),
  file('stat', stat),
  directory('sysvipc', [
    file('msg', () => '       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n'),
    file('sem', () => '       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n'),
    file('shm', () => '       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n'),
  ]),
  file('swaps', () => 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n'),
  file('uptime', uptime),
  file('version', version),
  file('vmstat', ({ fs }) => `nr_free_pages ${fs.vfs.core.frameLimit() - fs.vfs.core.framesInUse()}\npgfault 0\npgmajfault 0\n`),
  file('diskstats', () => ''),
];

/** /proc/sys: what the kernel lets itself be asked and told. */

import { EINVAL, EPERM } from '../../../abi/errno.ts';
import { KERNEL_NAME, KERNEL_RELEASE, KERNEL_VERSION } from '../../../abi/uname.ts';
import type { ByteString } from '../../../base/bytes.ts';
import { SysError } from '../../../base/errors.ts';
import { CAP_LAST, CAP_SYS_ADMIN } from '../../auth/credentials.ts';
import { directory, file } from './entry.ts';
import type { ProcEntry, ProcSubject } from './entry.ts';
import { decimal } from './text.ts';

const MAX_HOSTNAME_BYTES = 64;

/** A value that never changes. */
function fixed(name: ByteString, value: ByteString | number): ProcEntry {
  return file(name, () => `${value}\n`);
}

/** A number that can be written and is read back; nothing else follows from it. `path` names it among the settings. */
function setting(path: ByteString, initial: number, minimum = 0, maximum = Number.MAX_SAFE_INTEGER): ProcEntry {
  return file(path.slice(path.lastIndexOf('/') + 1), ({ fs }) => `${fs.settings.get(path) ?? initial}\n`, {
    mode: 0o100644,
    write: (subject, text) => {
      requireAdministrator(subject);
      const value = decimal(text);
      if (value === null || value < minimum || value > maximum) throw new SysError(EINVAL, `${path}: ${text}`);
      subject.fs.settings.set(path, `${value}`);
    },
  });
}

/** A line of text that can be written and is read back. */
function textSetting(path: ByteString, initial: ByteString): ProcEntry {
  return file(path.slice(path.lastIndexOf('/') + 1), ({ fs }) => `${fs.settings.get(path) ?? initial}\n`, {
    mode: 0o100644,
    write: (subject, text) => {
      requireAdministrator(subject);
      subject.fs.settings.set(path, firstLine(text));
    },
  });
}

function requireAdministrator({ caller }: ProcSubject): void {
  if (!caller.credentials.has(CAP_SYS_ADMIN)) throw new SysError(EPERM, 'a setting of the kernel');
}

function firstLine(text: ByteString): ByteString {
  const end = text.search(/[\n\0]/);
  return end < 0 ? text : text.slice(0, end);
}

/** A random UUID of version 4. */
function uuid({ view }: ProcSubject): ByteString {
  const bytes = view.random(16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}\n`;
}

/** The UUID of this boot: made at the first question, kept from then on. */
function bootId(subject: ProcSubject): ByteString {
  const { settings } = subject.fs;
  let id = settings.get('random/boot_id');
  if (id === undefined) {
    id = uuid(subject);
    settings.set('random/boot_id', id);
  }
  return id;
}

function nameSetting(name: ByteString, read: (subject: ProcSubject) => ByteString, write: (subject: ProcSubject, value: ByteString) => void): ProcEntry {
  return file(name, (subject) => `${read(subject)}\n`, {
    mode: 0o100644,
    write: (subject, text) => {
      requireAdministrator(subject);
      const value = firstLine(text);
      if (value.length > MAX_HOSTNAME_BYTES) throw new SysError(EINVAL, `${name}: too long`);
      write(subject, value);
    },
  });
}

const KERNEL = directory('kernel', [
  fixed('cap_last_cap', CAP_LAST),
  textSetting('kernel/core_pattern', 'core'),
  setting('kernel/core_uses_pid', 0),
  nameSetting('domainname', ({ view }) => view.facts().domainname, ({ view }, value) => view.setDomainname(value)),
  setting('kernel/dmesg_restrict', 1, 0, 1),
  nameSetting('hostname', ({ view }) => view.facts().hostname, ({ view }, value) => view.setHostname(value)),
  setting('kernel/kptr_restrict', 1, 0, 2),
  setting('kernel/msgmax', 8192),
  setting('kernel/msgmnb', 16384),
  setting('kernel/msgmni', 32000),
  fixed('ngroups_max', 65536),
  fixed('osrelease', KERNEL_RELEASE),
  fixed('ostype', KERNEL_NAME),
  setting('kernel/overflowgid', 65534),
  setting('kernel/overflowuid', 65534),
  setting('kernel/panic', 0),
  setting('kernel/perf_event_paranoid', 2, -1, 4),
  setting('kernel/pid_max', 32768, 301, 4194304),
  textSetting('kernel/printk', '4\t4\t1\t7'),
  directory('random', [
    file('boot_id', bootId),
    fixed('entropy_avail', 256),
    fixed('poolsize', 256),
    setting('kernel/random/urandom_min_reseed_secs', 60),
    file('uuid', uuid),
    setting('kernel/random/write_wakeup_threshold', 256),
  ]),
  setting('kernel/randomize_va_space', 0, 0, 2),
  textSetting('kernel/sem', '32000\t1024000000\t500\t32000'),
  setting('kernel/shmall', 4294967296),
  setting('kernel/shmmax', 4294967296),
  setting('kernel/shmmni', 4096),
  setting('kernel/threads-max', 7645),
  setting('kernel/unprivileged_bpf_disabled', 2),
  fixed('version', KERNEL_VERSION),
]);

const FS = directory('fs', [
  fixed('aio-nr', 0),
  setting('fs/aio-max-nr', 65536),
  directory('epoll', [setting('fs/epoll/max_user_watches', 439802)]),
  setting('fs/file-max', 1048576),
  fixed('file-nr', '1024\t0\t1048576'),
  fixed('inode-nr', '4096\t0'),
  directory('inotify', [
    setting('fs/inotify/max_queued_events', 16384),
    setting('fs/inotify/max_user_instances', 128),
    setting('fs/inotify/max_user_watches', 65536),
  ]),
  setting('fs/lease-break-time', 45),
  setting('fs/leases-enable', 1, 0, 1),
  setting('fs/mount-max', 100000),
  directory('mqueue', [
    setting('fs/mqueue/msg_default', 10),
    setting('fs/mqueue/msg_max', 10),
    setting('fs/mqueue/msgsize_default', 8192),
    setting('fs/mqueue/msgsize_max', 8192),
    setting('fs/mqueue/queues_max', 256),
  ]),
  setting('fs/nr_open', 1048576),
  fixed('overflowgid', 65534),
  fixed('overflowuid', 65534),
  setting('fs/pipe-max-size', 1048576, 4096, 2147483647),
  setting('fs/pipe-user-pages-hard', 0),
  setting('fs/pipe-user-pages-soft', 16384),
  fixed('protected_fifos', 0),
  fixed('protected_hardlinks', 1),
  fixed('protected_regular', 0),
  fixed('protected_symlinks', 0),
  setting('fs/suid_dumpable', 0, 0, 2),
]);

const VM = directory('vm', [
  setting('vm/dirty_background_ratio', 10, 0, 100),
  setting('vm/dirty_ratio', 20, 0, 100),
  setting('vm/drop_caches', 0, 0, 4),
  setting('vm/max_map_count', 65530),
  setting('vm/min_free_kbytes', 4096),
  setting('vm/mmap_min_addr', 65536),
  setting('vm/overcommit_memory', 0, 0, 2),
  setting('vm/overcommit_ratio', 50),
  setting('vm/swappiness', 60, 0, 200),
  setting('vm/vfs_cache_pressure', 100),
]);

const NET = directory('net', [
  directory('core', [
    setting('net/core/rmem_default', 212992),
    setting('net/core/rmem_max', 212992),
    setting('net/core/somaxconn', 4096),
    setting('net/core/wmem_default', 212992),
    setting('net/core/wmem_max', 212992),
  ]),
  directory('ipv4', [
    setting('net/ipv4/ip_forward', 0, 0, 1),
    textSetting('net/ipv4/ip_local_port_range', '32768\t60999'),
    setting('net/ipv4/ip_unprivileged_port_start', 1024),
    textSetting('net/ipv4/ping_group_range', '1\t0'),
    setting('net/ipv4/tcp_fin_timeout', 60),
    setting('net/ipv4/tcp_keepalive_time', 7200),
    setting('net/ipv4/tcp_max_syn_backlog', 128),
    textSetting('net/ipv4/tcp_rmem', '4096\t131072\t6291456'),
    setting('net/ipv4/tcp_sack', 1, 0, 1),
    setting('net/ipv4/tcp_syncookies', 1, 0, 2),
    textSetting('net/ipv4/tcp_wmem', '4096\t16384\t4194304'),
  ]),
  directory('unix', [setting('net/unix/max_dgram_qlen', 512)]),
]);

export const SYSCTL_ENTRY: ProcEntry = directory('sys', [directory('dev', []), FS, KERNEL, NET, directory('user', []), VM]);

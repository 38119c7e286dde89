import { SYSFS_MAGIC } from '../../../abi/fs.ts';
import { defineState, extend } from '../../../state/index.ts';
import { fileSystemState } from '../../vfs/file-system.ts';
import type { Vfs } from '../../vfs/vfs.ts';
import { directory, file } from '../procfs/entry.ts';
import type { ProcEntry } from '../procfs/entry.ts';
import { ProcFs, procFsFields } from '../procfs/procfs.ts';
import type { ProcView } from '../procfs/view.ts';

function fixed(name: string, value: string | number): ProcEntry {
  return file(name, () => `${value}\n`);
}

/** What programs look up in /sys of a container: processors, huge pages, the loopback interface. */
const SYS_ROOT: ProcEntry = directory('', [
  directory('block', []),
  directory('bus', []),
  directory('class', [
    directory('net', [
      directory('lo', [
        fixed('address', '00:00:00:00:00:00'),
        fixed('flags', '0x9'),
        fixed('ifindex', 1),
        fixed('mtu', 65536),
        fixed('operstate', 'unknown'),
        fixed('type', 772),
      ]),
    ]),
    directory('tty', []),
  ]),
  directory('dev', [directory('block', []), directory('char', [])]),
  directory('devices', [
    directory('system', [
      directory('cpu', [
        directory('cpu0', [
          fixed('online', 1),
          directory('topology', [
            fixed('core_id', 0),
            fixed('core_siblings', 1),
            fixed('core_siblings_list', 0),
            fixed('physical_package_id', 0),
            fixed('thread_siblings', 1),
            fixed('thread_siblings_list', 0),
          ]),
        ]),
        fixed('isolated', ''),
        fixed('kernel_max', 0),
        fixed('offline', ''),
        fixed('online', 0),
        fixed('possible', 0),
        fixed('present', 0),
      ]),
      directory('node', [
        directory('node0', [fixed('cpulist', 0), fixed('cpumap', 1)]),
        fixed('online', 0),
        fixed('possible', 0),
      ]),
    ]),
    directory('virtual', []),
  ]),
  directory('firmware', []),
  directory('fs', [directory('cgroup', [])]),
  directory('hypervisor', []),
  directory('kernel', [
    directory('mm', [
      directory('hugepages', []),
      directory('transparent_hugepage', [
        fixed('defrag', 'always defer defer+madvise madvise [never]'),
        fixed('enabled', 'always madvise [never]'),
        fixed('hpage_pmd_size', 2097152),
      ]),
    ]),
  ]),
  directory('module', []),
  directory('power', []),
]);

/** /sys, as far as containers look at it. Read-only. */
export class SysFs extends ProcFs {
  constructor(vfs: Vfs, view: ProcView) {
    super(vfs, view, 'sysfs', SYSFS_MAGIC);
  }

  override rootEntry(): ProcEntry {
    return SYS_ROOT;
  }
}

defineState(SysFs, 'SysFs', 1, extend(fileSystemState, procFsFields));

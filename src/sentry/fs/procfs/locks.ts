import { deviceMajor, deviceMinor } from '../../../abi/stat.ts';
import type { ByteString } from '../../../base/bytes.ts';
import type { Inode } from '../../vfs/inode.ts';
import { LOCK_TO_END } from '../../vfs/locks.ts';
import type { ProcSubject } from './entry.ts';

/** /proc/locks: the locks on every file that a process has open. */
export function locksText({ view }: ProcSubject): ByteString {
  const seen = new Map<Inode, number>();
  for (const pid of view.pids()) {
    const task = view.task(pid);
    for (const fd of task?.openFds() ?? []) {
      const inode = task?.file(fd)?.inode;
      if (inode !== undefined && inode.locks !== null && !seen.has(inode)) seen.set(inode, pid);
    }
  }
  let number = 0;
  let text = '';
  for (const [inode, holder] of seen) {
    const { locks, fileSystem } = inode;
    if (locks === null) continue;
    const major = deviceMajor(fileSystem.device).toString(16).padStart(2, '0');
    const minor = deviceMinor(fileSystem.device).toString(16).padStart(2, '0');
    const file = `${major}:${minor}:${inode.ino}`;
    for (const isExclusive of locks.flocks.values()) text += `${++number}: FLOCK  ADVISORY  ${isExclusive ? 'WRITE' : 'READ '} ${holder} ${file} 0 EOF\n`;
    for (const lock of locks.records) {
      const end = lock.end === LOCK_TO_END ? 'EOF' : `${lock.end - 1}`;
      const kind = lock.file === null ? 'POSIX ' : 'OFDLCK';
      text += `${++number}: ${kind} ADVISORY  ${lock.isExclusive ? 'WRITE' : 'READ '} ${lock.file === null ? lock.pid : -1} ${file} ${lock.start} ${end}\n`;
    }
  }
  return text;
}

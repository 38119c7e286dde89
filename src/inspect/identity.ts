/** What objects of the kernel are called by people, so that those of two images can be matched whatever their order. */

import { textFromByteString } from '../base/bytes.ts';
import { ImageError } from '../base/errors.ts';
import { Socket } from '../sentry/net/socket.ts';
import { ProcessGroup, Session } from '../sentry/task/process-group.ts';
import type { Kernel } from '../sentry/task/kernel.ts';
import { Task } from '../sentry/task/task.ts';
import { ThreadGroup } from '../sentry/task/thread-group.ts';
import { Tty } from '../sentry/tty/tty.ts';
import { FileSystem } from '../sentry/vfs/file-system.ts';
import { Inode } from '../sentry/vfs/inode.ts';
import { Mount } from '../sentry/vfs/mount.ts';
import { Dentry } from '../sentry/vfs/path.ts';

/** Deeper than any path that a program can make. */
const MOST_NAMES = 1 << 16;

/** Names of objects by what is known of them: pid, descriptor, address, inode number, path. */
export class Identities {
  /** Names that depend on who has the object: the first is the best. */
  private readonly owned = new Map<object, string[]>();
  private readonly names = new Set<string>();
  /** Of the other image; names that both have are taken first, so that a file is found again when its first owner is gone. */
  private other: Identities | null = null;

  private constructor(kernel: Kernel) {
    this.add(kernel, 'kernel');
    for (const group of [...kernel.threadGroups.values()].sort((a, b) => a.pid - b.pid)) {
      const process = `process ${group.pid}`;
      for (const task of group.tasks) this.add(task.deadline, `thread ${task.tid}.deadline`);
      const { leader } = group;
      if (leader.runState === 'exited') continue;
      this.add(leader.mm, `${process} memory`);
      for (const vma of leader.mm.vmas) this.add(vma, `${process} mapping 0x${vma.start.toString(16)}`);
      this.add(leader.fdTable, `${process} descriptors`);
      this.add(leader.fs, `${process} directories`);
      for (const [fd, { file }] of leader.fdTable.entriesByFd) if (!(file instanceof Socket)) this.add(file, `${process} fd ${fd}`);
    }
  }

  /** Names for both of two kernels. */
  static ofPair(before: Kernel, after: Kernel): [Identities, Identities] {
    const first = new Identities(before);
    const second = new Identities(after);
    first.other = second;
    second.other = first;
    return [first, second];
  }

  /** The name of an object; null for one that is known only by what it belongs to. */
  of(target: object): string | null {
    if (target instanceof ThreadGroup) return `process ${target.pid}`;
    if (target instanceof Task) return `thread ${target.tid}`;
    if (target instanceof Session) return `session ${target.sid}`;
    if (target instanceof ProcessGroup) return `group ${target.pgid}`;
    if (target instanceof Tty) return `tty ${textFromByteString(target.name)}`;
    if (target instanceof Socket) return `socket ${target.inode.ino}`;
    if (target instanceof Inode) return `inode ${target.fileSystem.device}:${target.ino}`;
    if (target instanceof Dentry) return `name ${target.inode.fileSystem.device}:${dentryPath(target)}`;
    if (target instanceof Mount) return `mount ${target.id}`;
    if (target instanceof FileSystem) return `file system ${target.device}`;
    const names = this.owned.get(target);
    if (names === undefined) return null;
    return names.find((name) => this.other?.names.has(name) === true) ?? names[0] ?? null;
  }

  private add(target: object, name: string): void {
    const names = this.owned.get(target);
    if (names === undefined) this.owned.set(target, [name]);
    else names.push(name);
    this.names.add(name);
  }
}

function dentryPath(dentry: Dentry): string {
  const parts: string[] = [];
  for (let at: Dentry | null = dentry; at !== null && at.parent !== null; at = at.parent) {
    parts.push(at.name);
    if (parts.length > MOST_NAMES) throw new ImageError('section kernel', 'a directory lies within itself');
  }
  return `/${textFromByteString(parts.reverse().join('/'))}${dentry.isUnlinked ? ' (deleted)' : ''}`;
}

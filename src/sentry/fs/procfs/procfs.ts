import { PROC_SUPER_MAGIC } from '../../../abi/fs.ts';
import type { ByteString } from '../../../base/bytes.ts';
import { anyRef, byteString, defineState, derived, extend, f64, int, list, map } from '../../../state/index.ts';
import { FileSystem, fileSystemState } from '../../vfs/file-system.ts';
import { Dentry } from '../../vfs/path.ts';
import type { Vfs } from '../../vfs/vfs.ts';
import type { ProcEntry } from './entry.ts';
import { ProcInode, procIno } from './proc-inode.ts';
import { PROC_ROOT } from './root.ts';
import type { ProcView } from './view.ts';

/** Files that are made when they are read: /proc. */
export class ProcFs extends FileSystem {
  view: ProcView;
  /** Settings of /proc/sys that were written, by path below it. */
  settings = new Map<ByteString, ByteString>();
  /** Averages of the load over 1, 5 and 15 minutes, as of the last look, and the clock then. */
  loads: number[] = [0, 0, 0];
  loadUptimeNs = 0;
  loadIdleNs = 0;
  /** Number of an entry among all, by its path. */
  indexes = new Map<ByteString, number>();

  constructor(vfs: Vfs, view: ProcView, typeName: ByteString = 'proc', magic: number = PROC_SUPER_MAGIC) {
    super(vfs, typeName, magic);
    this.view = view;
    this.root = new Dentry('', null, new ProcInode(this, '', this.rootEntry(), 0, -1, 1));
  }

  rootEntry(): ProcEntry {
    return PROC_ROOT;
  }

  /** The entry at `path`: names with `/` between, `#` for numbered ones. */
  findEntry(path: ByteString): ProcEntry | null {
    let entry: ProcEntry | undefined = this.rootEntry();
    if (path === '') return entry;
    for (const step of path.split('/')) {
      entry = step === '#' ? entry?.numbered : entry?.children?.find((child) => child.name === step);
    }
    return entry ?? null;
  }

  /**
   * The load averages now: between two looks the load is taken for even, since nobody samples it.
   * Counts the time in which something ran, so that it never passes 1: there is one processor.
   */
  loadAverages(): readonly number[] {
    const { uptimeNs, idleNs } = this.view.facts();
    const elapsedNs = uptimeNs - this.loadUptimeNs;
    if (elapsedNs <= 0) return this.loads;
    const busy = Math.min(1, Math.max(0, 1 - (idleNs - this.loadIdleNs) / elapsedNs));
    this.loads = LOAD_SPANS_NS.map((span, i) => {
      const kept = Math.exp(-elapsedNs / span);
      return (this.loads[i] ?? 0) * kept + busy * (1 - kept);
    });
    this.loadUptimeNs = uptimeNs;
    this.loadIdleNs = idleNs;
    return this.loads;
  }

  inoOf(path: ByteString, tid: number, number: number): number {
    let index = this.indexes.get(path);
    if (index === undefined) {
      index = this.entryIndex(path);
      this.indexes.set(path, index);
    }
    return procIno(index, tid, number);
  }

  /** Place of the entry at `path` when all are counted front to back: the same in every run. */
  entryIndex(path: ByteString): number {
    let count = 1;
    let found = 0;
    const visit = (entry: ProcEntry, at: ByteString): void => {
      count++;
      if (at === path) found = count;
      for (const child of entry.children ?? []) visit(child, at === '' ? child.name : `${at}/${child.name}`);
      if (entry.numbered !== undefined) visit(entry.numbered, at === '' ? '#' : `${at}/#`);
    };
    visit(this.rootEntry(), '');
    return found;
  }
}

const LOAD_SPANS_NS: readonly number[] = [60e9, 300e9, 900e9];

export const procFsFields = {
  view: anyRef<ProcView>(),
  settings: map(byteString, byteString),
  loads: list(f64),
  loadUptimeNs: int,
  loadIdleNs: int,
  indexes: derived(() => new Map<ByteString, number>()),
};

defineState(ProcFs, 'ProcFs', 1, extend(fileSystemState, procFsFields));

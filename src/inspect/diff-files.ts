import { textFromByteString } from '../base/bytes.ts';
import type { ByteString } from '../base/bytes.ts';
import { PAGE_BYTES } from '../core/layout.ts';
import { RootInode } from '../sentry/fs/rootfs/root-inode.ts';
import type { PagedInode } from '../sentry/fs/tmpfs/paged-inode.ts';
import { changedFiles, kindOfMode } from './files.ts';
import type { ChangedFile } from './files.ts';
import type { InspectedImage } from './image.ts';
import type { PageComparison, PageSource } from './page-content.ts';
import type { FileDiff } from './report.ts';

/** A file on one side. */
interface FileView {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Null for a file of a base image that is not there. */
  readonly sizeBytes: number | null;
  readonly target: ByteString;
  readonly rdev: number;
  /** Frames of pages that the container has written. */
  readonly pages: ReadonlyMap<number, number>;
  readonly basePath: ByteString | null;
  /** Content of the base counts below this. */
  readonly baseBytes: number;
  readonly punched: ReadonlySet<number> | null;
}

type Files = ReadonlyMap<ByteString, ChangedFile>;

/** Names whose file is not the same: ascending by path. Directories are told only where they came, went, or have another mode or owner. */
export function diffFiles(before: InspectedImage, after: InspectedImage, comparison: PageComparison): FileDiff[] {
  const one = changedFiles(before);
  const other = changedFiles(after);
  const diffs: FileDiff[] = [];
  for (const path of [...new Set([...one.keys(), ...other.keys()])].sort()) {
    const diff = diffFile(path, viewAt(before, one, path, other), viewAt(after, other, path, one), comparison);
    if (diff !== null) diffs.push(diff);
  }
  return diffs;
}

/** The file at `path`, which one side has otherwise than the base image; null where there is none. */
function viewAt(image: InspectedImage, files: Files, path: ByteString, others: Files): FileView | null {
  const file = files.get(path);
  if (file !== undefined) return file.inode === null ? null : viewOf(file.inode);
  if (others.get(path)?.change === 'added' || isBelowRemoved(files, path)) return null;
  const stat = image.base?.stat(path) ?? null;
  const sizeBytes = stat?.sizeBytes ?? null;
  const other = others.get(path)?.inode;
  const { mode, uid, gid } = stat ?? other ?? { mode: 0, uid: 0, gid: 0 };
  const target = image.base !== null && stat !== null && kindOfMode(mode) === 'symlink' ? image.base.readlink(path) : (other?.target ?? '');
  return { mode, uid, gid, sizeBytes, target, rdev: stat?.rdev ?? other?.rdev ?? 0, pages: new Map(), basePath: path, baseBytes: sizeBytes ?? Infinity, punched: null };
}

function viewOf(inode: PagedInode): FileView {
  const { mode, uid, gid, sizeBytes, target, pages, rdev } = inode;
  const { basePath, baseBytes, punched } = inode instanceof RootInode ? inode : { basePath: null, baseBytes: 0, punched: null };
  return { mode, uid, gid, sizeBytes, target, pages, rdev, basePath, baseBytes, punched };
}

/** Whether a directory above is gone, or another one since. */
function isBelowRemoved(files: Files, path: ByteString): boolean {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
    const above = files.get(path.slice(0, end));
    if (above !== undefined && (above.inode === null || !(above.inode instanceof RootInode) || above.inode.basePath !== above.path)) return true;
  }
  return false;
}

function diffFile(path: ByteString, before: FileView | null, after: FileView | null, comparison: PageComparison): FileDiff | null {
  const name = textFromByteString(path);
  const sizeBefore = sizeOf(before);
  const sizeAfter = sizeOf(after);
  if (before === null || after === null) {
    const only = before ?? after;
    if (only === null) return null;
    const changedBytes = kindOfMode(only.mode) === 'file' ? only.sizeBytes : 0;
    return { path: name, change: before === null ? 'added' : 'removed', sizeBefore, sizeAfter, changedBytes };
  }
  const isFile = kindOfMode(before.mode) === 'file' && kindOfMode(after.mode) === 'file';
  const changedBytes = isFile ? changedContent(before, after, comparison) : 0;
  const isSame = changedBytes === 0 && before.mode === after.mode && before.uid === after.uid && before.gid === after.gid &&
    before.target === after.target && before.rdev === after.rdev && (!isFile || sizeBefore === sizeAfter || sizeBefore === null || sizeAfter === null);
  return isSame ? null : { path: name, change: 'changed', sizeBefore, sizeAfter, changedBytes };
}

/** Of what has content. */
function sizeOf(view: FileView | null): number | null {
  return view !== null && ['file', 'symlink'].includes(kindOfMode(view.mode)) ? view.sizeBytes : null;
}

/** Bytes of content that differ, at least as many as the sizes do. */
function changedContent(before: FileView, after: FileView, comparison: PageComparison): number | null {
  const pages = new Set([...before.pages.keys(), ...after.pages.keys(), ...(before.punched ?? []), ...(after.punched ?? [])]);
  const hasOneBase = before.basePath !== null && before.basePath === after.basePath && comparison.haveOneBase();
  // Beside these, pages are those of the base, and the same as far as both have them.
  const from = hasOneBase ? Math.floor(Math.min(before.baseBytes, after.baseBytes) / PAGE_BYTES) : 0;
  const to = Math.ceil(Math.max(basedBytes(before, comparison.before), basedBytes(after, comparison.after)) / PAGE_BYTES);
  if (!hasOneBase || before.baseBytes !== after.baseBytes) {
    if (to === Infinity) return null;
    for (let page = from; page < to; page++) pages.add(page);
  }
  let count = 0;
  for (const page of pages) {
    const changed = comparison.changedBytesOf(pageOf(before, page), pageOf(after, page));
    if (changed === null) return null;
    count += changed;
  }
  if (before.sizeBytes === null || after.sizeBytes === null) return null;
  return Math.max(count, Math.abs(before.sizeBytes - after.sizeBytes));
}

/** Up to where content can come from the base: what an image claims is not believed where the base says less. */
function basedBytes({ basePath, baseBytes }: FileView, { base }: InspectedImage): number {
  if (basePath === null || baseBytes === 0) return 0;
  return base === null ? Infinity : Math.min(baseBytes, base.stat(basePath)?.sizeBytes ?? 0);
}

function pageOf({ pages, basePath, baseBytes, punched }: FileView, page: number): PageSource {
  const frame = pages.get(page);
  if (frame !== undefined) return frame;
  const limitBytes = Math.min(PAGE_BYTES, baseBytes - page * PAGE_BYTES);
  return basePath !== null && limitBytes > 0 && punched?.has(page) !== true ? { source: basePath, page, limitBytes } : 0;
}

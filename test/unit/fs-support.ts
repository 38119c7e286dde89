import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../src/abi/stat.ts';
import { bytesOf } from '../../src/base/bytes.ts';
import { SysError } from '../../src/base/errors.ts';
import type { Core } from '../../src/core/core.ts';
import type { BaseStat, BaseTree } from '../../src/ports/base-tree.ts';
import { RootFs } from '../../src/sentry/fs/rootfs/rootfs.ts';
import { Tmpfs } from '../../src/sentry/fs/tmpfs/tmpfs.ts';
import type { TmpfsOptions } from '../../src/sentry/fs/tmpfs/tmpfs.ts';
import { KernelBuffer } from '../../src/sentry/mm/io-buffer.ts';
import type { Mappable } from '../../src/sentry/mm/mappable.ts';
import type { FileDescription } from '../../src/sentry/vfs/file-description.ts';
import { FsContext } from '../../src/sentry/vfs/fs-context.ts';
import type { FileSystem } from '../../src/sentry/vfs/file-system.ts';
import { openPath } from '../../src/sentry/vfs/open.ts';
import { Mount, MountNamespace } from '../../src/sentry/vfs/mount.ts';
import type { Path } from '../../src/sentry/vfs/path.ts';
import { SystemCaller } from '../../src/sentry/vfs/system-caller.ts';
import { Vfs } from '../../src/sentry/vfs/vfs.ts';
import { defineState, int, list } from '../../src/state/index.ts';
import { Clock } from '../../src/sentry/wait/clock.ts';

const PAGE_BYTES = 4096;

/** Frames without a core: what the file systems ask of it. */
export class FakeCore {
  memory: Uint8Array;
  refs: number[] = [];
  limit: number;

  constructor(limit: number) {
    this.limit = limit;
    this.memory = new Uint8Array((limit + 1) * PAGE_BYTES);
  }

  bytes(): Uint8Array {
    return this.memory;
  }

  frameAlloc(): number {
    for (let frame = 1; frame <= this.limit; frame++) {
      if ((this.refs[frame] ?? 0) !== 0) continue;
      this.refs[frame] = 1;
      this.memory.fill(0, frame * PAGE_BYTES, (frame + 1) * PAGE_BYTES);
      return frame;
    }
    return 0;
  }

  frameRef(frame: number): void {
    this.refs[frame] = (this.refs[frame] ?? 0) + 1;
  }

  frameUnref(frame: number): void {
    const refs = this.refs[frame] ?? 0;
    if (refs === 0) throw new Error(`frame ${frame} has no reference`);
    this.refs[frame] = refs - 1;
  }

  frameRefs(frame: number): number {
    return this.refs[frame] ?? 0;
  }

  frameForWrite(frame: number): boolean {
    if ((this.refs[frame] ?? 0) === 0) throw new Error(`frame ${frame} is free`);
    return true;
  }

  frameContent(frame: number): number {
    return frame * 4096;
  }

  frameBytes(frame: number): Uint8Array {
    return this.bytes().subarray(frame * 4096, (frame + 1) * 4096);
  }

  framesInUse(): number {
    return this.refs.filter((refs) => (refs ?? 0) > 0).length;
  }

  frameLimit(): number {
    return this.limit;
  }
}

/** A tree of files in memory that counts what is asked of it. */
export class FakeTree implements BaseTree {
  digest = 'fake';
  nodes = new Map<string, { mode: number; content: string; key: string; nlink: number }>();
  stats = 0;
  readBytes = 0;

  constructor(files: Record<string, string>) {
    this.nodes.set('', { mode: S_IFDIR | 0o755, content: '', key: 'root', nlink: 2 });
    for (const [path, content] of Object.entries(files)) this.add(path, content);
  }

  /** `path/` is a directory, `-> target` a link, `= other` a hard link, anything else content. */
  add(path: string, content: string): void {
    const names = path.split('/');
    for (let i = 2; i < names.length; i++) {
      const dir = names.slice(0, i).join('/');
      if (!this.nodes.has(dir)) this.nodes.set(dir, { mode: S_IFDIR | 0o755, content: '', key: dir, nlink: 2 });
    }
    if (path.endsWith('/')) return;
    const other = content.startsWith('= ') ? this.nodes.get(content.slice(2)) : undefined;
    if (other !== undefined) {
      other.nlink++;
      this.nodes.set(path, other);
    } else if (content.startsWith('-> ')) {
      this.nodes.set(path, { mode: S_IFLNK | 0o777, content: content.slice(3), key: path, nlink: 1 });
    } else {
      this.nodes.set(path, { mode: S_IFREG | 0o644, content, key: path, nlink: 1 });
    }
  }

  stat(path: string): BaseStat | null {
    this.stats++;
    const node = this.nodes.get(path);
    if (node === undefined) return null;
    const sizeBytes = (node.mode & S_IFMT) === S_IFDIR ? 0 : node.content.length;
    return { mode: node.mode, uid: 0, gid: 0, sizeBytes, mtimeNs: 5_000_000_000n, rdev: 0, key: node.key, nlink: node.nlink };
  }

  list(path: string): readonly string[] {
    const prefix = `${path}/`;
    return [...this.nodes.keys()].filter((name) => name !== '' && name.startsWith(prefix) && !name.slice(prefix.length).includes('/')).map((name) => name.slice(prefix.length));
  }

  readlink(path: string): string {
    return this.nodes.get(path)?.content ?? '';
  }

  read(path: string, offset: number, dst: Uint8Array): number {
    const part = bytesOf(this.nodes.get(path)?.content ?? '').subarray(offset, offset + dst.length);
    dst.set(part);
    this.readBytes += part.length;
    return part.length;
  }
}

/** A caller with a place in a tree. */
export class FakeActor extends SystemCaller {
  fs: FsContext;
  fileSizeLimit = Infinity;
  raised: number[] = [];

  constructor(root: Path, pid = 1) {
    super();
    this.pid = pid;
    this.tid = pid;
    this.fs = new FsContext(root, root, 0o022);
  }

  file(fd: number): FileDescription {
    throw new SysError(9, `descriptor ${fd}`);
  }

  override fileSizeLimitBytes(): number {
    return this.fileSizeLimit;
  }

  override raise(signal?: number): void {
    if (signal !== undefined) this.raised.push(signal);
  }
}

/** Notes which mappings a truncation dropped. */
class FakeInvalidator {
  dropped: number[] = [];

  dropMappings(mappable: Mappable, firstPage: number): void {
    void mappable;
    this.dropped.push(firstPage);
  }
}
defineState(FakeInvalidator, 'test.FakeInvalidator', 1, { dropped: list(int) });

/** A file system on top, and who works in it. */
export interface World {
  core: FakeCore;
  vfs: Vfs;
  mounts: MountNamespace;
  actor: FakeActor;
  /** Mappings that a truncation dropped: the first page of each. */
  dropped: number[];
}

function makeVfs(frames: number): { core: FakeCore; vfs: Vfs; dropped: number[] } {
  const core = new FakeCore(frames);
  const invalidator = new FakeInvalidator();
  const clock = new Clock();
  clock.realtimeOffsetNs = 1_000_000_000_000_000_000n;
  return { core, vfs: new Vfs(core as unknown as Core, clock, invalidator), dropped: invalidator.dropped };
}

export function worldOf(vfs: Vfs, core: FakeCore, fileSystem: FileSystem, dropped: number[]): World {
  if (fileSystem.root === null) throw new Error('a file system without a root');
  const mount = new Mount(vfs.nextMountId(), fileSystem, fileSystem.root, 0, 'test');
  return { core, vfs, mounts: new MountNamespace(mount), actor: new FakeActor(mount.rootPath()), dropped };
}

export function tmpfsWorld(options: TmpfsOptions = {}, frames = 256): World {
  const { core, vfs, dropped } = makeVfs(frames);
  return worldOf(vfs, core, new Tmpfs(vfs, { mode: 0o755, ...options }), dropped);
}

export function rootWorld(tree: BaseTree, frames = 256): World & { root: RootFs } {
  const { core, vfs, dropped } = makeVfs(frames);
  const root = new RootFs(vfs, tree);
  return { ...worldOf(vfs, core, root, dropped), root };
}

export function open(world: World, name: string, flags: number, mode = 0o644): FileDescription {
  const file = openPath(world.actor, world.actor.fs.cwd, name, { flags, mode, resolve: 0 });
  file.hold();
  return file;
}

export function put(world: World, name: string, content: string): void {
  const file = open(world, name, 0o1101);
  file.write(new KernelBuffer(bytesOf(content)), world.actor);
  file.drop();
}

export function writeAt(world: World, file: FileDescription, offset: number, content: string): number {
  return file.writeAt(new KernelBuffer(bytesOf(content)), offset, world.actor);
}

export function readAt(world: World, file: FileDescription, offset: number, countBytes: number): string {
  const buffer = new KernelBuffer(new Uint8Array(countBytes));
  file.readAt(buffer, offset, world.actor);
  return String.fromCharCode(...buffer.bytes.subarray(0, buffer.position));
}

export function get(world: World, name: string): string {
  const file = open(world, name, 0);
  const text = readAt(world, file, 0, file.inode.sizeBytes);
  file.drop();
  return text;
}

/** The errno that `action` throws, 0 for none. */
export function errnoOf(action: () => unknown): number {
  try {
    action();
  } catch (error) {
    if (error instanceof SysError) return error.errno;
    throw error;
  }
  return 0;
}

import { defineState, ref, u32 } from '../../state/index.ts';
import type { Path } from './path.ts';

/** Root directory, working directory and umask of a task; shared after clone with CLONE_FS. */
export class FsContext {
  root: Path;
  cwd: Path;
  umask: number;
  /** Tasks that share it. */
  references = 1;

  constructor(root: Path, cwd: Path, umask: number) {
    this.root = root;
    this.cwd = cwd;
    this.umask = umask;
    root.mount.hold();
    cwd.mount.hold();
  }

  setRoot(path: Path): void {
    path.mount.hold();
    this.root.mount.drop();
    this.root = path;
  }

  setCwd(path: Path): void {
    path.mount.hold();
    this.cwd.mount.drop();
    this.cwd = path;
  }

  /** A copy of its own for a forked task. */
  copy(): FsContext {
    return new FsContext(this.root, this.cwd, this.umask);
  }

  hold(): void {
    this.references++;
  }

  drop(): void {
    this.references--;
    if (this.references !== 0) return;
    this.root.mount.drop();
    this.cwd.mount.drop();
  }
}

defineState(FsContext, 'FsContext', 1, { root: ref<Path>('Path'), cwd: ref<Path>('Path'), umask: u32, references: u32 });

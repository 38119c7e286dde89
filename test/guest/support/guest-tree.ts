import { existsSync, readFileSync, readdirSync } from 'node:fs';
import type { BaseStat, BaseTree } from '../../../src/ports/base-tree.ts';

const DIRECTORIES: { readonly [path: string]: number } = {
  '': 0o755, '/bin': 0o755, '/dev': 0o755, '/etc': 0o755, '/lib': 0o755, '/proc': 0o555, '/tmp': 0o1777, '/work': 0o755,
};
/** The C library that goes with the cross compiler, for the programs that are linked dynamically. */
const LIBRARY_FOLDER = '/usr/riscv64-linux-gnu/lib';
const LIBRARIES: ReadonlySet<string> = new Set(['ld-linux-riscv64-lp64d.so.1', 'libc.so.6', 'libm.so.6']);
const TEXTS: { readonly [path: string]: string } = {
  '/etc/passwd': 'root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n',
  '/etc/group': 'root:x:0:\nnogroup:x:65534:\n',
};

/** The root of a machine that runs compiled guest programs: they lie in /bin, /work is where they start. */
export class GuestTree implements BaseTree {
  readonly digest = 'guest programs';
  private readonly folder: string;
  private readonly programs: ReadonlySet<string>;
  private readonly contents = new Map<string, Uint8Array>();

  /** @param folder  what the cross compiler wrote, `build/guest` */
  constructor(folder: string) {
    this.folder = folder;
    this.programs = new Set(existsSync(folder) ? readdirSync(folder).sort() : []);
  }

  has(program: string): boolean {
    return this.programs.has(program);
  }

  stat(path: string): BaseStat | null {
    const permissions = DIRECTORIES[path];
    if (permissions !== undefined) return this.node(path, 0o040000 | permissions, 0);
    const content = this.content(path);
    if (content === null) return null;
    return this.node(path, 0o100000 | (path.startsWith('/etc/') ? 0o644 : 0o755), content.length);
  }

  list(path: string): readonly string[] {
    if (path === '/bin') return [...this.programs];
    if (path === '/lib') return [...LIBRARIES];
    const all = [...Object.keys(DIRECTORIES), ...Object.keys(TEXTS)].filter((other) => other !== '');
    return all.filter((other) => other.slice(0, other.lastIndexOf('/')) === path).map((other) => other.slice(path.length + 1));
  }

  readlink(path: string): string {
    throw new Error(`${path} is no symbolic link: there are none here`);
  }

  read(path: string, offset: number, dst: Uint8Array): number {
    const piece = this.content(path)?.subarray(offset, offset + dst.length) ?? new Uint8Array(0);
    dst.set(piece);
    return piece.length;
  }

  private node(path: string, mode: number, sizeBytes: number): BaseStat {
    return { mode, uid: 0, gid: 0, sizeBytes, mtimeNs: 1_600_000_000_000_000_000n, rdev: 0, key: path };
  }

  private content(path: string): Uint8Array | null {
    const text = TEXTS[path];
    if (text !== undefined) return new TextEncoder().encode(text);
    const name = path.slice('/bin/'.length);
    const isProgram = path.startsWith('/bin/') && this.programs.has(name);
    if (!isProgram && !(path.startsWith('/lib/') && LIBRARIES.has(name))) return null;
    let content = this.contents.get(path);
    if (content === undefined) {
      content = readFileSync(`${isProgram ? this.folder : LIBRARY_FOLDER}/${name}`);
      this.contents.set(path, content);
    }
    return content;
  }
}

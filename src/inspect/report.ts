/** What is in a checkpoint, and how two of them differ: plain data that can be cloned, shown, or written as JSON. */

export interface FdReport {
  readonly fd: number;
  /** As /proc/PID/fd shows it: a path, `pipe:[7]`, `socket:[9]`, `anon_inode:[eventpoll]`. */
  readonly target: string;
  /** The class of file: `regular`, `directory`, `pipe`, `terminal`, `unix`, `tcp`, `eventfd` … */
  readonly kind: string;
  /** open(2) flags in words: `O_RDWR`, `O_NONBLOCK`, `O_CLOEXEC` … */
  readonly flags: readonly string[];
  readonly position: number;
  /** `c1:host:0` for a file with its end outside; else null. */
  readonly hostKey: string | null;
  /** What else matters for this kind, in words: `41 bytes unread`, `expires in 1.2 s`; '' for nothing. */
  readonly detail: string;
}

export interface MappingReport {
  readonly start: number;
  /** First address after it. */
  readonly end: number;
  /** As in /proc/PID/maps: `rw-p`. */
  readonly permissions: string;
  /** Bytes into the file. */
  readonly offset: number;
  /** Path, `[heap]`, `[stack]` or ''. */
  readonly name: string;
  readonly residentPages: number;
}

export interface ProcessReport {
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  readonly uid: number;
  readonly gid: number;
  readonly origin: 'init' | 'exec';
  /** R, S, T, Z … */
  readonly state: string;
  readonly command: string;
  readonly commandLine: string;
  readonly cwd: string;
  readonly tty: string | null;
  readonly umask: number;
  readonly threads: readonly { readonly tid: number; readonly pc: number; readonly waitsIn: string; readonly pendingSignals: readonly string[]; readonly blockedSignals: readonly string[] }[];
  readonly fds: readonly FdReport[];
  readonly mappings: readonly MappingReport[];
  readonly residentPages: number;
}

/** A socket that a descriptor or a queue holds. */
export interface SocketReport {
  readonly kind: string;
  readonly local: string;
  readonly peer: string;
  readonly state: string;
  readonly receiveBytes: number;
  readonly pids: readonly number[];
}

/** A name in the container's file systems that is not as in the base image. */
export interface FileReport {
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'device';
  readonly change: 'added' | 'changed' | 'removed';
  readonly sizeBytes: number;
  readonly mode: number;
}

export interface ImageSummary {
  readonly digest: string;
  /** Bytes of its own file. */
  readonly imageBytes: number;
  /** With those it stands on. */
  readonly chainBytes: number;
  readonly sections: readonly { readonly name: string; readonly bytes: number }[];
  readonly createdMs: number;
  readonly generation: number;
  readonly baseImage: string | null;
  readonly parent: string | null;
  readonly containerId: string;
  readonly hostname: string;
  /** Pages by where their content comes from: zero, base, duplicate, compressed, raw, parent, delta. */
  readonly pages: { readonly [kind: string]: number };
}

export interface ImageReport {
  readonly summary: ImageSummary;
  /** Ascending by pid. */
  readonly processes: readonly ProcessReport[];
  readonly sockets: readonly SocketReport[];
  /** Ascending by path. */
  readonly files: readonly FileReport[];
  readonly mounts: readonly { readonly path: string; readonly type: string }[];
}

export type Change = 'added' | 'removed' | 'changed';

/** One value that differs; null on the side that has none. */
export interface FieldDiff {
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface ProcessDiff {
  readonly pid: number;
  readonly command: string;
  readonly origin: 'init' | 'exec';
  readonly change: Change;
  readonly fields: readonly FieldDiff[];
  readonly fds: readonly { readonly fd: number; readonly change: Change; readonly before: FdReport | null; readonly after: FdReport | null }[];
  readonly mappings: readonly { readonly change: Change; readonly before: MappingReport | null; readonly after: MappingReport | null }[];
}

export interface FileDiff {
  readonly path: string;
  readonly change: Change;
  readonly sizeBefore: number | null;
  readonly sizeAfter: number | null;
  /** Bytes that differ. */
  readonly changedBytes: number;
}

/** A page of a process that differs. */
export interface PageDiff {
  readonly pid: number;
  readonly address: number;
  /** Of the mapping it lies in: path, `[heap]` … */
  readonly mapping: string;
  readonly change: Change;
  /** Bytes that differ; 4,096 for a page only one side has and that is not zero. */
  readonly changedBytes: number;
}

export interface ImageDiff {
  readonly before: ImageSummary;
  readonly after: ImageSummary;
  /** Only those that differ. */
  readonly processes: readonly ProcessDiff[];
  readonly files: readonly FileDiff[];
  /** Ascending by pid and address; at most `PAGE_DIFF_LIMIT`. */
  readonly pages: readonly PageDiff[];
  readonly totals: { readonly pages: number; readonly pageBytes: number; readonly processes: number; readonly files: number };
  /** Kernel state that differs, as the schema names it: `Kernel.generation`, `Tty#3.termios.lflag` …; at most `STATE_DIFF_LIMIT`. */
  readonly state: readonly FieldDiff[];
}

/** Content of one page on both sides; null where it is not mapped. */
export interface PagePair {
  readonly before: Uint8Array | null;
  readonly after: Uint8Array | null;
}

export const PAGE_DIFF_LIMIT = 4096;
export const STATE_DIFF_LIMIT = 1000;

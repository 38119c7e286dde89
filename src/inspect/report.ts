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

export interface ThreadReport {
  readonly tid: number;
  readonly name: string;
  /** R, S, T … */
  readonly state: string;
  /** Address of the instruction it goes on with. */
  readonly pc: number;
  /** The system call it waits in, and the files that one works on: `read 0 /dev/pts/0`; '' for one that can run. */
  readonly waitsIn: string;
  readonly pendingSignals: readonly string[];
  readonly blockedSignals: readonly string[];
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
  /** wait status of a zombie; null while it lives. */
  readonly exitStatus: number | null;
  readonly command: string;
  readonly commandLine: string;
  readonly cwd: string;
  readonly tty: string | null;
  readonly umask: number;
  /** Signals for any of its threads, by name; those it ignores, and those it has a handler for. */
  readonly pendingSignals: readonly string[];
  readonly ignoredSignals: readonly string[];
  readonly caughtSignals: readonly string[];
  /** Ascending by tid; empty for a zombie. */
  readonly threads: readonly ThreadReport[];
  readonly fds: readonly FdReport[];
  readonly mappings: readonly MappingReport[];
  readonly residentPages: number;
}

/** A socket that a descriptor or a queue holds. */
export interface SocketReport {
  /** As descriptors name it: `socket:[inode]`. */
  readonly inode: number;
  /** `unix`, `tcp`, `tcp6`, `udp` … */
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
  /** `unknown` for one that was removed while the base image is not there. */
  readonly kind: 'file' | 'directory' | 'symlink' | 'fifo' | 'socket' | 'device' | 'unknown';
  readonly change: 'added' | 'changed' | 'removed';
  /** Of a removed one: its size in the base image, null where that is not there. */
  readonly sizeBytes: number | null;
  /** Permission bits. */
  readonly mode: number;
}

export interface MountReport {
  readonly path: string;
  /** `overlay`, `tmpfs`, `proc` … */
  readonly type: string;
  readonly source: string;
  /** As in /proc/mounts: `rw,nosuid`. */
  readonly options: string;
}

export interface ImageSummary {
  readonly digest: string;
  /** Bytes of its own file. */
  readonly imageBytes: number;
  /** With those it stands on. */
  readonly chainBytes: number;
  /** How many images that are: 1 for a full one. */
  readonly chainImages: number;
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
  readonly mounts: readonly MountReport[];
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
  /** Bytes that differ; null when that needs content of a base image that is not there. */
  readonly changedBytes: number | null;
}

/** A page of a process that differs. Pages of the base image that one side only has mapped in are none. */
export interface PageDiff {
  readonly pid: number;
  readonly address: number;
  /** Of the mapping it lies in: path, `[heap]` … */
  readonly mapping: string;
  readonly change: Change;
  /** Bytes that differ; 4,096 for a page only one side has and that is not zero; null when that needs a base image that is not there. */
  readonly changedBytes: number | null;
}

export interface ImageDiff {
  readonly before: ImageSummary;
  readonly after: ImageSummary;
  /** What to know about the comparison, a sentence each: another base image, another container, content that is not there. */
  readonly notes: readonly string[];
  /** Only those that differ. */
  readonly processes: readonly ProcessDiff[];
  readonly files: readonly FileDiff[];
  /** Ascending by pid and address; at most `PAGE_DIFF_LIMIT`. */
  readonly pages: readonly PageDiff[];
  readonly totals: { readonly pages: number; readonly pageBytes: number; readonly processes: number; readonly files: number };
  /** Kernel state that differs, as the schema names it: `kernel.generation`, `tty pts/3.termios.lflag`, `thread 5.a0` …; at most `STATE_DIFF_LIMIT`. */
  readonly state: readonly FieldDiff[];
}

/** Content of one page on both sides; null where it is not mapped. */
export interface PagePair {
  readonly before: Uint8Array | null;
  readonly after: Uint8Array | null;
}

export const PAGE_DIFF_LIMIT = 4096;
export const STATE_DIFF_LIMIT = 1000;

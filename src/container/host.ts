import type { ByteString } from '../base/bytes.ts';
import { Core } from '../core/core.ts';
import type { BaseTree } from '../ports/base-tree.ts';
import type { HostEnd } from '../ports/console.ts';
import type { Entropy } from '../ports/entropy.ts';
import type { KnownImages } from '../sentry/checkpoint/known-images.ts';
import type { Kernel } from '../sentry/task/kernel.ts';
import type { Origin } from '../sentry/task/origin.ts';
import type { TerminalServices } from '../sentry/tty/terminal-services.ts';
import type { FileDescription } from '../sentry/vfs/file-description.ts';

/** What a container stands on: the outside, given by the machine. */
export interface ContainerHost {
  readonly coreModule: WebAssembly.Module;
  readonly memoryLimitBytes: number;
  /** Gives a core made ahead of its use, with this module and limit; null when none is ready. */
  readonly takeSpareCore?: () => Core | null;
  /** Images restored before; without it each restore reads its image whole. */
  readonly knownImages?: KnownImages;
  readonly entropy: Entropy;
  readonly base: BaseTree;
  /** CLOCK_REALTIME now, ns since 1970. */
  realtimeNs(): bigint;
  /** What stands at the other end of a host file with this key now; null when nothing does. */
  hostEnd(key: string): HostEnd | null;
  /** Mounts and other additions of the machine, once the kernel is there and before init starts. */
  readonly prepare?: (kernel: Kernel) => void;
  /** Answers edges that the container does not know (host volumes). @errors ImageError */
  readonly bindEdge?: (port: string, key: string, self: object, kernelCore: Core) => unknown;
}

/** A file from outside that a process has from its start on, beside its standard streams. */
export interface PassedFile {
  /** The descriptor that it becomes. */
  readonly fd: number;
  readonly file: FileDescription;
  /** Of one whose other end is outside. */
  readonly hostFileId: number | null;
}

/** Opens what is passed, once nothing else can refuse the start. */
export type OpenPassed = (terminals: TerminalServices) => readonly PassedFile[];

/** A process that was started from outside. */
export interface Watched {
  readonly pid: number;
  readonly origin: Origin;
  readonly command: ByteString;
  /** The host files of its stdio, by descriptor: one terminal, or three streams. */
  readonly hostFileIds: readonly number[];
}

/** A fresh core for a container of `host`. */
export function makeCore(host: ContainerHost): Core {
  const spare = host.takeSpareCore?.() ?? null;
  return spare ?? Core.create(host.coreModule, { frames: Math.floor(host.memoryLimitBytes / 4096) });
}

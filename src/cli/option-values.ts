import { UsageError } from './failure.ts';

/** A file or directory of the host that the guest sees. */
export interface VolumeOption {
  readonly hostPath: string;
  readonly guestPath: string;
  readonly isReadOnly: boolean;
}

export const DEFAULT_MEMORY_BYTES = 512 << 20;
/** Below it no program can be loaded; above it the core's 32-bit memory has no room for frames and tables. */
const LEAST_MEMORY_BYTES = 1 << 20;
const MOST_MEMORY_BYTES = 3.5 * 2 ** 30;
const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };
const HOSTNAME_LIMIT_BYTES = 64;

/** `HOST:GUEST` or `HOST:GUEST:ro`; the host's path may hold colons. @errors UsageError */
export function volumeOf(text: string): VolumeOption {
  const parts = /^(.+?):(\/[^:]*)(?::(ro|rw))?$/.exec(text);
  if (parts === null) throw new UsageError(`--volume ${text}: HOST_PATH:/GUEST/PATH[:ro] is needed`);
  return { hostPath: parts[1]!, guestPath: parts[2]!, isReadOnly: parts[3] === 'ro' };
}

/** @errors UsageError */
export function environmentEntry(text: string): string {
  if (text.indexOf('=') < 1) throw new UsageError(`--env ${text}: NAME=value is needed`);
  return text;
}

/** @errors UsageError */
export function absolute(option: string, path: string): string {
  if (!path.startsWith('/')) throw new UsageError(`${option} ${path}: an absolute path is needed`);
  return path;
}

/** @errors UsageError */
export function memoryBytesOf(text: string): number {
  const parts = /^(\d+)([KMG]?)$/i.exec(text);
  if (parts === null) throw new UsageError(`--memory ${text}: a number with K, M or G is needed`);
  const bytes = Number(parts[1]) * UNITS[parts[2]!.toUpperCase()]!;
  if (bytes < LEAST_MEMORY_BYTES || bytes > MOST_MEMORY_BYTES) throw new UsageError(`--memory ${text}: from 1M to 3584M is possible`);
  return bytes;
}

/** @errors UsageError */
export function countOf(option: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`${option} ${text}: a number from 1 on is needed`);
  return Number(text);
}

/** @errors UsageError */
export function hostnameOf(text: string): string {
  if (text === '' || Buffer.byteLength(text) > HOSTNAME_LIMIT_BYTES) throw new UsageError(`--hostname takes 1 to ${HOSTNAME_LIMIT_BYTES} bytes`);
  return text;
}

/** One of a few words. @errors UsageError */
export function choiceOf<T extends string>(option: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found === undefined) throw new UsageError(`${option} ${text}: it is one of ${choices.join(', ')}`);
  return found;
}

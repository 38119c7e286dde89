import { parseArgs } from 'node:util';
import { UsageError } from './failure.ts';

/** A file or directory of the host that the guest sees. */
export interface VolumeOption {
  readonly hostPath: string;
  readonly guestPath: string;
  readonly isReadOnly: boolean;
}

/** What `stasis do` was asked for. */
export interface DoOptions {
  /** A directory or an image archive; null with `image`. */
  readonly rootfs: string | null;
  /** A built-in image; null with `rootfs`. */
  readonly image: string | null;
  readonly volumes: readonly VolumeOption[];
  /** `NAME=value`. */
  readonly env: readonly string[];
  readonly clearsEnv: boolean;
  readonly cwd: string | null;
  readonly user: string | null;
  readonly hostname: string;
  readonly memoryBytes: number;
  readonly usesTerminal: boolean;
  /** Traps between two checkpoints; null for none. */
  readonly checkpointEvery: number | null;
  readonly argv: readonly string[];
}

const OPTIONS = {
  rootfs: { type: 'string' },
  image: { type: 'string' },
  volume: { type: 'string', multiple: true, short: 'v' },
  env: { type: 'string', multiple: true, short: 'e' },
  'clear-env': { type: 'boolean' },
  cwd: { type: 'string' },
  user: { type: 'string', short: 'u' },
  hostname: { type: 'string' },
  memory: { type: 'string', short: 'm' },
  tty: { type: 'boolean', short: 't' },
  'checkpoint-every': { type: 'string' },
} as const;

const DEFAULT_MEMORY_BYTES = 512 << 20;
/** Below it no program can be loaded; above it the core's 32-bit memory has no room for frames and tables. */
const LEAST_MEMORY_BYTES = 1 << 20;
const MOST_MEMORY_BYTES = 3.5 * 2 ** 30;
const UNITS: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };
const HOSTNAME_LIMIT_BYTES = 64;

/**
 * Takes the arguments after `stasis do` apart. Options end at `--` or at the first word that is none: the command begins there.
 * @errors UsageError
 */
export function parseDoOptions(args: readonly string[]): DoOptions {
  const end = commandStart(args);
  const argv = args.slice(args[end] === '--' ? end + 1 : end);
  const values = parse(args.slice(0, end));
  const { rootfs, image } = values;
  if ((rootfs === undefined) === (image === undefined)) throw new UsageError('one of --rootfs and --image is needed');
  if (argv.length === 0) throw new UsageError('no command was given');
  const hostname = values.hostname ?? 'stasis';
  if (hostname === '' || Buffer.byteLength(hostname) > HOSTNAME_LIMIT_BYTES) throw new UsageError(`--hostname takes 1 to ${HOSTNAME_LIMIT_BYTES} bytes`);
  return {
    rootfs: rootfs ?? null,
    image: image ?? null,
    volumes: (values.volume ?? []).map(volumeOf),
    env: (values.env ?? []).map(environmentEntry),
    clearsEnv: values['clear-env'] === true,
    cwd: values.cwd === undefined ? null : absolute('--cwd', values.cwd),
    user: values.user ?? null,
    hostname,
    memoryBytes: values.memory === undefined ? DEFAULT_MEMORY_BYTES : memoryBytesOf(values.memory),
    usesTerminal: values.tty === true,
    checkpointEvery: values['checkpoint-every'] === undefined ? null : countOf('--checkpoint-every', values['checkpoint-every']),
    argv,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS, strict: true, allowPositionals: false }).values;
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw new UsageError(error.message.split('. ')[0]!.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase()).replace(/\.?\n[^]*$/, ''));
  }
}

/** Index of `--` or of the first word that is neither an option nor its value; the length when there is none. */
function commandStart(args: readonly string[]): number {
  const { tokens } = parseArgs({ args: [...args], options: OPTIONS, strict: false, allowPositionals: true, tokens: true });
  const first = tokens.find((token) => token.kind === 'option-terminator' || token.kind === 'positional');
  return first?.index ?? args.length;
}

/** `HOST:GUEST` or `HOST:GUEST:ro`; the host's path may hold colons. */
function volumeOf(text: string): VolumeOption {
  const parts = /^(.+?):(\/[^:]*)(?::(ro|rw))?$/.exec(text);
  if (parts === null) throw new UsageError(`--volume ${text}: HOST_PATH:/GUEST/PATH[:ro] is needed`);
  return { hostPath: parts[1]!, guestPath: parts[2]!, isReadOnly: parts[3] === 'ro' };
}

function environmentEntry(text: string): string {
  if (text.indexOf('=') < 1) throw new UsageError(`--env ${text}: NAME=value is needed`);
  return text;
}

function absolute(option: string, path: string): string {
  if (!path.startsWith('/')) throw new UsageError(`${option} ${path}: an absolute path is needed`);
  return path;
}

function memoryBytesOf(text: string): number {
  const parts = /^(\d+)([KMG]?)$/i.exec(text);
  if (parts === null) throw new UsageError(`--memory ${text}: a number with K, M or G is needed`);
  const bytes = Number(parts[1]) * UNITS[parts[2]!.toUpperCase()]!;
  if (bytes < LEAST_MEMORY_BYTES || bytes > MOST_MEMORY_BYTES) throw new UsageError(`--memory ${text}: from 1M to 3584M is possible`);
  return bytes;
}

function countOf(option: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`${option} ${text}: a number from 1 on is needed`);
  return Number(text);
}

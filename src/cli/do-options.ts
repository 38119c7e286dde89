import { UsageError } from './failure.ts';
import { absolute, countOf, DEFAULT_MEMORY_BYTES, environmentEntry, hostnameOf, memoryBytesOf, volumeOf } from './option-values.ts';
import type { VolumeOption } from './option-values.ts';
import { parseLeading } from './options.ts';

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

/**
 * Takes the arguments after `stasis do` apart. Options end at `--` or at the first word that is none: the command begins there.
 * @errors UsageError
 */
export function parseDoOptions(args: readonly string[]): DoOptions {
  const { values, operands: argv } = parseLeading(args, OPTIONS);
  const { rootfs, image } = values;
  if ((rootfs === undefined) === (image === undefined)) throw new UsageError('one of --rootfs and --image is needed');
  if (argv.length === 0) throw new UsageError('no command was given');
  return {
    rootfs: rootfs ?? null,
    image: image ?? null,
    volumes: (values.volume ?? []).map(volumeOf),
    env: (values.env ?? []).map(environmentEntry),
    clearsEnv: values['clear-env'] === true,
    cwd: values.cwd === undefined ? null : absolute('--cwd', values.cwd),
    user: values.user ?? null,
    hostname: hostnameOf(values.hostname ?? 'stasis'),
    memoryBytes: values.memory === undefined ? DEFAULT_MEMORY_BYTES : memoryBytesOf(values.memory),
    usesTerminal: values.tty === true,
    checkpointEvery: values['checkpoint-every'] === undefined ? null : countOf('--checkpoint-every', values['checkpoint-every']),
    argv,
  };
}

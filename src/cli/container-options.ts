import { byteStringFromText } from '../base/bytes.ts';
import type { ContainerSpec, TerminalSize } from '../container/spec.ts';
import { readBundle } from './bundle.ts';
import { environmentOf, terminalVariable } from './environment.ts';
import { UsageError } from './failure.ts';
import { absolute, DEFAULT_MEMORY_BYTES, environmentEntry, hostnameOf, memoryBytesOf, volumeOf } from './option-values.ts';
import type { VolumeOption } from './option-values.ts';
import type { Values } from './options.ts';
import { passedFds } from './pass-fd.ts';
import type { PassedFd } from './pass-fd.ts';
import { openBuiltIn, openRoot } from './root.ts';
import type { Root } from './root.ts';

/** How a container is described on the command line: `run`, `create` and `restore` have these options in common. */
export const CONTAINER_OPTIONS = {
  bundle: { type: 'string', short: 'b' },
  image: { type: 'string' },
  rootfs: { type: 'string' },
  volume: { type: 'string', multiple: true, short: 'v' },
  env: { type: 'string', multiple: true, short: 'e' },
  'clear-env': { type: 'boolean' },
  cwd: { type: 'string' },
  user: { type: 'string', short: 'u' },
  hostname: { type: 'string' },
  annotation: { type: 'string', multiple: true },
  memory: { type: 'string', short: 'm' },
  tty: { type: 'boolean', short: 't' },
  'pass-fd': { type: 'string', multiple: true },
  'pid-file': { type: 'string' },
  detach: { type: 'boolean', short: 'd' },
} as const;

export type ContainerValues = Values<typeof CONTAINER_OPTIONS>;

/** What a machine with a container is made of. */
export interface ContainerPlan {
  readonly root: Root;
  readonly spec: ContainerSpec;
  readonly volumes: readonly VolumeOption[];
  readonly passed: readonly PassedFd[];
  readonly memoryBytes: number;
  /** The directory of the bundle; where the command was called when there is none. */
  readonly bundle: string;
  /** Sentences about what was asked for and is not done. */
  readonly notices: readonly string[];
}

/** Whether the container gets a terminal, and its size. */
export interface TerminalChoice {
  /** Of the terminal that the command was called on. */
  readonly size: () => TerminalSize;
  /** Standard output and error are one file. */
  readonly joinsOutput: boolean;
}

/**
 * Reads what the options name: a bundle, or a root and a command.
 * @errors UsageError, CliError, ImageError
 */
export async function planContainer(id: string, values: ContainerValues, argv: readonly string[], choice: TerminalChoice): Promise<ContainerPlan> {
  const { image, rootfs } = values;
  if ([image, rootfs, values.bundle].filter((one) => one !== undefined).length > 1) throw new UsageError('only one of --bundle, --image and --rootfs is possible');
  return image === undefined && rootfs === undefined ? planBundle(id, values, argv, choice) : planDirectly(id, values, argv, choice);
}

async function planDirectly(id: string, values: ContainerValues, argv: readonly string[], choice: TerminalChoice): Promise<ContainerPlan> {
  const root = values.image !== undefined ? await openBuiltIn(values.image) : await openRoot(values.rootfs!);
  const { config } = root;
  const usesTerminal = values.tty === true;
  const command = argv.length > 0 ? argv.map(byteStringFromText) : [...config.entrypoint, ...config.cmd];
  if (command.length === 0) throw new UsageError('no command was given, and the image names none');
  return {
    root,
    spec: {
      id,
      hostname: byteStringFromText(hostnameOf(values.hostname ?? id.slice(0, 64))),
      argv: command,
      environment: environmentOf({ ofImage: config.env, env: entries(values), clearsEnv: values['clear-env'] === true, usesTerminal }),
      setsHome: values['clear-env'] !== true,
      cwd: values.cwd !== undefined ? byteStringFromText(absolute('--cwd', values.cwd)) : config.workingDir === '' ? '/' : config.workingDir,
      user: values.user !== undefined ? byteStringFromText(values.user) : config.user,
      terminal: usesTerminal ? choice.size() : null,
      joinsOutput: choice.joinsOutput,
      protectsInit: true,
      annotations: annotationsOf(values),
    },
    volumes: (values.volume ?? []).map(volumeOf),
    passed: passedFds(values['pass-fd'] ?? []),
    memoryBytes: memoryOf(values, null),
    bundle: process.cwd(),
    notices: [],
  };
}

async function planBundle(id: string, values: ContainerValues, argv: readonly string[], choice: TerminalChoice): Promise<ContainerPlan> {
  if (argv[0]?.startsWith('-') === true) throw new UsageError(`options go before the id, and "${argv[0]}" comes after it`);
  if (argv.length > 0) throw new UsageError(`the command "${argv[0]}" goes with --image or --rootfs; of a bundle config.json says it`);
  const other = (['env', 'clear-env', 'cwd', 'user', 'hostname'] as const).find((name) => values[name] !== undefined);
  if (other !== undefined) throw new UsageError(`--${other} goes with --image or --rootfs; of a bundle config.json says it`);
  const bundle = readBundle(values.bundle ?? '.');
  const usesTerminal = bundle.terminal || values.tty === true;
  const environment = bundle.env.map(byteStringFromText);
  return {
    root: await openRoot(bundle.rootfs),
    spec: {
      id,
      hostname: byteStringFromText(hostnameOf(bundle.hostname ?? id.slice(0, 64))),
      argv: bundle.args.map(byteStringFromText),
      environment: usesTerminal && !environment.some((entry) => entry.startsWith('TERM=')) ? [...environment, terminalVariable()] : environment,
      cwd: byteStringFromText(bundle.cwd),
      user: bundle.user,
      terminal: usesTerminal ? (bundle.size ?? choice.size()) : null,
      joinsOutput: choice.joinsOutput,
      protectsInit: true,
      annotations: { ...bundle.annotations, ...annotationsOf(values) },
    },
    volumes: [...bundle.volumes, ...(values.volume ?? []).map(volumeOf)],
    passed: passedFds(values['pass-fd'] ?? []),
    memoryBytes: memoryOf(values, bundle.memoryBytes),
    bundle: bundle.path,
    notices: bundle.unsupported.length === 0 ? [] : [`${bundle.path}/config.json asks for what is not done here, and was left out: ${bundle.unsupported.join(', ')}`],
  };
}

function entries(values: ContainerValues): string[] {
  return (values.env ?? []).map(environmentEntry);
}

export function annotationsOf(values: ContainerValues): Record<string, string> {
  return Object.fromEntries(
    (values.annotation ?? []).map((text) => {
      const cut = text.indexOf('=');
      if (cut < 1) throw new UsageError(`--annotation ${text}: NAME=value is needed`);
      return [text.slice(0, cut), text.slice(cut + 1)];
    }),
  );
}

export function memoryOf(values: ContainerValues, ofBundle: number | null): number {
  return values.memory !== undefined ? memoryBytesOf(values.memory) : (ofBundle ?? DEFAULT_MEMORY_BYTES);
}

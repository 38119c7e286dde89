import type { ByteString } from '../base/bytes.ts';
import type { Json } from '../sentry/checkpoint/image.ts';
import { ImageError } from '../base/errors.ts';

/** How a container is made: what runsc takes from config.json. Strings are byte strings. */
export interface ContainerSpec {
  readonly id: string;
  readonly hostname: ByteString;
  readonly argv: readonly ByteString[];
  /** `NAME=value`. */
  readonly environment: readonly ByteString[];
  readonly cwd: ByteString;
  /** `user`, `uid`, `user:group` or `uid:gid`; empty for root. */
  readonly user: ByteString;
  /** The console of init is a terminal of this size; null for three streams. */
  readonly terminal: TerminalSize | null;
  /** Whether init is spared signals from other processes that it has no handler for (pid_namespaces(7)). */
  readonly protectsInit: boolean;
  /** Without a terminal: standard error is the same open file as standard output, so that what is written to both keeps its order. */
  readonly joinsOutput?: boolean;
  /** By name; those that begin with `dev.gvisor.internal.checkpoint.` say what programs inside may do about checkpoints. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Whether processes get a HOME where the environment has none; true where it is not said. */
  readonly setsHome?: boolean;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** What exec starts. */
export interface ExecSpec {
  readonly argv: readonly ByteString[];
  /** Added after the container's environment. */
  readonly environment: readonly ByteString[];
  readonly cwd: ByteString | null;
  readonly user: ByteString | null;
  readonly terminal: TerminalSize | null;
  /** Lives on, with all that it starts, after a restore under the policies `keep` and `reattach`. */
  readonly isRestorable?: boolean;
}

/** The spec as it is kept in a checkpoint's manifest. */
export function specToJson(spec: ContainerSpec): Json {
  const { annotations, ...rest } = spec;
  return { ...rest, argv: [...spec.argv], environment: [...spec.environment], terminal: spec.terminal === null ? null : { ...spec.terminal }, annotations: { ...annotations } };
}

function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function annotationsOf(json: unknown): Record<string, string> {
  if (json === undefined) return {};
  if (!isRecord(json)) throw new ImageError('manifest.container.annotations', 'is no object');
  return Object.fromEntries(
    Object.entries(json).map(([name, value]) => {
      if (typeof value !== 'string') throw new ImageError('manifest.container.annotations', `${name} is no string`);
      return [name, value];
    }),
  );
}

/** The spec that a manifest holds. @errors ImageError 'manifest.container' with the field at fault */
export function specFromJson(json: Json): ContainerSpec {
  if (!isRecord(json)) throw new ImageError('manifest.container', 'is no object');
  const text = (name: string): string => {
    const value = json[name];
    if (typeof value !== 'string') throw new ImageError(`manifest.container.${name}`, 'is no string');
    return value;
  };
  const texts = (name: string): string[] => {
    const value = json[name];
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) throw new ImageError(`manifest.container.${name}`, 'is no list of strings');
    return value;
  };
  const size = json['terminal'];
  let terminal: TerminalSize | null = null;
  if (size !== null) {
    if (!isRecord(size) || typeof size['columns'] !== 'number' || typeof size['rows'] !== 'number') throw new ImageError('manifest.container.terminal', 'is no size');
    terminal = { columns: size['columns'], rows: size['rows'] };
  }
  return {
    id: text('id'), hostname: text('hostname'), argv: texts('argv'), environment: texts('environment'), cwd: text('cwd'), user: text('user'), terminal,
    annotations: annotationsOf(json['annotations']),
    protectsInit: json['protectsInit'] !== false, joinsOutput: json['joinsOutput'] === true, setsHome: json['setsHome'] !== false,
  };
}

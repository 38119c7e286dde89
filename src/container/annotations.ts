import { ContainerError } from './errors.ts';
import type { ContainerSpec } from './spec.ts';

const PREFIX = 'dev.gvisor.internal.checkpoint.';
const DEFAULT_HOOK_TIMEOUT_NS = 600e9;
const UNIT_NS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };

/** What a container's annotations say about checkpoints. */
export interface CheckpointSettings {
  /** Where a checkpoint that was asked for from inside goes; null: none can be. */
  readonly path: string | null;
  /** Programs inside may ask. */
  readonly isEnabled: boolean;
  /** The container goes on after such a checkpoint. */
  readonly leavesRunning: boolean;
  /** Program run inside before a checkpoint and after it; null for none. */
  readonly hook: HookSettings | null;
  /** /proc/gvisor/kernel_is_gvisor is there. */
  readonly hasMarker: boolean;
}

export interface HookSettings {
  readonly argv: readonly string[];
  readonly timeoutNs: number;
}

/** @errors ContainerError an annotation whose value cannot be */
export function checkpointSettings({ annotations = {} }: ContainerSpec): CheckpointSettings {
  const value = (name: string): string | undefined => (Object.hasOwn(annotations, PREFIX + name) ? annotations[PREFIX + name] : undefined);
  const flag = (name: string): boolean => {
    const text = value(name) ?? 'false';
    if (text !== 'true' && text !== 'false') throw new ContainerError(`annotation ${PREFIX}${name}: "${text}" is neither true nor false`);
    return text === 'true';
  };
  const argv = (value('save-restore-exec-argv') ?? '').split(' ').filter((word) => word !== '');
  const timeout = value('save-restore-exec-timeout');
  const timeoutNs = timeout === undefined ? DEFAULT_HOOK_TIMEOUT_NS : durationNs(timeout);
  if (timeoutNs === null) throw new ContainerError(`annotation ${PREFIX}save-restore-exec-timeout: "${timeout}" is no duration such as 30s or 10m`);
  return {
    path: value('path') ?? null,
    isEnabled: flag('enable'),
    leavesRunning: flag('resume'),
    hook: argv.length === 0 ? null : { argv, timeoutNs },
    hasMarker: annotations['dev.gvisor.flag.gvisor-marker-file'] === 'true',
  };
}

/** A duration as Go writes it, above zero: `1m30s`; null when it is none. */
function durationNs(text: string): number | null {
  if (!/^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return null;
  let total = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) total += Number(number) * (UNIT_NS[unit!] ?? 0);
  return total > 0 ? total : null;
}

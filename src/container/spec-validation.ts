import { ContainerError } from './errors.ts';
import type { ContainerSpec } from './spec.ts';

/** What becomes of a difference between the spec of an image and the one it is restored with. */
export type SpecValidation = 'enforce' | 'warning' | 'ignore';

const MODES: readonly SpecValidation[] = ['enforce', 'warning', 'ignore'];

const NAME_ANNOTATION = 'io.kubernetes.cri.container-name';
const HOOK_ANNOTATIONS = 'dev.gvisor.internal.checkpoint.save-restore-exec-';
/** Annotations of gVisor's that may differ: its own, names of containers, sources of mounts, what only changes logs. */
const FREE_ANNOTATIONS = /^dev\.gvisor\.(internal\.|container-name-remap\.|spec\.mount\.[^.]+\.source$|flag\.(debug|strace|log-packets))/;

/**
 * Compares the spec of an image with the one that it is to be restored with, by gVisor's rules: hostname, environment, id and
 * the terminal's size are free, and so is the directory of the program's name.
 *
 * @returns one sentence for each difference under `warning`
 * @errors ContainerError under `enforce` at the first difference; an unknown mode
 */
export function validateSpec(saved: ContainerSpec, given: ContainerSpec, mode: SpecValidation): string[] {
  if (!MODES.includes(mode)) throw new ContainerError(`cannot restore: there is no spec validation "${mode}", only ${MODES.join(', ')}`);
  if (mode === 'ignore') return [];
  const name = saved.annotations?.[NAME_ANNOTATION] ?? '__no_name_0';
  const differences = differencesOf(saved, given).map(
    ([field, before, now]) => `"${field}" does not match across checkpoint restore for container: "${name}", checkpoint ${before} restore ${now}`,
  );
  if (mode === 'warning' || differences.length === 0) return differences;
  throw new ContainerError(`failed to handle restore spec validation: failed to validate restore spec: failed to validate spec for container "${name}": ${differences[0]}`);
}

/** The spec that a restored container has: the given one, with the hooks of the image where it names none. */
export function mergeSpec(saved: ContainerSpec, given: ContainerSpec): ContainerSpec {
  const annotations = Object.entries(saved.annotations ?? {}).filter(([name]) => name.startsWith(HOOK_ANNOTATIONS));
  return { ...given, annotations: { ...Object.fromEntries(annotations), ...given.annotations } };
}

/** Field, and its value in both: as Go prints them. */
type Difference = readonly [field: string, saved: string, given: string];

function differencesOf(saved: ContainerSpec, given: ContainerSpec): Difference[] {
  const found: Difference[] = [];
  const compare = (field: string, before: string, now: string): void => {
    if (before !== now) found.push([field, before, now]);
  };
  compare('Terminal', String(saved.terminal !== null), String(given.terminal !== null));
  compare('Cwd', saved.cwd, given.cwd);
  compare('Annotations', annotationsText(saved), annotationsText(given));
  if (!isSameCommand(saved.argv, given.argv)) found.push(['Args', `[${saved.argv.join(' ')}]`, `[${given.argv.join(' ')}]`]);
  compare('User', saved.user, given.user);
  compare('Process', processText(saved), processText(given));
  return found;
}

/** Equal, but for the directory of the program. */
function isSameCommand(saved: readonly string[], given: readonly string[]): boolean {
  const baseName = (path: string | undefined): string => (path ?? '').slice((path ?? '').lastIndexOf('/') + 1);
  if (saved.length !== given.length || baseName(saved[0]) !== baseName(given[0])) return false;
  return saved.every((word, i) => i === 0 || word === given[i]);
}

function annotationsText({ annotations = {} }: ContainerSpec): string {
  const entries = Object.entries(annotations).filter(([name]) => name.startsWith('dev.gvisor.') && !FREE_ANNOTATIONS.test(name));
  return `map[${entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, value]) => `${name}:${value}`).join(' ')}]`;
}

function processText({ protectsInit, joinsOutput, setsHome }: ContainerSpec): string {
  return `{protectsInit:${protectsInit} joinsOutput:${joinsOutput ?? false} setsHome:${setsHome ?? true}}`;
}

import { ImageError } from '../base/errors.ts';
import type { HostEnd } from '../ports/console.ts';
import { EXEC_POLICIES } from '../sentry/checkpoint/exec-policy.ts';
import type { ExecPolicy } from '../sentry/checkpoint/exec-policy.ts';
import { openHostFiles } from '../sentry/checkpoint/host-files.ts';
import type { ClockPolicy } from '../sentry/checkpoint/restore.ts';
import type { Kernel } from '../sentry/task/kernel.ts';
import type { TerminalServices } from '../sentry/tty/terminal-services.ts';
import { ContainerError } from './errors.ts';
import type { ContainerSpec } from './spec.ts';
import { mergeSpec, validateSpec } from './spec-validation.ts';
import type { SpecValidation } from './spec-validation.ts';

/** How a restore is to be done. */
export interface RestoreOptions {
  readonly policy: ExecPolicy;
  readonly clock: ClockPolicy;
  /** `keep` and `reattach`: processes of execs that live on with their descendants, beside those marked restorable. */
  readonly keptPids?: readonly number[];
  /** `naive`: takes host files of execs that nothing stands for as they are, dead, instead of failing. */
  readonly forcesHostFiles?: boolean;
  /** How the container is to be from now on; without it as it was. Hostname, environment and id take effect. */
  readonly spec?: ContainerSpec;
  /** What a difference between `spec` and the image's makes of the restore; `enforce` where it is not said. */
  readonly specValidation?: SpecValidation;
}

/** The spec of a restored container, and a sentence for each difference that is put up with. @errors ContainerError a difference that is not */
export function restoredSpec(saved: ContainerSpec, { spec, specValidation }: RestoreOptions): { spec: ContainerSpec; warnings: readonly string[] } {
  if (spec === undefined) return { spec: saved, warnings: [] };
  const warnings = validateSpec(saved, spec, specValidation ?? 'enforce');
  return { spec: mergeSpec(saved, spec), warnings };
}

/** Makes the loaded kernel that of `spec`: its id in the keys of host files, its hostname unless a program had set another, its terminal's size. */
export function applySpec(kernel: Kernel, saved: ContainerSpec, spec: ContainerSpec): void {
  if (kernel.names.hostname === saved.hostname) kernel.names.hostname = spec.hostname;
  const terminals = kernel.services.terminals as TerminalServices;
  for (const file of terminals.files) {
    if (!file.isRestorable || file.hostKey.container !== saved.id) continue;
    file.hostKey = { container: spec.id, path: file.hostKey.path };
    if (spec.terminal !== null && spec.terminal !== saved.terminal) terminals.resize(file.id, spec.terminal.rows, spec.terminal.columns);
  }
}

/** What knows the outside's ends. */
interface ConsoleHost {
  hostEnd(key: string): HostEnd | null;
}

/** A host file that nothing stands for now. */
export interface Unbound {
  readonly key: string;
  readonly self: object;
}

const CLOCKS: readonly ClockPolicy[] = ['gvisor', 'continue'];

/** @errors ContainerError one sentence: an unknown policy or clock, or options that go with another one */
export function checkRestoreOptions({ policy, clock, keptPids, forcesHostFiles }: RestoreOptions): void {
  if (!EXEC_POLICIES.includes(policy)) throw new ContainerError(`cannot restore: there is no exec policy "${policy}", only ${EXEC_POLICIES.join(', ')}`);
  if (!CLOCKS.includes(clock)) throw new ContainerError(`cannot restore: there is no clock policy "${clock}", only ${CLOCKS.join(', ')}`);
  const isKeeping = policy === 'keep' || policy === 'reattach';
  if (!isKeeping && keptPids !== undefined && keptPids.length > 0) throw new ContainerError(`cannot restore: the exec policy ${policy} keeps no process, pid ${keptPids[0]} was named`);
  if (policy !== 'naive' && forcesHostFiles === true) throw new ContainerError(`cannot restore: host files are forced through under the exec policy naive only, not ${policy}`);
}

/** A host file's key, as it is called in the container that is restored. */
export function keyNow(key: string, saved: ContainerSpec, spec: ContainerSpec): string {
  return key.startsWith(`${saved.id}:`) ? `${spec.id}${key.slice(saved.id.length)}` : key;
}

/**
 * A restorable host file is bound again by its key. One of an exec stays unbound, since no key is known for it; only `naive`
 * takes that for a failure, as gVisor did once.
 */
export function bindConsole(host: ConsoleHost, key: string, self: object, options: RestoreOptions, unbound: Unbound[]): HostEnd | null {
  const isRestorable = 'isRestorable' in self && self.isRestorable === true;
  const end = isRestorable ? host.hostEnd(key) : null;
  const isNeeded = isRestorable || (options.policy === 'naive' && options.forcesHostFiles !== true);
  if (end === null && isNeeded) unbound.push({ key, self });
  return end;
}

/** @errors ImageError names the key, and pid and command of the first process that holds the file */
export function requireBound(kernel: Kernel, unbound: readonly Unbound[]): void {
  for (const { key, self } of unbound) {
    for (const group of kernel.threadGroups.values()) {
      if (openHostFiles(group).some((file) => file === self)) {
        throw new ImageError('host files', `no host FD available for ${key}, held by pid ${group.pid} ${group.leader.name}`);
      }
    }
  }
}

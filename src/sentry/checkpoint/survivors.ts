import { SA_NOCLDWAIT, SIG_IGN, SIGCHLD } from '../../abi/signal.ts';
import { PTRACE_O_EXITKILL } from '../../abi/ptrace.ts';
import type { ByteString } from '../../base/bytes.ts';
import { hostKeyText } from '../../ports/console.ts';
import type { Kernel } from '../task/kernel.ts';
import type { Forebear, Origin } from '../task/origin.ts';
import type { ThreadGroup } from '../task/thread-group.ts';
import { HostTerminal } from '../tty/console.ts';
import { descendsFrom, EXEC_POLICIES, isSpared } from './exec-policy.ts';
import type { ExecChoice, ExecPolicy } from './exec-policy.ts';
import { canBind, openHostFiles } from './host-files.ts';

/**
 * What a restore would make of a process.
 *
 *  - `lives`      goes on as if nothing had been
 *  - `cutOff`     goes on, but every use of its host files is EBADF
 *  - `reattached` goes on, its host files bound to new ends
 *  - `ends`       is killed and gone
 *  - `zombie`     is killed, or was dead already, and stays until somebody waits for it
 *  - `prevents`   its host files make the restore fail
 */
export type Fate = 'lives' | 'cutOff' | 'reattached' | 'ends' | 'zombie' | 'prevents';

/** A file with its end outside that a process holds. */
export interface HeldFile {
  /** `demo:host:0`; `:host:0` of an exec. */
  readonly key: string;
  readonly kind: 'terminal' | 'stream';
  /** Of a terminal: `pts/0`. */
  readonly name: string | null;
}

/** A process before a checkpoint: what a restore of it would make of it, and why. */
export interface Survivor {
  readonly pid: number;
  readonly ppid: number;
  readonly command: ByteString;
  readonly origin: Origin;
  /** Whom it descends from: the container's init, or the leader of an exec, first; its parent by birth last. Empty for these two. */
  readonly path: readonly Forebear[];
  /** The exec it belongs to is marked restorable. */
  readonly isRestorable: boolean;
  readonly hostFiles: readonly HeldFile[];
  /** Controlling terminal. */
  readonly tty: string | null;
  readonly fates: Readonly<Record<ExecPolicy, Fate>>;
  /** Its fate under the policy that was asked about, and why: one sentence, without a full stop. */
  readonly sentence: ByteString;
}

/** Who will live on after a restore of a checkpoint taken now, and why: ascending by pid. */
export function survivors(kernel: Kernel, choice: ExecChoice): Survivor[] {
  return [...kernel.threadGroups.values()].sort((a, b) => a.pid - b.pid).map((group) => survivorOf(kernel, group, choice));
}

function survivorOf(kernel: Kernel, group: ThreadGroup, choice: ExecChoice): Survivor {
  const { tty } = group.processGroup.session;
  const fates = {} as Record<ExecPolicy, Fate>;
  for (const policy of EXEC_POLICIES) fates[policy] = fateOf(kernel, group, { ...choice, policy });
  const hostFiles = openHostFiles(group).map((file): HeldFile => ({
    key: hostKeyText(file.hostKey), kind: file.kind, name: file instanceof HostTerminal ? file.name : null,
  }));
  const facts = {
    pid: group.pid,
    ppid: group.parent?.pid ?? 0,
    command: group.leader.name,
    origin: group.origin,
    path: group.forebears,
    isRestorable: group.execSession?.isRestorable ?? false,
    hostFiles,
    tty: tty instanceof HostTerminal ? tty.name : tty === null ? null : `pts/${tty.device & 0xff}`,
    fates,
  };
  return { ...facts, sentence: `pid ${facts.pid} ${facts.command}: ${fateText(facts, fates[choice.policy], choice.policy, waitingTracer(group, choice))}; ${originText(facts, group, choice)}${holdsText(facts, fates[choice.policy])}` };
}

function fateOf(kernel: Kernel, group: ThreadGroup, choice: ExecChoice): Fate {
  if (group.origin === 'init' || isSpared(group, choice)) {
    if (group.isExited()) return 'zombie';
    if (diesWithTracer(group, choice)) return 'ends';
    const files = group.origin === 'init' ? [] : openHostFiles(group);
    if (files.length === 0) return 'lives';
    if (choice.policy === 'naive') return 'prevents';
    // The end of an exec's host file is never known again: all of them come back without one.
    return choice.policy === 'reattach' && files.every(canBind) ? 'reattached' : 'cutOff';
  }
  if (waitingTracer(group, choice) !== null) return 'zombie';
  return choice.policy === 'gvisor' && staysZombie(kernel, group) ? 'zombie' : 'ends';
}

/** Who traces `group`, killed, and lives on to wait for it. */
function waitingTracer(group: ThreadGroup, choice: ExecChoice): ThreadGroup | null {
  const tracer = group.leader.trace?.tracer.threadGroup ?? null;
  return tracer !== null && livesOn(tracer, choice) ? tracer : null;
}

/** Whether a tracer that is killed takes `group` along, as PTRACE_O_EXITKILL asks: under `gvisor` alone. */
function diesWithTracer(group: ThreadGroup, choice: ExecChoice): boolean {
  if (choice.policy !== 'gvisor') return false;
  for (const { trace } of group.tasks) {
    if (trace !== null && (trace.options & PTRACE_O_EXITKILL) !== 0 && !livesOn(trace.tracer.threadGroup, choice)) return true;
  }
  return false;
}

function livesOn(group: ThreadGroup, choice: ExecChoice): boolean {
  return !group.isExited() && (group.origin === 'init' || isSpared(group, choice));
}

/** Whether a killed process of an exec stays until the container's init waits for it: all but leaders, which have no parent. */
function staysZombie(kernel: Kernel, group: ThreadGroup): boolean {
  const { parent } = group;
  const { init } = kernel;
  if (parent === null || init === null || reapsByItself(init)) return false;
  return group.isExited() || !reapsByItself(parent);
}

function reapsByItself(parent: ThreadGroup): boolean {
  const { handler, flags } = parent.actions.get(SIGCHLD);
  return handler === SIG_IGN || (flags & SA_NOCLDWAIT) !== 0;
}

type Facts = Omit<Survivor, 'sentence'>;

function fateText({ hostFiles, ppid, origin }: Facts, fate: Fate, policy: ExecPolicy, tracer: ThreadGroup | null): string {
  const keys = hostFiles.map((file) => file.key).join(', ');
  switch (fate) {
    case 'lives':
      return 'lives on';
    case 'cutOff':
      return `lives on, cut off from ${keys}`;
    case 'reattached':
      return `lives on, with a new end for ${keys}`;
    case 'ends':
      return origin === 'init' ? 'killed with its tracer' : 'killed';
    case 'zombie':
      if (tracer !== null) return `a zombie until pid ${tracer.pid}, which traces it, waits for it`;
      // Under gvisor its parent, if of an exec too, is killed with it: the container's init is left.
      return `a zombie until pid ${origin === 'exec' && policy === 'gvisor' ? 1 : ppid} waits for it`;
    case 'prevents':
      return `makes the restore fail, no host FD available for ${hostFiles[0]?.key ?? ''}`;
  }
}

function originText({ path, origin, ppid, isRestorable, pid }: Facts, group: ThreadGroup, { policy, keptPids }: ExecChoice): string {
  const [first, ...between] = path;
  const kind = origin === 'exec' ? 'exec ' : '';
  const way = between.length === 0 ? '' : ` by way of ${between.map((step) => `pid ${step.pid} ${step.command}`).join(', ')}`;
  let text = first !== undefined ? `started by ${kind}pid ${first.pid} ${first.command}${way}` : origin === 'exec' ? 'started by exec' : 'the init of the container';
  const birthParent = path[path.length - 1];
  if (birthParent !== undefined && birthParent.pid !== ppid && ppid !== 0) text += `, adopted by pid ${ppid}`;
  if (origin === 'init' || (policy !== 'keep' && policy !== 'reattach')) return text;
  if (isRestorable) return `${text}, which is marked restorable`;
  const named = keptPids.find((kept) => descendsFrom(group, kept));
  return named === undefined ? text : `${text}, ${named === pid ? 'named to be kept' : `as pid ${named} is to be kept`}`;
}

function holdsText({ hostFiles }: Facts, fate: Fate): string {
  if (hostFiles.length === 0 || fate === 'cutOff' || fate === 'reattached' || fate === 'prevents') return '';
  return `; holds ${hostFiles.map((file) => (file.name === null ? file.key : `${file.key} (${file.name})`)).join(', ')}`;
}

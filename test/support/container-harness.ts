import { existsSync, readFileSync } from 'node:fs';
import { Container } from '../../src/container/container.ts';
import type { ContainerHost, RestoreOptions, Watched } from '../../src/container/container.ts';
import { writeContainerFile } from '../../src/container/files.ts';
import { readImageArchive } from '../../src/container/oci/index.ts';
import type { ContainerSpec, TerminalSize } from '../../src/container/spec.ts';
import type { Killed } from '../../src/sentry/checkpoint/exec-policy.ts';
import type { FrameTrace } from '../../src/sentry/checkpoint/frame-trace.ts';
import { KnownImages } from '../../src/sentry/checkpoint/known-images.ts';
import type { PageChain } from '../../src/sentry/checkpoint/page-chain.ts';
import type { ImageLibrary } from '../../src/sentry/checkpoint/parents.ts';
import { saveImage } from '../../src/sentry/checkpoint/save.ts';
import { specToJson } from '../../src/container/spec.ts';
import { rootPath } from '../../scripts/support/paths.mjs';
import type { BaseTree } from '../../src/ports/base-tree.ts';

const START_REALTIME_MS = 1_700_000_000_000;

const module = new WebAssembly.Module(readFileSync(rootPath('build/core.wasm')));
const image = await readImageArchive(readFileSync(rootPath('public/busybox.tar')), 'busybox.tar');

/** Whether the C program of that name could be compiled here. */
export function hasProgram(name: string): boolean {
  return existsSync(rootPath(`build/guest/${name}`));
}

export interface HarnessOptions {
  readonly argv: readonly string[];
  readonly terminal?: TerminalSize | null;
  /** C programs put at /NAME. */
  readonly programs?: readonly string[];
  readonly memoryLimitBytes?: number;
  readonly protectsInit?: boolean;
  /** What stands outside beside the usual: volumes. */
  readonly host?: Partial<ContainerHost>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A process from outside, and what it has printed. */
export interface Session {
  readonly pid: number;
  output(): string;
  type(text: string): void;
}

/** A container with a clock of its own: time passes only in `run`. */
export class ContainerHarness {
  readonly container: Container;
  readonly killed: readonly Killed[];
  readonly init: Session;
  /** What this machine was restored from, for a difference to it. */
  source: { readonly trace: FrameTrace; readonly chain: PageChain } | null = null;
  /** Execs that lived on over the restore. */
  readonly kept: Session[] = [];
  /** What the restore put up with. */
  readonly warnings: string[] = [];
  private readonly time: { realtimeMs: number };
  private readonly outputs = new Map<number, string>();

  private constructor(container: Container, killed: readonly Killed[], init: Watched, time: { realtimeMs: number }) {
    this.container = container;
    this.killed = killed;
    this.time = time;
    this.init = this.session(init);
  }

  static start(options: HarnessOptions): ContainerHarness {
    const time = { realtimeMs: START_REALTIME_MS };
    const spec: ContainerSpec = {
      id: 'c1', hostname: 'stasis', argv: options.argv, environment: ['PATH=/usr/bin:/bin:/sbin:/usr/sbin', 'TERM=xterm'], cwd: '/', user: '',
      terminal: options.terminal ?? null, protectsInit: options.protectsInit ?? true, annotations: options.annotations ?? {},
    };
    const container = Container.create({ ...hostOf(time, options.memoryLimitBytes ?? 64 << 20, []), ...options.host }, spec);
    for (const name of options.programs ?? []) writeContainerFile(container.kernel, `/${name}`, readFileSync(rootPath(`build/guest/${name}`)), 0o755);
    return new ContainerHarness(container, [], container.start(), time);
  }

  /**
   * Restores an image into a machine of its own, `sleepMs` of wall time after now.
   * @param missingKeys  host files that nothing stands for
   * @param entropySeed  randomness of this machine: the same as others have where it is the same
   */
  static restore(
    bytes: Uint8Array, time: { realtimeMs: number }, options: Partial<RestoreOptions> & { missingKeys?: readonly string[]; base?: BaseTree; library?: ImageLibrary; entropySeed?: number; knownImages?: KnownImages; memoryLimitBytes?: number; replaced?: Container; host?: Partial<ContainerHost> } = {},
  ): ContainerHarness {
    const host = {
      ...hostOf(time, options.memoryLimitBytes ?? 64 << 20, options.missingKeys ?? [], options.base, options.entropySeed), knownImages: options.knownImages ?? new KnownImages(), ...options.host,
    };
    const { container, killed, kept, warnings, trace, chain } = Container.restore(host, bytes, {
      ...options, policy: options.policy ?? 'kill', clock: options.clock ?? 'gvisor',
    }, options.library, options.replaced);
    const [init] = container.watchedProcesses();
    const harness = new ContainerHarness(container, killed, init!, time);
    harness.source = { trace, chain };
    harness.warnings.push(...warnings);
    for (const watched of kept) harness.kept.push(harness.session(watched));
    return harness;
  }

  /** Runs guests for `ms` of their time; idle time costs nothing. */
  run(ms: number): void {
    const { container } = this;
    const { kernel } = container;
    const end = kernel.clock.monotonicNs + ms * 1e6;
    const startNs = kernel.clock.monotonicNs;
    const startMs = this.time.realtimeMs;
    while (kernel.clock.monotonicNs < end && container.status === 'running') {
      container.step({ budget: 2_000_000, maxTraps: Infinity });
      this.drain();
      container.takeEnded();
      if (kernel.hasRunnable()) continue;
      container.tick(Math.min(end, kernel.timers.nextDeadlineNs() ?? end));
      this.time.realtimeMs = startMs + (kernel.clock.monotonicNs - startNs) / 1e6;
    }
    this.drain();
  }

  exec(argv: readonly string[], terminal: TerminalSize | null = null, isRestorable = false): Session {
    return this.session(this.container.exec({ argv, environment: [], cwd: null, user: null, terminal, isRestorable }));
  }

  /** A whole checkpoint image of now; the container may go on. */
  image(): Uint8Array {
    return saveImage(this.container.kernel, { nowMs: Math.floor(this.time.realtimeMs), container: specToJson(this.container.spec) });
  }

  /** Checkpoint, the image lies for `sleepMs`, and a restore into a machine of its own; this one is left as it is. */
  restored(options: Partial<RestoreOptions> & { missingKeys?: readonly string[]; sleepMs?: number; base?: BaseTree; host?: Partial<ContainerHost> } = {}): ContainerHarness {
    const bytes = this.image();
    return ContainerHarness.restore(bytes, { realtimeMs: this.time.realtimeMs + (options.sleepMs ?? 1000) }, options);
  }

  clock(): { realtimeMs: number } {
    return { ...this.time };
  }

  /** `pid name` of every process, zombies with a `Z`. */
  processes(): string[] {
    return [...this.container.kernel.threadGroups.values()]
      .sort((a, b) => a.pid - b.pid)
      .map((group) => `${group.pid} ${group.leader.name}${group.isExited() ? ' Z' : ''}`);
  }

  private session(watched: Watched): Session {
    const { container, outputs } = this;
    return {
      pid: watched.pid,
      output: () => watched.hostFileIds.map((id) => outputs.get(id) ?? '').join(''),
      type: (text) => {
        container.terminals().pushInput(watched.hostFileIds[0]!, new TextEncoder().encode(text));
      },
    };
  }

  /** Takes what guests have printed. */
  drain(): void {
    const terminals = this.container.terminals();
    for (const file of [...terminals.hostFiles()]) {
      for (let bytes = terminals.takeOutput(file.id, 65_536); bytes !== null && bytes.length > 0; bytes = terminals.takeOutput(file.id, 65_536)) {
        this.outputs.set(file.id, (this.outputs.get(file.id) ?? '') + new TextDecoder().decode(bytes));
      }
    }
  }
}

function hostOf(time: { realtimeMs: number }, memoryLimitBytes: number, missingKeys: readonly string[], base: BaseTree = image.tree, entropySeed = 0): ContainerHost {
  let counter = 1 + entropySeed;
  return {
    coreModule: module,
    memoryLimitBytes,
    entropy: { bytes: (countBytes) => new Uint8Array(countBytes).fill(counter++ & 0xff) },
    base,
    realtimeNs: () => BigInt(Math.floor(time.realtimeMs * 1000)) * 1000n,
    hostEnd: (key) => (missingKeys.includes(key) ? null : { label: 'test' }),
  };
}

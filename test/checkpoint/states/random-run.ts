/**
 * A mixed workload in one container, checkpointed and restored at random moments and in random ways: what it prints must be what
 * it prints undisturbed.
 */
import { readdirSync } from 'node:fs';
import { rootPath } from '../../../scripts/support/paths.mjs';
import { readContainerFile } from '../../../src/container/files.ts';
import { ImageStore } from '../../../src/container/image-store.ts';
import type { ExecPolicy } from '../../../src/sentry/checkpoint/exec-policy.ts';
import { KnownImages } from '../../../src/sentry/checkpoint/known-images.ts';
import type { SaveParent } from '../../../src/sentry/checkpoint/save.ts';
import { ContainerHarness } from '../../support/container-harness.ts';

const HOUR_MS = 3_600_000;
const LONGEST_CHAIN = 12;
/** Checkpoints after which they become rare, so that long programs do not take long. */
const MOST_RESTORES = 25;
const MOST_STEPS = 400_000;
const POLICIES: readonly ExecPolicy[] = ['kill', 'gvisor', 'keep', 'reattach'];
const KEEPING: readonly ExecPolicy[] = ['keep', 'reattach'];
const TERMINAL = { columns: 80, rows: 24 };

/** What a shell does, each independent of the others and of time. */
const SCRIPTS = [
  'seq 1 3000 | sort -r | sed s/7/seven/ | grep -c seven; seq 1 500 | awk "{ s += \\$1 } END { print s }"',
  'for i in 1 2 3 4 5 6; do (sleep 0.0$i; exit $i) & eval p$i=$!; done; for i in 6 5 4 3 2 1; do eval wait \\$p$i; echo $i $?; done',
  'exec 2>/dev/null; trap "echo usr1" USR1; trap "echo bye" EXIT; n=0; while [ $n -lt 5 ]; do kill -USR1 $$; n=$((n+1)); done; (trap "echo term; exit 3" TERM; sleep 10 & wait) & sleep 0.05; kill $!; wait $!; echo $?',
  'mkfifo p; (i=0; while [ $i -lt 300 ]; do echo line $i; i=$((i+1)); done > p) & while read a b; do s=$((s+b)); done < p; echo $s; wait',
  'mkdir d; cd d; for i in $(seq 1 60); do echo $i > f$i; done; tar c . | (cd ..; mkdir e; cd e; tar x); rm f1* ; ls | wc -l; ls ../e | wc -l; cat ../e/* | sort -n | md5sum',
  'dd if=/dev/zero bs=4096 count=64 2>/dev/null | tr "\\0" "x" | gzip | gunzip | md5sum; head -c 100000 /bin/busybox | md5sum',
  'exec 3<>file; echo one >&3; rm file; echo two >&3; (echo three >&3) ; cat /proc/self/fd/3 | wc -c; ls -l /proc/self/fd/3 | grep -c deleted',
  'f() { [ $1 -le 1 ] && echo 1 || echo $(( $1 * $(f $(($1 - 1))) )); }; f 9; set -- $(seq 1 40); while [ $# -gt 0 ]; do x=$((x + $1)); shift; done; echo $x',
  'exec 2>/dev/null; (while :; do sleep 0.01; done) & p=$!; kill -STOP $p; sleep 0.02; grep -c "T (stopped)" /proc/$p/status; kill -CONT $p; kill -9 $p; wait $p; echo $?',
  'find /bin -type l | sort | md5sum; cat /etc/passwd | cut -d: -f1 | tr "\\n" " "; echo',
];

/** Guest programs whose transcripts tell of little time, or of none. */
const UNFIT = /^(sleep-clocks|timer-|situation-timers-left|states-time|linked-dynamically|exec-|proc-self|process-limits|rlimit-|oom|sessions|orphan|signal-kill-targets|parent-death|net-interfaces|fs-devices)/;
const PROGRAMS: readonly string[] = [
  ...readdirSync(rootPath('test/guest/programs')).filter((file) => file.endsWith('.c')).map((file) => file.slice(0, -2)),
  // Situations, `NAME.MODE`: without input they go on from their point at once.
  ...readdirSync(rootPath('test/checkpoint/states/transcripts')).map((file) => file.slice(0, -'.txt'.length)),
].filter((name) => !UNFIT.test(name)).sort();

export interface RandomRun {
  /** What each part of the workload printed, by its name. */
  readonly outputs: ReadonlyMap<string, string>;
  /** What was done to it, a line each. */
  readonly history: readonly string[];
}

/** A checkpoint, and how many images its chain has. */
interface Kept {
  readonly digest: string;
  readonly length: number;
  readonly realtimeMs: number;
}

/** Numbers that a seed gives. */
export class RandomSource {
  private state: number;

  constructor(seed: number) {
    this.state = (seed * 2_654_435_761) | 1;
  }

  /** 0 up to and without `below`. */
  next(below: number): number {
    this.state ^= this.state << 13;
    this.state ^= this.state >>> 17;
    this.state ^= this.state << 5;
    return (this.state >>> 0) % below;
  }

  oneOf<T>(items: readonly T[]): T {
    return items[this.next(items.length)]!;
  }
}

/** The container of a seed: a shell, as init or as an exec that is marked restorable, and under it a few of the programs and scripts at once. */
export function workload(random: RandomSource): { readonly start: (knownImages: KnownImages) => ContainerHarness; readonly isExec: boolean; readonly names: readonly string[] } {
  const runs = [...new Set(Array.from({ length: 4 }, () => random.oneOf(PROGRAMS)))];
  const programs = [...new Set(runs.map((name) => name.split('.')[0]!))];
  const scripts = [...new Set(Array.from({ length: 3 }, () => random.next(SCRIPTS.length)))];
  const parts = [
    ...runs.map((name) => ({ name, command: `/${name.replace('.', ' ')}` })),
    ...scripts.map((index) => ({ name: `script-${index}`, command: `sh -c '${SCRIPTS[index]}'` })),
  ];
  const script = [
    ...parts.map(({ name, command }) => `(mkdir -p /part/${name} && cd /part/${name} && ${command} > /out-${name} 2>&1; echo "[exit $?]" >> /out-${name}) & `),
    'wait; echo done > /done',
  ].join('\n');
  const isExec = random.next(3) === 0;
  const argv = ['sh', '-c', script];
  const start = (knownImages: KnownImages): ContainerHarness => {
    const harness = ContainerHarness.start({ argv: isExec ? ['sleep', '1000000'] : argv, programs, host: { knownImages } });
    if (isExec) harness.exec(argv, null, true); // on a terminal, what it has stopped would get SIGCONT when that is reattached
    return harness;
  };
  return { start, isExec, names: parts.map(({ name }) => name) };
}

function isDone({ container }: ContainerHarness): boolean {
  return container.status !== 'running' || readContainerFile(container.kernel, '/done', 10) !== null;
}

function outputsOf({ container }: ContainerHarness, names: readonly string[]): Map<string, string> {
  return new Map(names.map((name) => [name, readContainerFile(container.kernel, `/out-${name}`, 1 << 20) ?? 'nothing']));
}

/** Runs it to its end without a checkpoint. */
export function undisturbed(seed: number): RandomRun {
  const { start, names } = workload(new RandomSource(seed));
  const harness = start(new KnownImages());
  for (let i = 0; !isDone(harness) && i < 2000; i++) harness.run(100);
  return { outputs: outputsOf(harness, names), history: [] };
}

/** The same workload, disturbed. */
export function disturbed(seed: number): RandomRun {
  const random = new RandomSource(seed);
  const { start, names, isExec } = workload(random);
  const images = new ImageStore();
  const history: string[] = [];
  const knownImages = new KnownImages();
  let harness = start(knownImages);
  const kept: Kept[] = [];
  let parent: Kept | null = null;
  let untilNext = 1 + random.next(40);
  let hasEnded = false;
  for (let step = 0; !hasEnded && step < MOST_STEPS; step++) {
    const { container } = harness;
    if (container.kernel.hasRunnable()) container.step({ budget: 1 + random.next(60_000), maxTraps: 1 + random.next(30) });
    else harness.run(1);
    if (random.next(4) === 0) container.fillAhead(random.next(50));
    harness.drain();
    container.takeEnded();
    if (step % 16 === 0) hasEnded = isDone(harness);
    if (--untilNext > 0 || hasEnded || container.status !== 'running') continue;
    untilNext = 1 + random.next(random.next(4) === 0 ? 10 : 150) + (kept.length < MOST_RESTORES ? 0 : 2000);
    if (random.next(3) === 0) {
      harness.exec(['sh', '-c', 'echo $$ > /exec; (setsid sleep 1000 &); exec sleep 1000'], random.next(2) === 0 ? TERMINAL : null, random.next(2) === 0);
      continue;
    }
    const difference: boolean = parent !== null && parent.length < LONGEST_CHAIN && random.next(4) !== 0;
    const policy = random.oneOf(isExec ? KEEPING : POLICIES);
    const clock = random.oneOf(['gvisor', 'continue'] as const);
    const isSlow = random.next(3) === 0;
    const isInPlace = random.next(2) === 0;
    history.push(`step ${step}: ${difference ? 'difference' : 'full image'}, restored under ${policy}, clock ${clock}${isSlow ? ', encoded while it ran' : ''}${isInPlace ? ', in place' : ''}`);
    const saveParent: SaveParent | null = difference ? { digest: parent!.digest, ...harness.source! } : null;
    const realtimeMs = Math.floor(harness.clock().realtimeMs);
    const save = container.beginCheckpoint(realtimeMs, saveParent);
    while (!save.step(isSlow ? 1 + random.next(60) : 4096)) if (isSlow) container.step({ budget: 50_000, maxTraps: 200 });
    const digest = images.add(save.finish().image);
    kept.push({ digest, length: difference ? parent!.length + 1 : 1, realtimeMs });
    // Seldom the restore is of an older one, so that a branch grows.
    const source: Kept = random.next(12) === 0 ? random.oneOf(kept) : kept.at(-1)!;
    if (source !== kept.at(-1)) history.push(`  of checkpoint ${kept.indexOf(source)}`);
    parent = source;
    const time = { realtimeMs: source.realtimeMs + (clock === 'continue' ? HOUR_MS : 0) };
    const place = isInPlace ? { replaced: container } : {};
    harness = ContainerHarness.restore(images.image(source.digest)!, time, { policy, clock, library: images, knownImages, ...place });
  }
  if (!hasEnded) history.push(`it does not end:\n${harness.processes().join('\n')}`);
  return { outputs: outputsOf(harness, names), history };
}


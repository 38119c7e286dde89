import { Container } from '../container/container.ts';
import type { ContainerSpec } from '../container/spec.ts';
import { specFromJson } from '../container/spec.ts';
import type { SpecValidation } from '../container/spec-validation.ts';
import { Core } from '../core/core.ts';
import { isLink } from '../exchange/index.ts';
import { NodeClock } from '../host/node/clock.ts';
import { loadCoreModule } from '../host/node/core-module.ts';
import { readImage } from '../sentry/checkpoint/image.ts';
import { ownerDied, tryConnect } from './client/connect.ts';
import { CONTAINER_OPTIONS, memoryOf, planContainer } from './container-options.ts';
import type { ContainerValues } from './container-options.ts';
import { POLICIES } from './exec-policies.ts';
import { CliError, UsageError } from './failure.ts';
import { launch, launchedFd, reportLaunch, withPassedFds } from './launch.ts';
import { choiceOf, countOf, volumeOf } from './option-values.ts';
import type { VolumeOption } from './option-values.ts';
import { parseAnywhere } from './options.ts';
import { killedSentence } from './owner/checkpoints.ts';
import { libraryOf, readCheckpoint } from './owner/image-reading.ts';
import { imagePathOf } from './image-path.ts';
import { machineHost } from './owner/machine.ts';
import { own } from './owner/own.ts';
import { PassedEnds } from './owner/passed-ends.ts';
import { passedFds } from './pass-fd.ts';
import type { RestoreRequest } from './protocol.ts';
import { requireId } from './root-directory.ts';
import type { RootDirectory } from './root-directory.ts';
import { openBuiltIn, openRoot } from './root.ts';
import type { Root } from './root.ts';
import { terminalSize } from './run-verbs.ts';
import { forwardSignals } from './signals.ts';
import { Volumes } from './volumes.ts';

const OPTIONS = {
  ...CONTAINER_OPTIONS,
  'image-path': { type: 'string' },
  name: { type: 'string' },
  'exec-policy': { type: 'string' },
  keep: { type: 'string', multiple: true },
  'force-host-files': { type: 'boolean' },
  replace: { type: 'boolean' },
  clock: { type: 'string' },
  'restore-spec-validation': { type: 'string' },
} as const;

const CLOCKS = ['gvisor', 'continue'] as const;
const VALIDATIONS = ['enforce', 'warning', 'ignore'] as const satisfies readonly SpecValidation[];
/** What an image is read with: no guest memory. */
const NO_FRAMES = 16;

interface RestoreCall {
  readonly id: string;
  readonly values: ContainerValues;
  readonly request: RestoreRequest;
  readonly specValidation: SpecValidation;
  /** Even where a container of that id has not stopped. */
  readonly replaces: boolean;
}

/** `stasis restore`, in the container of that id where there is one, else in this process or one in the background. @returns exit status of init */
export async function runRestore(root: RootDirectory, args: readonly string[]): Promise<number> {
  const call = parse(args);
  if (root.facts(call.id) !== null) return restoreInPlace(root, call);
  if (call.values.detach !== true) return restoreHere(root, call, false);
  const passed = passedFds(call.values['pass-fd'] ?? []);
  await launch(['--root', root.path, 'restore', ...withPassedFds(args, passed.map(({ guestFd }, i) => `${launchedFd(i)}:${guestFd}`))], passed.map(({ hostFd }) => hostFd));
  return 0;
}

/** The same in the process that was started for it. */
export function restoreInBackground(root: RootDirectory, args: readonly string[]): Promise<number> {
  return restoreHere(root, parse(args), true);
}

function parse(args: readonly string[]): RestoreCall {
  const { values, operands } = parseAnywhere(args, OPTIONS);
  const [id, ...rest] = operands;
  if (id === undefined) throw new UsageError('restore: the id of the container is missing');
  if (rest.length > 0) throw new UsageError(`restore: one id is possible, "${rest[0]}" is too much; what runs is what the checkpoint holds`);
  return {
    id: requireId(id),
    values,
    request: {
      imagePath: isLink(values['image-path'] ?? '') ? values['image-path']! : imagePathOf(values['image-path']),
      name: values.name ?? null,
      policy: choiceOf('--exec-policy', values['exec-policy'] ?? 'kill', POLICIES),
      clock: choiceOf('--clock', values.clock ?? 'gvisor', CLOCKS),
      keptPids: (values.keep ?? []).map((pid) => countOf('--keep', pid)),
      forcesHostFiles: values['force-host-files'] === true,
    },
    replaces: values.replace === true,
    specValidation: choiceOf('--restore-spec-validation', values['restore-spec-validation'] ?? 'enforce', VALIDATIONS),
  };
}

/** The owner of the container puts the checkpoint in the place of what runs. */
async function restoreInPlace(root: RootDirectory, { id, values, request, replaces }: RestoreCall): Promise<number> {
  const other = Object.keys(CONTAINER_OPTIONS).find((name) => name !== 'detach' && values[name as keyof ContainerValues] !== undefined);
  if (other !== undefined) throw new UsageError(`--${other} is for a new container; "${id}" is there already, and keeps what it was made with`);
  const peer = await tryConnect(root, id);
  if (peer === null) throw ownerDied(root, id, 'restore');
  peer.listen();
  const { notices } = await peer.ask('restore', { ...request, replaces });
  tell(notices);
  if (values.detach === true) return 0;
  forwardSignals((signal) => void peer.ask('kill', { signal, pid: null, pgid: null, all: false }).catch(() => process.exit(128 + signal)), ['SIGWINCH', 'SIGTSTP', 'SIGCONT']);
  return (await peer.ask('wait', { what: 'process', pid: null })) ?? 0;
}

/** This process owns the restored container. */
async function restoreHere(root: RootDirectory, { id, values, request, specValidation }: RestoreCall, isBackground: boolean): Promise<number> {
  const coreModule = loadCoreModule();
  const core = Core.create(coreModule, { frames: NO_FRAMES });
  const read = await readCheckpoint(core, request.imagePath, request.name);
  const { metadata } = readImage(read.files[0]!.bytes, core);
  const saved = specFromJson(metadata.container);
  const given = await planRestored(id, values, saved, metadata.baseImage);
  const volumes = new Volumes(given.volumes);
  const passed = new PassedEnds(passedFds(values['pass-fd'] ?? []));
  const clock = new NodeClock();
  const host = machineHost({ id, base: given.root.tree, memoryBytes: given.memoryBytes, clock, volumes, passed });
  const outcome = Container.restore(
    host,
    read.files[0]!.bytes,
    { policy: request.policy, clock: request.clock, keptPids: request.keptPids, forcesHostFiles: request.forcesHostFiles, spec: given.spec, specValidation },
    libraryOf(read),
  );
  tell([...given.notices, ...outcome.warnings, ...outcome.killed.map(killedSentence)]);
  return own({
    root, bundle: given.bundle, clock, volumes, passed, host, container: outcome.container, restored: { read, outcome },
    pidFile: values['pid-file'] ?? null, isBackground, starts: false,
    ready: () => void (isBackground && reportLaunch({ pid: process.pid })),
  });
}

interface RestoredPlan {
  readonly root: Root;
  readonly spec: ContainerSpec;
  readonly volumes: readonly VolumeOption[];
  readonly memoryBytes: number;
  readonly bundle: string;
  readonly notices: readonly string[];
}

/** With a bundle the container is as that says, else as it was. */
async function planRestored(id: string, values: ContainerValues, saved: ContainerSpec, baseImage: string | null): Promise<RestoredPlan> {
  if (values.bundle !== undefined) {
    return planContainer(id, values, [], { size: terminalSize, joinsOutput: saved.joinsOutput ?? false });
  }
  const other = (['env', 'clear-env', 'cwd', 'user', 'hostname', 'tty', 'annotation'] as const).find((name) => values[name] !== undefined);
  if (other !== undefined) throw new UsageError(`--${other}: a restored container is as the checkpoint has it, or as a --bundle says`);
  return {
    root: await rootOf(values, baseImage),
    spec: { ...saved, id, terminal: saved.terminal === null ? null : terminalSize() },
    volumes: (values.volume ?? []).map(volumeOf),
    memoryBytes: memoryOf(values, null),
    bundle: process.cwd(),
    notices: [],
  };
}

/** What is named, or else a built-in image if the checkpoint lies over that. @errors CliError */
async function rootOf({ image, rootfs }: ContainerValues, baseImage: string | null): Promise<Root> {
  if (image !== undefined && rootfs !== undefined) throw new UsageError('only one of --bundle, --image and --rootfs is possible');
  if (rootfs !== undefined) return openRoot(rootfs);
  const root = await openBuiltIn(image ?? 'busybox');
  if (image === undefined && baseImage !== null && root.tree.digest !== baseImage) {
    throw new CliError(`the checkpoint lies over ${baseImage.replace(/^directory:/, 'the directory ')}, which is no built-in image; --rootfs or --bundle names what it lies over`);
  }
  return root;
}

function tell(notices: readonly string[]): void {
  for (const notice of notices) process.stderr.write(`stasis: ${notice}\n`);
}

import { sentenceOf } from './failure.ts';
import { runAttach } from './client/attach.ts';
import { parseExecOptions, runExec } from './client/exec.ts';
import { VERBS } from './client/verbs.ts';
import { launch, launchedFd, reportLaunch, withPassedFds } from './launch.ts';
import { passedFds } from './pass-fd.ts';
import { writePid } from './pid-file.ts';
import { defaultRoot, RootDirectory } from './root-directory.ts';

/** Verbs on containers that live in processes of their own. Those that own one load the kernel; those that ask do not. */
const OWNING = new Set(['run', 'create', 'restore', 'exec', 'attach']);

export function isContainerVerb(verb: string): boolean {
  return OWNING.has(verb) || VERBS.has(verb);
}

/** @param rootPath  what `--root` said; null for the default @returns exit status */
export async function runContainerVerb(verb: string, rootPath: string | null, args: readonly string[]): Promise<number> {
  const root = new RootDirectory(rootPath ?? defaultRoot());
  switch (verb) {
    case 'run':
    case 'create': {
      const { launchContainer, ownContainer, parseContainerCall } = await import('./run-verbs.ts');
      const call = parseContainerCall(verb, args);
      if (verb === 'run' && call.values.detach !== true) return ownContainer(verb, root, call, false);
      await launchContainer(verb, root, args, call);
      return 0;
    }
    case 'exec':
      return exec(root, args);
    case 'attach':
      return runAttach(root, args);
    case 'restore':
      return (await import('./restore-verb.ts')).runRestore(root, args);
    default:
      await print(await VERBS.get(verb)!(root, args));
      return 0;
  }
}

/** What `launch` has started this process for. Whoever did is told the failure. */
export async function runInBackground(verb: string, rootPath: string | null, args: readonly string[]): Promise<number> {
  try {
    const root = new RootDirectory(rootPath ?? defaultRoot());
    if (verb === 'exec') return await runExec(root, parseExecOptions(args), () => void reportLaunch({ pid: process.pid }));
    if (verb === 'restore') return await (await import('./restore-verb.ts')).restoreInBackground(root, args);
    const { ownContainer, parseContainerCall } = await import('./run-verbs.ts');
    return await ownContainer(verb === 'create' ? 'create' : 'run', root, parseContainerCall(verb, args), true);
  } catch (error) {
    if (!process.connected) throw error;
    await reportLaunch({ failure: sentenceOf(error) });
    return 1;
  }
}

async function exec(root: RootDirectory, args: readonly string[]): Promise<number> {
  const options = parseExecOptions(args);
  if (!options.isDetached) return runExec(root, options);
  const passed = passedFds(options.passFds);
  const pid = await launch(['--root', root.path, 'exec', ...withPassedFds(args, passed.map(({ guestFd }, i) => `${launchedFd(i)}:${guestFd}`))], passed.map(({ hostFd }) => hostFd));
  writePid(options.pidFile, pid);
  return 0;
}

function print(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.on('error', () => resolve()); // nobody reads it
    process.stdout.write(text, () => resolve());
  });
}

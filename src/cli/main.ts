import { OWN_ERROR_STATUS, sentenceOf, UsageError } from './failure.ts';
import { IN_BACKGROUND } from './launch.ts';
import { usageOf } from './usage-of.ts';
import { usage } from './usage.ts';
import manifest from '../../package.json' with { type: 'json' };

/** Runs the verb that the command line names. @returns exit status */
async function main(line: readonly string[]): Promise<number> {
  if (line[0] === IN_BACKGROUND) {
    const { root, verb, args } = commandOf(line.slice(1));
    return (await import('./container-verbs.ts')).runInBackground(verb ?? '', root, args);
  }
  const { root, verb, args } = commandOf(line);
  if (root !== null && (verb === undefined || verb === 'do' || verb === 'demo' || verb === 'image')) throw new UsageError('--root goes before a verb on containers');
  switch (verb) {
    case 'do':
      if (asksForHelp(args[0])) return help(usageOf(verb));
      return (await import('./do.ts')).runDo(args);
    case 'demo':
      if (asksForHelp(args[0])) return help(usageOf(verb));
      return (await import('./demo.ts')).runDemo(args);
    case 'image':
      if (asksForHelp(args[0]) || asksForHelp(args[1])) return help(usageOf(verb, args[0]));
      return (await import('./image.ts')).runImage(args);
    case '--version':
    case 'version':
      process.stdout.write(`stasis ${manifest.version}\n`);
      return 0;
    case 'help':
    case '--help':
    case '-h':
      break;
    case undefined:
      throw new UsageError('no verb was given');
    default: {
      const { isContainerVerb, runContainerVerb } = await import('./container-verbs.ts');
      if (!isContainerVerb(verb)) throw new UsageError(`there is no verb ${verb}`);
      if (asksForHelp(args[0])) return help(usageOf(verb));
      return runContainerVerb(verb, root, args);
    }
  }
  return help(usage);
}

function help(text: string): number {
  process.stdout.write(text);
  return 0;
}

function asksForHelp(word: string | undefined): boolean {
  return word === '--help' || word === '-h' || word === '-help';
}

/** `--root DIR` before the verb, the verb, and its arguments. */
function commandOf([first, ...rest]: readonly string[]): { root: string | null; verb: string | undefined; args: readonly string[] } {
  const inOne = /^--?root=(.+)$/s.exec(first ?? '');
  if (inOne !== null) return { root: inOne[1]!, verb: rest[0], args: rest.slice(1) };
  if (first !== '--root' && first !== '-root') return { root: null, verb: first, args: rest };
  const [root, verb, ...args] = rest;
  if (root === undefined || root === '') throw new UsageError('--root: a directory is needed');
  return { root, verb, args };
}

/** Ends the process with one sentence; whatever was waited for is given up. */
function fail(error: unknown): void {
  if (process.env['STASIS_DEBUG'] !== undefined) process.stderr.write(`${error instanceof Error ? error.stack : error}\n`);
  process.stderr.on('error', () => process.exit(OWN_ERROR_STATUS)); // nobody reads it
  process.stderr.write(`stasis: ${sentenceOf(error).replace(/\s*\n\s*/g, ' ')}\n`, () => process.exit(OWN_ERROR_STATUS));
}

process.on('uncaughtException', fail);
try {
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  fail(error);
}

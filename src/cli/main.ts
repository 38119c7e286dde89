import { ImageError, KernelPanic } from '../base/errors.ts';
import { ContainerError } from '../container/errors.ts';
import { runDemo } from './demo.ts';
import { runDo } from './do.ts';
import { CliError, OWN_ERROR_STATUS, UsageError } from './failure.ts';
import { usage } from './usage.ts';
import manifest from '../../package.json' with { type: 'json' };

/** Runs the verb that the command line names. @returns exit status */
async function main([verb, ...args]: readonly string[]): Promise<number> {
  switch (verb) {
    case 'do':
      if (args[0] === '--help' || args[0] === '-h') break;
      return runDo(args);
    case 'demo':
      return runDemo(args);
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
    default:
      throw new UsageError(`there is no verb ${verb}`);
  }
  process.stdout.write(usage);
  return 0;
}

/** One sentence for the user. */
function sentenceOf(error: unknown): string {
  if (error instanceof UsageError) return `${error.message}; \`stasis help\` lists what there is`;
  if (error instanceof CliError || error instanceof ContainerError || error instanceof ImageError) return error.message;
  const reason = error instanceof Error ? error.message : String(error);
  return error instanceof KernelPanic ? `the machine has stopped: ${reason}` : `unexpected: ${reason}`;
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

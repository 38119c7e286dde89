import { link, open, rename, rm, stat } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { CliError } from './failure.ts';

/** For nobody but the owner: an image holds whatever the guests had in memory. */
const FILE_MODE = 0o600;

/**
 * Writes a file that is there as a whole or not at all.
 *
 * @param replaces  whether a file that is there already is replaced; otherwise it is left alone
 * @errors CliError
 */
export async function writeOutput(path: string, bytes: Uint8Array, replaces: boolean): Promise<void> {
  const there = await stat(path).catch(() => null);
  if (there !== null && !there.isFile()) throw new CliError(`${path} is there and no ordinary file: name another one`);
  if (there !== null && !replaces) throw alreadyThere(path);
  const unfinished = `${path}.${randomBytes(4).toString('hex')}.part`;
  try {
    const file = await open(unfinished, 'wx', FILE_MODE);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    if (replaces) await rename(unfinished, path);
    else await appear(unfinished, path);
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`${path} cannot be written (${(error as NodeJS.ErrnoException).code}); nothing was changed`);
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** Gives a whole file its name unless somebody else has it meanwhile; not every file system has hard links. */
async function appear(unfinished: string, path: string): Promise<void> {
  try {
    await link(unfinished, path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw alreadyThere(path);
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error;
    await rename(unfinished, path);
  }
}

function alreadyThere(path: string): CliError {
  return new CliError(`${path} is there already; --force replaces it`);
}

import { readFile, stat } from 'node:fs/promises';
import type { ImageConfig } from '../container/oci/index.ts';
import { readImageArchive } from '../container/oci/index.ts';
import { nodeArchiveTools } from '../host/node/archive-tools.ts';
import { assetPath } from '../host/node/assets.ts';
import { DirectoryTree } from '../host/node/directory-tree.ts';
import type { BaseTree } from '../ports/base-tree.ts';
import { CliError } from './failure.ts';

/** What a container's root is laid over, and what is said about its processes there. */
export interface Root {
  readonly tree: BaseTree;
  readonly config: ImageConfig;
}

const BUILT_IN = ['busybox'];
const NO_CONFIG: ImageConfig = { entrypoint: [], cmd: [], env: [], workingDir: '', user: '' };

/** Opens a directory, which is read only as the guest asks, or an image archive, which is read whole and checked. @errors CliError, ImageError */
export async function openRoot(path: string): Promise<Root> {
  const stats = await attempt(path, () => stat(path));
  if (stats.isDirectory()) return { tree: new DirectoryTree(path), config: NO_CONFIG };
  if (!stats.isFile()) throw new CliError(`${path} is neither a directory nor an image archive`);
  return readImageArchive(await attempt(path, () => readFile(path)), path, { tools: nodeArchiveTools });
}

/** Opens an image that goes with the command. @errors CliError */
export async function openBuiltIn(name: string): Promise<Root> {
  if (!BUILT_IN.includes(name)) throw new CliError(`there is no image ${name}; built in: ${BUILT_IN.join(', ')}`);
  const path = assetPath(`${name}.tar`);
  if (path === null) throw new CliError(`the image ${name} has not been built; \`npm run build\` makes it`);
  return readImageArchive(await readFile(path), name, { tools: nodeArchiveTools });
}

async function attempt<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new CliError(`${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

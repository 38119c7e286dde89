import { UsageError } from '../failure.ts';
import { imagePathOf } from '../image-path.ts';
import { countOf } from '../option-values.ts';
import { parseAnywhere } from '../options.ts';
import type { RootDirectory } from '../root-directory.ts';
import { connect } from './connect.ts';

/** More rounds would lengthen the chain of images that a restore reads, and win little. */
const MOST_ROUNDS = 8;
/** A checkpoint's name, which is part of a path to it. */
const NAME = /^[^/:\0]{1,255}$/;

/** `stasis checkpoint`: has the owner of a container write what it is now into a directory. @returns nothing to print, as runsc */
export async function runCheckpoint(root: RootDirectory, args: readonly string[]): Promise<string> {
  const { values, operands } = parseAnywhere(args, {
    'image-path': { type: 'string' }, 'leave-running': { type: 'boolean' }, name: { type: 'string' }, 'parent-path': { type: 'string' }, 'pre-dump': { type: 'string' },
    full: { type: 'boolean' }, verbose: { type: 'boolean' }, 'work-path': { type: 'string' },
  });
  const [id, ...rest] = operands;
  if (id === undefined) throw new UsageError('checkpoint: the id of the container is missing');
  if (rest.length > 0) throw new UsageError(`checkpoint: one id is possible, "${rest[0]}" is too much`);
  if (values.name !== undefined && !NAME.test(values.name)) throw new UsageError(`--name ${values.name}: 1 to 255 characters but / and : are possible`);
  const rounds = values['pre-dump'] === undefined ? 0 : countOf('--pre-dump', values['pre-dump']);
  if (rounds > MOST_ROUNDS) throw new UsageError(`--pre-dump ${rounds}: at most ${MOST_ROUNDS} rounds are of use`);
  if (values.full === true && (rounds > 0 || values['parent-path'] !== undefined)) throw new UsageError('--full is for an image that stands on no other: --pre-dump and --parent-path do not go with it');
  const peer = await connect(root, id, 'checkpoint');
  const reply = await peer.ask('checkpoint', {
    imagePath: imagePathOf(values['image-path']), name: values.name ?? null, leaveRunning: values['leave-running'] === true,
    parentPath: values['parent-path'] === undefined ? null : imagePathOf(values['parent-path']), preDumpRounds: rounds, full: values.full === true,
  });
  if (reply.warning !== null) process.stderr.write(`stasis: the checkpoint ${reply.name} is good, but its resume hook failed: ${reply.warning}\n`);
  if (values.verbose !== true) return '';
  const kind = reply.isDifference ? 'a difference' : 'full';
  return `${reply.name}: ${kind}, ${Math.ceil(reply.imageBytes / 1000)} kB, paused ${reply.pauseMs.toFixed(2)} ms, ${reply.totalMs.toFixed(0)} ms in all, ${reply.digest}\n`;
}

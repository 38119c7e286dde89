import { ImageError } from '../base/errors.ts';
import '../container/container.ts'; // with it the classes are known whose state images hold
import { Core } from '../core/core.ts';
import { encodeLink, exportOci, factsOf } from '../exchange/index.ts';
import { loadCoreModule } from '../host/node/core-module.ts';
import { assetPath } from '../host/node/assets.ts';
import { diffOf, openImage, pagePair, reportOf } from '../inspect/index.ts';
import type { InspectedImage } from '../inspect/index.ts';
import type { BaseTree } from '../ports/base-tree.ts';
import { readBasePage } from '../sentry/checkpoint/base-pages.ts';
import { flatten } from '../sentry/checkpoint/flatten.ts';
import { readImage } from '../sentry/checkpoint/image.ts';
import type { Image } from '../sentry/checkpoint/image.ts';
import { CliError } from './failure.ts';
import { diffText } from './image-diff-text.ts';
import { hexText } from './image-hex.ts';
import { parseImageCommand } from './image-options.ts';
import type { ImageCommand } from './image-options.ts';
import { chosenReport, reportText } from './image-report-text.ts';
import { inPlace, readSource } from './image-source.ts';
import type { ImageSource } from './image-source.ts';
import { writeOutput } from './output-file.ts';
import { openBuiltIn, openRoot } from './root.ts';

/** What page work needs: no guest memory. */
const NO_FRAMES = 16;
const BUILT_IN = 'busybox';

/**
 * `stasis image`: looks into checkpoints and makes files of them. Nothing of them is run.
 *
 * @returns exit status
 * @errors  UsageError, CliError, ImageError
 */
export async function runImage(args: readonly string[]): Promise<number> {
  const command = parseImageCommand(args);
  const core = Core.create(loadCoreModule(), { frames: NO_FRAMES });
  switch (command.verb) {
    case 'inspect':
      await print(await inspect(core, command));
      return 0;
    case 'diff':
      await print(await diff(core, command));
      return 0;
    case 'flatten':
    case 'import': {
      const source = await readSource(core, command.input, command.parents);
      await writeOutput(command.output, await fullImage(core, source, command.base), command.replaces);
      return 0;
    }
    case 'export':
      await exportImage(core, command);
      return 0;
  }
}

async function inspect(core: Core, { input, parents, base, isJson, pid, sections }: ImageCommand & { verb: 'inspect' }): Promise<string> {
  const source = await readSource(core, input, parents);
  const tree = await baseOf(core, [source], base);
  const report = inPlace(input, () => reportOf(openImage(core, source.files, tree)));
  if (pid !== null && !report.processes.some((process) => process.pid === pid)) throw new CliError(`${input} has no process ${pid}, only ${report.processes.map((process) => process.pid).join(', ')}`);
  const chosen = chosenReport(report, sections, pid);
  return isJson ? `${JSON.stringify(chosen, null, 2)}\n` : reportText(chosen);
}

async function diff(core: Core, command: ImageCommand & { verb: 'diff' }): Promise<string> {
  const before = await readSource(core, command.before, command.parents);
  const after = await readSource(core, command.after, command.parents);
  const base = await baseOf(core, [before, after], command.base);
  const one = inPlace(command.before, () => openImage(core, before.files, base));
  const other = inPlace(command.after, () => openImage(core, after.files, base, one.layers));
  if (command.hex !== null) return hexOf(one, other, command);
  const found = diffOf(one, other);
  return command.isJson ? `${JSON.stringify(found, null, 2)}\n` : diffText(found, command);
}

function hexOf(before: InspectedImage, after: InspectedImage, { hex, before: first, after: second }: ImageCommand & { verb: 'diff' }): string {
  const { pid, address } = hex!;
  const pair = pagePair(before, after, pid, address);
  if (pair.before === null && pair.after === null) throw new CliError(`neither ${first} nor ${second} has a page of process ${pid} at 0x${address.toString(16)}`);
  return hexText(pair, address);
}

async function exportImage(core: Core, { input, output, name, parents, base, replaces }: ImageCommand & { verb: 'export' }): Promise<void> {
  const source = await readSource(core, input, parents);
  const called = name ?? source.name;
  if (output === null) {
    await print(`${await encodeLink(await fullImage(core, source, base), called)}\n`);
    return;
  }
  const [image] = openLayers(core, source);
  await writeOutput(output, await exportOci(source.files.map(({ bytes }) => bytes).reverse(), factsOf(image.metadata, called, source.note)), replaces);
}

/** The checkpoint as one image that stands on no other, each of the chain checked. */
async function fullImage(core: Core, source: ImageSource, base: string | null): Promise<Uint8Array> {
  const images = openLayers(core, source);
  if (images.length === 1) return source.files[0]!.bytes;
  const tree = await baseOf(core, [source], base);
  return flatten(core, images, (path, page, out) => {
    if (tree === null) throw new ImageError('base image', `${images[0].metadata.baseImage ?? ''} is not there, and page ${page} of ${path} is needed: name it with --base`);
    return readBasePage(tree, path, page, out);
  });
}

function openLayers(core: Core, { place, files }: ImageSource): [Image, ...Image[]] {
  const { layers: [first, ...rest] } = inPlace(place, () => openImage(core, files, null));
  return [first.image, ...rest.map(({ image }) => image)];
}

/** The base image that one of the checkpoints lies over: the one named, or the one that goes with the command; null where that is another. */
async function baseOf(core: Core, sources: readonly ImageSource[], named: string | null): Promise<BaseTree | null> {
  const wanted = sources.map(({ files }) => readImage(files[0]!.bytes, core).metadata.baseImage);
  if (named !== null) {
    const { tree } = await openRoot(named);
    if (!wanted.includes(tree.digest)) throw new CliError(`${named} is the base image ${tree.digest}, the checkpoint lies over ${wanted[0] ?? 'none'}`);
    return tree;
  }
  if (wanted.every((digest) => digest === null) || assetPath(`${BUILT_IN}.tar`) === null) return null;
  const { tree } = await openBuiltIn(BUILT_IN);
  return wanted.includes(tree.digest) ? tree : null;
}

/** Resolves once all of it is written; a reader that has enough ends it quietly. */
function print(text: string): Promise<void> {
  return new Promise((done, fail) => {
    process.stdout.on('error', (error: NodeJS.ErrnoException) => (error.code === 'EPIPE' ? done() : fail(new CliError(`standard output could not be written (${error.code})`))));
    process.stdout.write(text, () => done());
  });
}

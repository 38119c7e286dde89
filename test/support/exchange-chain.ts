import { readFileSync } from 'node:fs';
import { rootPath } from '../../scripts/support/paths.mjs';
import { ImageError } from '../../src/base/errors.ts';
import { ImageStore } from '../../src/container/image-store.ts';
import { Core } from '../../src/core/core.ts';
import { factsOf } from '../../src/exchange/index.ts';
import type { ExchangeFacts } from '../../src/exchange/index.ts';
import { coreWire } from '../../src/sentry/checkpoint/core-wire.ts';
import { readImage } from '../../src/sentry/checkpoint/image.ts';
import { PageChain } from '../../src/sentry/checkpoint/page-chain.ts';
import { readChain } from '../../src/sentry/checkpoint/parents.ts';
import type { SaveParent } from '../../src/sentry/checkpoint/save.ts';
import { ContainerHarness } from './container-harness.ts';

/** For checksums and page work; no frame of it is used. */
export const core = Core.create(new WebAssembly.Module(readFileSync(rootPath('build/core.wasm'))), { frames: 16 });

/** Checkpoints of one shell, each a difference to the one before, and the machine they were taken of. */
export interface ShellChain {
  readonly harness: ContainerHarness;
  /** The full one first. */
  readonly images: readonly Uint8Array[];
  readonly store: ImageStore;
  readonly facts: ExchangeFacts;
  /** The last moment as a full image. */
  readonly full: Uint8Array;
}

/** A shell that waits for input, with a checkpoint before each of `commands` and one after the last. */
export function shellChain(commands: readonly string[], name = 'lunch', note = ''): ShellChain {
  const harness = ContainerHarness.start({ argv: ['/bin/sh'], terminal: { rows: 24, columns: 80 } });
  harness.run(300);
  const store = new ImageStore();
  const images: Uint8Array[] = [];
  let parent: SaveParent | null = null;
  for (const command of [...commands, '']) {
    const save = harness.container.beginCheckpoint(Math.floor(harness.clock().realtimeMs), parent);
    while (!save.step(4096)) harness.run(1);
    const { image, trace } = save.finish();
    images.push(image);
    const read = readImage(image, core);
    const digest = store.add(image, read.metadata.parent);
    parent = { digest, trace, chain: PageChain.open(coreWire(core), readChain(read, core, store)) };
    if (command === '') break;
    harness.init.type(command);
    harness.run(150);
  }
  return { harness, images, store, facts: factsOf(readImage(images.at(-1)!, core).metadata, name, note), full: harness.image() };
}

/** The sentence with which something is refused; null when it is not. Any other exception is a failure of the test. */
export async function refusal(work: () => unknown): Promise<string | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (!(error instanceof ImageError)) throw error;
    return error.message;
  }
}

/** One line, with a place and a reason, and no full stop. */
export const SENTENCE = /^[^\n:]+: [^\n]*[^.\n]$/;

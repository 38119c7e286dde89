import { readFileSync } from 'node:fs';
import { rootPath } from '../../scripts/support/paths.mjs';
import { imageDigest, ImageStore } from '../../src/container/image-store.ts';
import { readImageArchive } from '../../src/container/oci/index.ts';
import { Core } from '../../src/core/core.ts';
import { openImage } from '../../src/inspect/index.ts';
import type { ImageFile, InspectedImage, InspectedLayer } from '../../src/inspect/index.ts';
import type { BaseTree } from '../../src/ports/base-tree.ts';
import { coreWire } from '../../src/sentry/checkpoint/core-wire.ts';
import { readImage } from '../../src/sentry/checkpoint/image.ts';
import { PageChain } from '../../src/sentry/checkpoint/page-chain.ts';
import { readChain } from '../../src/sentry/checkpoint/parents.ts';
import type { FrameTrace } from '../../src/sentry/checkpoint/frame-trace.ts';
import type { ContainerHarness } from './container-harness.ts';

/** For page work: no frame of it is used. */
export const inspectionCore = Core.create(new WebAssembly.Module(readFileSync(rootPath('build/core.wasm'))), { frames: 16 });
export const busyboxTree = (await readImageArchive(readFileSync(rootPath('public/busybox.tar')), 'busybox.tar')).tree;

/** An image, opened by itself. */
export function inspected(bytes: Uint8Array, base: BaseTree | null = busyboxTree): InspectedImage {
  return openImage(inspectionCore, [{ digest: imageDigest(bytes), bytes }], base);
}

/** Takes checkpoints of a container, each a difference to the one before, and opens them. */
export class Chain {
  readonly store = new ImageStore();
  private readonly harness: ContainerHarness;
  private last: { readonly digest: string; readonly trace: FrameTrace } | null = null;

  constructor(harness: ContainerHarness) {
    this.harness = harness;
  }

  checkpoint(): string {
    const { harness, store, last } = this;
    const parent = last === null ? null : {
      ...last,
      chain: PageChain.open(coreWire(inspectionCore), readChain(readImage(store.image(last.digest)!, inspectionCore), inspectionCore, store)),
    };
    const save = harness.container.beginCheckpoint(Math.floor(harness.clock().realtimeMs), parent);
    while (!save.step(4096)) continue;
    const { image, trace } = save.finish();
    const digest = store.add(image);
    this.last = { digest, trace };
    return digest;
  }

  /** The image and those it stands on. */
  files(digest: string): ImageFile[] {
    const files: ImageFile[] = [];
    for (let at: string | null = digest; at !== null; ) {
      const bytes: Uint8Array = this.store.image(at)!;
      files.push({ digest: at, bytes });
      at = readImage(bytes, inspectionCore).metadata.parent;
    }
    return files;
  }

  open(digest: string, base: BaseTree | null = busyboxTree, known: readonly InspectedLayer[] = []): InspectedImage {
    return openImage(inspectionCore, this.files(digest), base, known);
  }
}

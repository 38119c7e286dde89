import { Core } from '../../src/core/core.ts';
import { coreChecksum, readImage, writeImage } from '../../src/sentry/checkpoint/image.ts';
import type { Image } from '../../src/sentry/checkpoint/image.ts';
import { readSections, summarize, writeSections } from '../../src/sentry/checkpoint/sections.ts';
import { coreModule } from './machine-driver.ts';

const core = Core.create(coreModule, { frames: 16 });
export const CORE_LAYOUT = core.layoutVersion();

/** Writes an image anew, its checksums right, with something else in it. */
export function rewritten(bytes: Uint8Array, change: (image: Image) => Image): Uint8Array {
  const { metadata, sections } = change(readImage(bytes, core));
  return writeImage({ metadata, sections: [...sections].map(([name, data]) => ({ name, pieces: [data] })) }, core);
}

/** The same image as a core of another layout would have written it. */
export function ofLayout(bytes: Uint8Array, layout: number): Uint8Array {
  const checksum = coreChecksum(core);
  const sections = readSections(bytes, CORE_LAYOUT, checksum).map(({ name, data }) => ({ name, pieces: [data] }));
  return writeSections(sections, sections.map((section) => summarize(section, checksum)), layout, checksum);
}

export function baseImageOf(bytes: Uint8Array): string | null {
  return readImage(bytes, core).metadata.baseImage;
}

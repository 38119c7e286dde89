import { ImageError } from '../base/errors.ts';
import { ContainerError } from '../container/errors.ts';
import { DEFAULT_LIMITS, encodeLink, exportOci, factsOf, importAny, plainLine, plainText } from '../exchange/index.ts';
import { readBasePage } from '../sentry/checkpoint/base-pages.ts';
import { readImage } from '../sentry/checkpoint/image.ts';
import type { CheckpointInfo } from './api.ts';
import type { History } from './history.ts';
import type { News } from './news.ts';

/** What can be done with the checkpoints that there are: named, deleted, given away and taken in. */
export class Checkpoints {
  private readonly history: History;
  private readonly news: News;

  constructor(history: History, news: News) {
    this.history = history;
    this.news = news;
  }

  /** What steers a terminal becomes U+FFFD. @errors ContainerError there is none with that id, or the name is empty or too long */
  async rename(id: string, name: string): Promise<CheckpointInfo> {
    const { timeline } = this.history;
    const before = timeline.entry(id).name;
    const given = plainLine(name).trim();
    if (given === '') throw new ContainerError(`checkpoint ${before} cannot be called "": a name has at least one character`);
    requireShort(given, DEFAULT_LIMITS.nameCharacters, `a name for checkpoint ${before}`);
    timeline.rename(id, given);
    return this.changed(id, `checkpoint ${before} is now called ${given}`);
  }

  /** The same for the note, which can be empty and have lines. */
  async annotate(id: string, note: string): Promise<CheckpointInfo> {
    const { timeline } = this.history;
    const { name } = timeline.entry(id);
    const given = plainText(note);
    requireShort(given, DEFAULT_LIMITS.noteCharacters, `a note for checkpoint ${name}`);
    timeline.annotate(id, given);
    return this.changed(id, `checkpoint ${name} has a new note`);
  }

  /** @returns bytes freed */
  async delete(id: string): Promise<number> {
    const { timeline } = this.history;
    const { name } = timeline.entry(id);
    const { bytes } = timeline.delete(id);
    await this.history.keep();
    this.news.tell({ kind: 'timeline', sentence: `checkpoint ${name} deleted, ${kilobytes(bytes)} freed` });
    return bytes;
  }

  /** @errors ContainerError; ImageError 'base image' for one that lies over another base image, which a full image is made with */
  async export(id: string, format: 'file' | 'oci'): Promise<Uint8Array> {
    if (format !== 'file' && format !== 'oci') throw new ContainerError(`cannot export a checkpoint as "${String(format)}", only as file or oci`);
    if (format === 'file') return this.fullImage(id);
    const { timeline, core } = this.history;
    const { name, note, digest } = timeline.entry(id);
    const images = timeline.chain({ digest }).map((part) => timeline.library().image(part)!).reverse();
    return exportOci(images, factsOf(readImage(images.at(-1)!, core).metadata, name, note));
  }

  /** @errors ImageError 'link' for a checkpoint that is too large for one */
  async link(id: string): Promise<string> {
    return encodeLink(this.fullImage(id), this.history.timeline.entry(id).name);
  }

  /**
   * Takes in a file or a link, whichever of the formats it has; `name` where it brings none.
   * @errors ImageError: nothing was added then
   */
  async import(name: string, source: Uint8Array | string): Promise<CheckpointInfo> {
    const { timeline, core, base } = this.history;
    const own = typeof source === 'string' ? source : source.slice();
    const { images, digests, image, facts } = await importAny(core, own);
    const { baseImage } = image.metadata;
    if (baseImage !== null && baseImage !== base.digest) {
      throw new ImageError('base image', `the checkpoint lies over ${baseImage}, this machine has ${base.digest}: open it over the image that it was made with`);
    }
    const called = facts.name || plainLine(name).slice(0, DEFAULT_LIMITS.nameCharacters) || 'imported';
    const entry = timeline.importChain(images, digests, { name: called, note: facts.note });
    return this.changed(entry.id, `checkpoint ${called} imported, ${kilobytes(timeline.chainBytes(entry.id))}`);
  }

  /** A checkpoint as one image that stands on no other; the caller's copy. */
  private fullImage(id: string): Uint8Array {
    const { timeline, base } = this.history;
    const full = timeline.fullImage(id, (source, page, out) => readBasePage(base, source, page, out));
    return timeline.entry(id).isDifference ? full : full.slice();
  }

  private async changed(id: string, sentence: string): Promise<CheckpointInfo> {
    await this.history.keep();
    this.news.tell({ kind: 'timeline', sentence });
    return this.history.info(this.history.timeline.entry(id));
  }
}

function requireShort(text: string, limit: number, what: string): void {
  if (text.length > limit) throw new ContainerError(`${what} is ${text.length} characters long, at most ${limit} are possible`);
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1000)} kB`;
}

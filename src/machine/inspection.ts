import { diffOf, openImage, pagePair, reportOf } from '../inspect/index.ts';
import type { ImageDiff, ImageReport, InspectedImage, PagePair } from '../inspect/index.ts';
import type { History } from './history.ts';

/** Images that stay open: the two sides of a comparison that somebody looks at page by page. */
const MOST_OPEN = 2;

/** Looks into checkpoints, whatever runs. */
export class Inspection {
  private readonly history: History;
  /** By digest, the one used last at the end. */
  private readonly opened = new Map<string, InspectedImage>();

  constructor(history: History) {
    this.history = history;
  }

  inspect(id: string): ImageReport {
    return reportOf(this.open(id));
  }

  diff(beforeId: string, afterId: string): ImageDiff {
    return diffOf(this.open(beforeId), this.open(afterId));
  }

  pagePair(beforeId: string, afterId: string, pid: number, address: number): PagePair {
    return pagePair(this.open(beforeId), this.open(afterId), pid, address);
  }

  /** @errors ContainerError there is none with that id; ImageError */
  private open(id: string): InspectedImage {
    const { timeline, core, base } = this.history;
    const entry = timeline.entry(id);
    const files = timeline.chain(entry).map((digest) => ({ digest, bytes: timeline.library().image(digest)! }));
    const known = [...this.opened.values()].flatMap(({ layers }) => layers);
    const image = this.opened.get(entry.digest) ?? openImage(core, files, base, known);
    this.opened.delete(entry.digest);
    this.opened.set(entry.digest, image);
    for (const digest of [...this.opened.keys()].slice(0, -MOST_OPEN)) this.opened.delete(digest);
    return image;
  }
}

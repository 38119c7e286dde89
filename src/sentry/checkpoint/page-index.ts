/** Page contents seen so far, by their XXH64: open addressing in typed arrays, because there may be 100,000 of them. */
export class PageIndex {
  /** Image frames by their hash; 0 is an empty slot. */
  private readonly slots: Uint32Array;
  private readonly mask: number;
  private readonly lows: Uint32Array;
  private readonly highs: Uint32Array;

  /** @param limit  pages that will be added at most; their image frames are 1 to `limit` */
  constructor(limit: number) {
    let size = 16;
    while (size < limit * 2) size *= 2;
    this.slots = new Uint32Array(size);
    this.mask = size - 1;
    this.lows = new Uint32Array(limit + 1);
    this.highs = new Uint32Array(limit + 1);
  }

  /**
   * Finds the page with the same content, or adds `imageFrame`. An equal hash is not trusted: `isSame` compares the bytes.
   *
   * @returns  the image frame of the page with the same content, 0 when there was none
   */
  findOrAdd(low: number, high: number, imageFrame: number, isSame: (other: number) => boolean): number {
    let slot = low & this.mask;
    for (;;) {
      const other = this.slots[slot] ?? 0;
      if (other === 0) break;
      if (this.lows[other] === low && this.highs[other] === high && isSame(other)) return other;
      slot = (slot + 1) & this.mask;
    }
    this.slots[slot] = imageFrame;
    this.lows[imageFrame] = low;
    this.highs[imageFrame] = high;
    return 0;
  }
}

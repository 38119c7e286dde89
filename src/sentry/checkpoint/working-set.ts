import type { PageChain } from './page-chain.ts';

/** Pages of an image in the order in which they were looked at after its last restores, so that the next one can fill them ahead. */
export class WorkingSet {
  /** Of the restore that runs now. */
  private touched: number[] = [];
  /** Of those before, the latest first. */
  private before: readonly number[] = [];

  /** Somebody has looked at a page that was not filled ahead. */
  note(imageFrame: number): void {
    this.touched.push(imageFrame);
  }

  /** A restore begins: what the one before has looked at is the order of now. */
  restart(): void {
    this.before = [...new Set([...this.touched, ...this.before])];
    this.touched = [];
  }

  /**
   * All image frames, in the order in which to fill them ahead: those looked at before, then those written last, by the image
   * of the chain that has them.
   */
  order(chain: PageChain): Uint32Array {
    const order = new Uint32Array(chain.frames());
    const isPut = new Uint8Array(order.length + 1);
    let count = 0;
    const put = (imageFrame: number): void => {
      if (isPut[imageFrame] !== 0) return;
      isPut[imageFrame] = 1;
      order[count++] = imageFrame;
    };
    this.before.forEach(put);
    const byImage: number[][] = Array.from({ length: chain.images() }, () => []);
    for (let imageFrame = 1; imageFrame <= order.length; imageFrame++) byImage[chain.ownerOf(imageFrame).image]!.push(imageFrame);
    for (const imageFrames of byImage.reverse()) imageFrames.forEach(put);
    return order;
  }
}

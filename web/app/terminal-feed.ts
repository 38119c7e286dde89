/**
 * The bytes of one terminal on their way to the element that draws them. Output may come before there is an element: it waits
 * here, at most as much as the credit of its terminal allows.
 */

/** Draws `bytes` and calls `drawn` when that is done. */
export type Draw = (bytes: Uint8Array, drawn: () => void) => void;

export class TerminalFeed {
  private readonly waiting: { bytes: Uint8Array; isGuest: boolean }[] = [];
  private draw: Draw | null = null;
  private readonly onDrawn: (countBytes: number) => void;

  /** @param onDrawn  called with the number of bytes each time some are on the screen */
  constructor(onDrawn: (countBytes: number) => void) {
    this.onDrawn = onDrawn;
  }

  /** Output of the guest. */
  push(bytes: Uint8Array): void {
    this.show(bytes, true);
  }

  /** Words of the page itself: drawn, and no credit returned for them. */
  print(bytes: Uint8Array): void {
    this.show(bytes, false);
  }

  /** Gives everything that waits, and all that comes, to `draw`; one element at a time. */
  attach(draw: Draw): void {
    this.draw = draw;
    for (const { bytes, isGuest } of this.waiting.splice(0)) this.show(bytes, isGuest);
  }

  detach(): void {
    this.draw = null;
  }

  private show(bytes: Uint8Array, isGuest: boolean): void {
    if (this.draw === null) {
      this.waiting.push({ bytes, isGuest });
      return;
    }
    const countBytes = bytes.length;
    this.draw(bytes, () => {
      if (isGuest) this.onDrawn(countBytes);
    });
  }
}

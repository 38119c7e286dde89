/**
 * The bytes of one terminal on their way to the element that draws them. Output may come before there is an element: it waits
 * here, at most as much as the credit of its terminal allows.
 */

/** Draws `bytes` and calls `drawn` when that is done. */
export type Draw = (bytes: Uint8Array, drawn: () => void) => void;

export class TerminalFeed {
  private readonly waiting: Uint8Array[] = [];
  private draw: Draw | null = null;
  private readonly onDrawn: (countBytes: number) => void;

  /** @param onDrawn  called with the number of bytes each time some are on the screen */
  constructor(onDrawn: (countBytes: number) => void) {
    this.onDrawn = onDrawn;
  }

  push(bytes: Uint8Array): void {
    if (this.draw === null) this.waiting.push(bytes);
    else this.show(this.draw, bytes);
  }

  /** Gives everything that waits, and all that comes, to `draw`; one element at a time. */
  attach(draw: Draw): void {
    this.draw = draw;
    for (const bytes of this.waiting.splice(0)) this.show(draw, bytes);
  }

  detach(): void {
    this.draw = null;
  }

  private show(draw: Draw, bytes: Uint8Array): void {
    draw(bytes, () => this.onDrawn(bytes.length));
  }
}

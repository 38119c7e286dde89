import { randomFillSync } from 'node:crypto';
import type { Entropy } from '../../ports/entropy.ts';

/** Drawn at once: guests ask for 16 bytes at each exec. */
const STOCK_BYTES = 4096;

/** The host's random numbers. */
export class NodeEntropy implements Entropy {
  private readonly stock = new Uint8Array(STOCK_BYTES);
  private used = STOCK_BYTES;

  bytes(countBytes: number): Uint8Array {
    if (countBytes > STOCK_BYTES) return randomFillSync(new Uint8Array(countBytes));
    if (this.used + countBytes > STOCK_BYTES) {
      randomFillSync(this.stock);
      this.used = 0;
    }
    this.used += countBytes;
    return this.stock.slice(this.used - countBytes, this.used);
  }
}

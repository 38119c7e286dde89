import { sha256 } from './oci/sha256.ts';
import type { ImageLibrary } from '../sentry/checkpoint/parents.ts';

/** The digest that images are named by: that of the whole file, as an OCI registry has it. */
export function imageDigest(image: Uint8Array): string {
  return `sha256:${Array.from(sha256(image), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** Checkpoint images in memory, by digest; each is there once. They are not to be changed. */
export class ImageStore implements ImageLibrary {
  private readonly images = new Map<string, { readonly image: Uint8Array; readonly parent: string | null }>();

  /**
   * Keeps an image and returns its digest.
   * @param parent  the digest of the image that it is a difference to
   * @param digest  its own, where it is known
   */
  add(image: Uint8Array, parent: string | null = null, digest: string = imageDigest(image)): string {
    if (!this.images.has(digest)) this.images.set(digest, { image, parent });
    return digest;
  }

  image(digest: string): Uint8Array | null {
    return this.images.get(digest)?.image ?? null;
  }

  /** The image with that digest and those it stands on, it first; without those that are not here. */
  chain(digest: string): string[] {
    const chain: string[] = [];
    for (let at: string | null = digest; at !== null; ) {
      const found = this.images.get(at);
      if (found === undefined) break;
      chain.push(at);
      at = found.parent;
    }
    return chain;
  }

  delete(digest: string): void {
    this.images.delete(digest);
  }

  digests(): string[] {
    return [...this.images.keys()];
  }

  /** Bytes of all images, or of those named. */
  sizeBytes(digests: Iterable<string> = this.images.keys()): number {
    let size = 0;
    for (const digest of digests) size += this.image(digest)?.length ?? 0;
    return size;
  }
}

import { sha256 } from './oci/sha256.ts';
import type { ImageLibrary } from '../sentry/checkpoint/parents.ts';

/** The digest that images are named by: that of the whole file, as an OCI registry has it. */
export function imageDigest(image: Uint8Array): string {
  return `sha256:${Array.from(sha256(image), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/** Checkpoint images in memory, by digest; each is there once. They are not to be changed. */
export class ImageStore implements ImageLibrary {
  private readonly images = new Map<string, Uint8Array>();

  /** Keeps an image and returns its digest. */
  add(image: Uint8Array): string {
    const digest = imageDigest(image);
    if (!this.images.has(digest)) this.images.set(digest, image);
    return digest;
  }

  image(digest: string): Uint8Array | null {
    return this.images.get(digest) ?? null;
  }

  delete(digest: string): void {
    this.images.delete(digest);
  }

  digests(): string[] {
    return [...this.images.keys()];
  }

  /** Bytes of all images. */
  sizeBytes(): number {
    let size = 0;
    for (const image of this.images.values()) size += image.length;
    return size;
  }
}

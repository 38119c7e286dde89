/** How much of a file or a text from elsewhere is taken in before it is refused. */
import { CHAIN_LIMIT } from '../sentry/checkpoint/page-chain.ts';
import { IMAGE_LIMIT_BYTES } from '../sentry/checkpoint/sections.ts';

export interface ExchangeLimits {
  /** Bytes of a file as it comes. */
  readonly fileBytes: number;
  /** Bytes that a file packed with gzip may unpack to. */
  readonly unpackedBytes: number;
  /** Headers in an archive, extended ones included. */
  readonly entries: number;
  /** Bytes of a name in an archive. */
  readonly nameBytes: number;
  /** Bytes of one extended header in an archive. */
  readonly extensionBytes: number;
  /** Bytes of one JSON document. */
  readonly jsonBytes: number;
  /** Lists and objects within each other in one JSON document. */
  readonly jsonDepth: number;
  /** Manifests and indexes that an archive leads to. */
  readonly manifests: number;
  /** Images that stand on each other. */
  readonly images: number;
  /** Bytes of one image. */
  readonly imageBytes: number;
  /** Characters of a checkpoint's name, and of its note. */
  readonly nameCharacters: number;
  readonly noteCharacters: number;
  /** Characters of a link's fragment: the least that current browsers take is some hundreds of thousands. */
  readonly linkCharacters: number;
  /** Bytes of the image that a link unpacks to. */
  readonly linkImageBytes: number;
}

export const DEFAULT_LIMITS: ExchangeLimits = {
  fileBytes: IMAGE_LIMIT_BYTES,
  // Images are packed already: whoever packs an archive of them once more gains little, and a larger one can be unpacked first.
  unpackedBytes: 128 << 20,
  entries: 4096,
  nameBytes: 1024,
  extensionBytes: 4 << 10,
  jsonBytes: 1 << 20,
  jsonDepth: 16,
  manifests: 64,
  images: CHAIN_LIMIT,
  imageBytes: IMAGE_LIMIT_BYTES,
  nameCharacters: 200,
  noteCharacters: 10_000,
  linkCharacters: 256 << 10,
  linkImageBytes: 16 << 20,
};

/** The files of an OCI image layout, however its tar was written. */
import type { ByteString } from '../base/bytes.ts';
import { ImageError } from '../base/errors.ts';
import { gunzip, isGzip, isZstd } from '../container/oci/gzip.ts';
import type { JsonObject } from '../container/oci/json.ts';
import { sha256Hex } from '../container/oci/sha256.ts';
import { readTar, shownName } from '../container/oci/tar.ts';
import { countIn, parseForeign, shownText, textIn } from './json.ts';
import type { ExchangeLimits } from './limits.ts';

export class Archive {
  /** What messages call it. */
  readonly place: string;
  readonly limits: ExchangeLimits;
  private readonly files: ReadonlyMap<ByteString, Uint8Array>;

  private constructor(place: string, limits: ExchangeLimits, files: ReadonlyMap<ByteString, Uint8Array>) {
    this.place = place;
    this.limits = limits;
    this.files = files;
  }

  /**
   * @param bytes  a tar file, or one packed with gzip; views of it are handed out
   * @errors       ImageError for what is no tar, is damaged, or passes a limit
   */
  static async open(bytes: Uint8Array, place: string, limits: ExchangeLimits): Promise<Archive> {
    if (bytes.length > limits.fileBytes) throw new ImageError(place, `is ${bytes.length} bytes long, at most ${limits.fileBytes} are taken`);
    if (isZstd(bytes)) throw new ImageError(place, 'is packed with zstd; unpack it first');
    const tar = isGzip(bytes) ? await gunzip(bytes, place, limits.unpackedBytes) : bytes;
    const files = new Map<ByteString, Uint8Array>();
    const { entries: headers, nameBytes, extensionBytes } = limits;
    for (const { name, type, data } of readTar(tar, place, { headers, nameBytes, extensionBytes })) {
      if (type !== 'file') continue;
      const plain = plainName(name);
      if (files.has(plain)) throw new ImageError(`${place}: entry ${shownName(name)}`, 'is there twice');
      files.set(plain, data);
    }
    return new Archive(place, limits, files);
  }

  has(name: ByteString): boolean {
    return this.files.has(name);
  }

  /** A document by its name. */
  document(name: ByteString): JsonObject {
    return parseForeign(this.file(name), `${this.place}: ${name}`, this.limits);
  }

  /** A document by its descriptor. */
  async described(descriptor: JsonObject, place: string): Promise<JsonObject> {
    return parseForeign(await this.blob(descriptor, place, this.limits.jsonBytes), place, this.limits);
  }

  /** What a descriptor describes, if its length and its digest are as it says. */
  async blob(descriptor: JsonObject, place: string, limitBytes: number): Promise<Uint8Array> {
    const digest = textIn(descriptor, 'digest', place);
    const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
    if (hex === undefined) throw new ImageError(`${place}: digest`, `${shownText(digest)} is no SHA-256`);
    const size = countIn(descriptor, 'size', place);
    if (size > limitBytes) throw new ImageError(place, `is ${size} bytes long, at most ${limitBytes} are taken`);
    const bytes = this.file(`blobs/sha256/${hex}`);
    if (bytes.length !== size) throw new ImageError(place, `is ${bytes.length} bytes long, its descriptor says ${size}`);
    const actual = await sha256Hex(bytes);
    if (actual !== hex) throw new ImageError(place, `has the digest sha256:${actual}, its descriptor says ${digest}`);
    return bytes;
  }

  private file(name: ByteString): Uint8Array {
    const bytes = this.files.get(name);
    if (bytes === undefined) throw new ImageError(this.place, `holds no ${name}`);
    return bytes;
  }
}

/** A name in the archive, without `./` before and slashes after it. */
function plainName(name: ByteString): ByteString {
  return name
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

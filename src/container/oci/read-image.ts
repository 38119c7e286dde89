/**
 * Reads an image archive: an OCI image layout in a tar file, or what `docker save` writes, for linux/riscv64.
 *
 *   tar ── index.json → manifest → config, layers        (OCI image layout)
 *       └─ manifest.json → config, layers                (docker save before it wrote OCI layouts)
 *
 * Every blob is checked against the digest that names it, and each layer's content against the configuration.
 */
import { byteStringFromText, type ByteString } from '../../base/bytes.ts';
import { ImageError } from '../../base/errors.ts';
import type { ArchiveTools } from '../../ports/archive-tools.ts';
import type { BaseTree } from '../../ports/base-tree.ts';
import { gunzip, isGzip, isZstd } from './gzip.ts';
import { ImageTree } from './image-tree.ts';
import { asArray, asObject, asOptionalString, asString, asStrings, parseArray, parseObject, type JsonObject } from './json.ts';
import { LayerTree } from './layer-tree.ts';
import { sha256Hex } from './sha256.ts';
import { readTar } from './tar.ts';

/** What an image says about the process that a container of it starts. */
export interface ImageConfig {
  readonly entrypoint: readonly ByteString[];
  readonly cmd: readonly ByteString[];
  /** `NAME=value` each. */
  readonly env: readonly ByteString[];
  /** Empty where the image names none: `/` then. */
  readonly workingDir: ByteString;
  /** `user`, `uid`, `user:group` or `uid:gid`; empty for root. */
  readonly user: ByteString;
}

/** An image: its files and its configuration. */
export interface OciImage {
  readonly tree: BaseTree;
  readonly config: ImageConfig;
}

export interface ReadImageOptions {
  /** Most bytes that the archive and its layers may unpack to, together; 2 GiB where it is not said. */
  readonly limitBytes?: number;
  /** The web's own where it is not said. */
  readonly tools?: ArchiveTools;
}

const DEFAULT_LIMIT_BYTES = 2 ** 31;
const INDEX_DEPTH_LIMIT = 4;
const LAYER_LIMIT = 512;
const OS = 'linux';
const ARCHITECTURE = 'riscv64';

/**
 * Reads the image for linux/riscv64 out of an archive, which may itself be packed with gzip.
 *
 * @param bytes    the whole archive; the tree keeps views of it, so it must not be changed afterwards
 * @param archive  what messages call it, e.g. its file name
 * @errors         ImageError naming the archive, the entry and the reason, for whatever is wrong with it
 * @source         OCI image specification 1.1; Docker image specification 1.2, "Combined Image JSON + Filesystem Changeset Format"
 */
export async function readImageArchive(bytes: Uint8Array, archive: string, options: ReadImageOptions = {}): Promise<OciImage> {
  const reader = new ArchiveReader(archive, options.limitBytes ?? DEFAULT_LIMIT_BYTES, options.tools ?? { sha256Hex, gunzip });
  await reader.open(bytes);
  const { config, configDigest, layers } = reader.has('index.json') ? await reader.ociParts() : await reader.dockerParts();
  const tree = await reader.layTree(config, layers);
  return { tree: new ImageTree(configDigest, tree.root), config: imageConfig(config, `${archive}: configuration`) };
}

interface Blob {
  readonly bytes: Uint8Array;
  readonly place: string;
}

/** What a manifest leads to: blobs whose digests are right, as far as the manifest names digests. */
interface ImageParts {
  readonly config: JsonObject;
  readonly configDigest: string;
  readonly layers: readonly Blob[];
}

class ArchiveReader {
  private readonly archive: string;
  private readonly limitBytes: number;
  private readonly tools: ArchiveTools;
  private readonly files = new Map<ByteString, Uint8Array>();
  /** Symbolic and hard links in the archive itself: docker save repeats layers that way. */
  private readonly links = new Map<ByteString, ByteString>();
  private unpackedBytes = 0;

  constructor(archive: string, limitBytes: number, tools: ArchiveTools) {
    this.archive = archive;
    this.limitBytes = limitBytes;
    this.tools = tools;
  }

  async open(bytes: Uint8Array): Promise<void> {
    const unpacked = await this.unpack({ bytes, place: this.archive });
    for (const entry of readTar(unpacked, this.archive)) {
      const name = plainName(entry.name);
      if (entry.type === 'file') this.files.set(name, entry.data);
      else if (entry.type === 'symlink') this.links.set(name, besideName(name, entry.linkName));
      else if (entry.type === 'link') this.links.set(name, plainName(entry.linkName));
    }
  }

  has(name: string): boolean {
    return this.files.has(name);
  }

  async ociParts(): Promise<ImageParts> {
    const seen: string[] = [];
    const index = parseObject(this.file('index.json'), `${this.archive}: index.json`);
    const found = await this.findManifest(index, 'index.json', 0, seen);
    if (found === null) throw this.foreignPlatform(seen);
    const { manifest, config, configDigest, place } = found;
    const layers = asArray(manifest['layers'], `${place}: layers`);
    const blobs: Blob[] = [];
    for (const [i, layer] of layers.entries()) {
      const descriptor = asObject(layer, `${place}: layers[${i}]`);
      blobs.push({ bytes: await this.blob(descriptor, `${place}: layers[${i}]`), place: `${this.archive}: layer ${i}` });
    }
    return { config, configDigest, layers: blobs };
  }

  /** The first manifest below `index` that is for our platform; the platforms of others are added to `seen`. */
  private async findManifest(
    index: JsonObject,
    name: string,
    depth: number,
    seen: string[],
  ): Promise<{ manifest: JsonObject; config: JsonObject; configDigest: string; place: string } | null> {
    const place = `${this.archive}: ${name}`;
    if (depth > INDEX_DEPTH_LIMIT) throw new ImageError(place, `is nested more than ${INDEX_DEPTH_LIMIT} deep`);
    for (const [i, item] of asArray(index['manifests'], `${place}: manifests`).entries()) {
      const descriptor = asObject(item, `${place}: manifests[${i}]`);
      if (descriptor['platform'] !== undefined) {
        const platform = platformOf(asObject(descriptor['platform'], `${place}: manifests[${i}].platform`));
        if (platform !== `${OS}/${ARCHITECTURE}`) {
          seen.push(platform);
          continue;
        }
      }
      const below = `manifests[${i}] of ${name}`;
      const document = parseObject(await this.blob(descriptor, `${place}: manifests[${i}]`), `${this.archive}: ${below}`);
      if (document['manifests'] !== undefined) {
        const found = await this.findManifest(document, below, depth + 1, seen);
        if (found !== null) return found;
        continue;
      }
      const manifestPlace = `${this.archive}: ${below}`;
      const configDescriptor = asObject(document['config'], `${manifestPlace}: config`);
      const config = parseObject(await this.blob(configDescriptor, `${manifestPlace}: config`), `${this.archive}: configuration`);
      const platform = platformOf(config);
      if (platform === `${OS}/${ARCHITECTURE}`) {
        return { manifest: document, config, configDigest: String(configDescriptor['digest']), place: manifestPlace };
      }
      seen.push(platform);
    }
    return null;
  }

  async dockerParts(): Promise<ImageParts> {
    if (!this.has('manifest.json')) {
      throw new ImageError(this.archive, 'holds neither index.json nor manifest.json, so it is no image archive');
    }
    const place = `${this.archive}: manifest.json`;
    const seen: string[] = [];
    for (const [i, item] of parseArray(this.file('manifest.json'), place).entries()) {
      const image = asObject(item, `${place}[${i}]`);
      const configBytes = this.file(byteStringFromText(asString(image['Config'], `${place}[${i}].Config`)));
      const config = parseObject(configBytes, `${this.archive}: configuration`);
      const platform = platformOf(config);
      if (platform !== `${OS}/${ARCHITECTURE}`) {
        seen.push(platform);
        continue;
      }
      const layers = asStrings(image['Layers'], `${place}[${i}].Layers`).map((name, n) => ({
        bytes: this.file(byteStringFromText(name)),
        place: `${this.archive}: layer ${n}`,
      }));
      return { config, configDigest: `sha256:${await this.tools.sha256Hex(configBytes)}`, layers };
    }
    throw this.foreignPlatform(seen);
  }

  /** Unpacks the layers and lays them over each other; each is what the configuration's diff_ids say. */
  async layTree(config: JsonObject, layers: readonly Blob[]): Promise<LayerTree> {
    const place = `${this.archive}: configuration: rootfs.diff_ids`;
    const rootfs = asObject(config['rootfs'], `${this.archive}: configuration: rootfs`);
    const diffIds = asStrings(rootfs['diff_ids'], place);
    if (diffIds.length !== layers.length) throw new ImageError(place, `names ${diffIds.length} layers, the manifest ${layers.length}`);
    if (layers.length > LAYER_LIMIT) throw new ImageError(place, `names ${layers.length} layers, the limit is ${LAYER_LIMIT}`);
    const tree = new LayerTree();
    for (const [i, layer] of layers.entries()) {
      const content = await this.unpack(layer);
      const digest = `sha256:${await this.tools.sha256Hex(content)}`;
      if (digest !== diffIds[i]) throw new ImageError(layer.place, `unpacks to ${digest}, the configuration says ${shown(diffIds[i]!)}`);
      for (const entry of readTar(content, layer.place)) tree.applyEntry(entry, i, layer.place);
    }
    return tree;
  }

  private async unpack({ bytes, place }: Blob): Promise<Uint8Array> {
    if (isZstd(bytes)) throw new ImageError(place, 'is packed with zstd; only gzip can be unpacked');
    if (!isGzip(bytes)) return bytes;
    const content = await this.tools.gunzip(bytes, place, this.limitBytes - this.unpackedBytes);
    this.unpackedBytes += content.length;
    return content;
  }

  private async blob(descriptor: JsonObject, place: string): Promise<Uint8Array> {
    const digest = asString(descriptor['digest'], `${place}: digest`);
    const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
    if (hex === undefined) throw new ImageError(place, `its digest ${shown(digest)} is no SHA-256`);
    const bytes = this.file(`blobs/sha256/${hex}`);
    if (descriptor['size'] !== bytes.length) {
      throw new ImageError(`${this.archive}: ${digest}`, `is ${bytes.length} bytes long, its descriptor says ${shown(String(descriptor['size']))}`);
    }
    const actual = await this.tools.sha256Hex(bytes);
    if (actual !== hex) throw new ImageError(`${this.archive}: ${digest}`, `its content has the digest sha256:${actual}`);
    return bytes;
  }

  private file(name: ByteString): Uint8Array {
    let at = plainName(name);
    for (let links = 0; links < 8; links++) {
      const bytes = this.files.get(at);
      if (bytes !== undefined) return bytes;
      at = this.links.get(at) ?? '';
    }
    throw new ImageError(this.archive, `holds no ${shown(name)}`);
  }

  private foreignPlatform(seen: readonly string[]): ImageError {
    const platforms = [...new Set(seen.filter((platform) => platform !== 'unknown/unknown'))].map(shown);
    const made = platforms.length === 0 ? 'holds no image' : `is made for ${platforms.join(', ')}`;
    return new ImageError(this.archive, `${made}; an image for ${OS}/${ARCHITECTURE} is needed`);
  }
}

function imageConfig(document: JsonObject, place: string): ImageConfig {
  const config = document['config'] === undefined || document['config'] === null ? {} : asObject(document['config'], `${place}: config`);
  const strings = (key: string) => asStrings(config[key], `${place}: config.${key}`).map(byteStringFromText);
  const text = (key: string) => byteStringFromText(asOptionalString(config[key], `${place}: config.${key}`));
  return {
    entrypoint: strings('Entrypoint'),
    cmd: strings('Cmd'),
    env: strings('Env'),
    workingDir: text('WorkingDir'),
    user: text('User'),
  };
}

function platformOf(document: JsonObject): string {
  return `${String(document['os'] ?? 'unknown')}/${String(document['architecture'] ?? 'unknown')}`;
}

/** A name in the archive, without `./` before and slashes after it. */
function plainName(name: ByteString): ByteString {
  return name
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

/** What a link at `name` leads to; `..` counts from its directory, and stops at the archive's root. */
function besideName(name: ByteString, target: ByteString): ByteString {
  const parts = target.startsWith('/') ? [] : name.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** Foreign text as a message may show it. */
function shown(text: string): string {
  return text.length <= 100 ? text.replace(/[^\x20-\x7e]/g, '?') : `${text.slice(0, 97).replace(/[^\x20-\x7e]/g, '?')}...`;
}

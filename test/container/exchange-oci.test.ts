/** Checkpoints as OCI image layouts: what is written, what is taken in however others have rewritten it, and what is refused. */
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { imageDigest, ImageStore } from '../../src/container/image-store.ts';
import { readTar } from '../../src/container/oci/tar.ts';
import type { TarEntry } from '../../src/container/oci/tar.ts';
import { writeTar } from '../../src/container/oci/tar-writer.ts';
import { exportOci, formatOf, importAny, importOci } from '../../src/exchange/index.ts';
import { ContainerHarness } from '../support/container-harness.ts';
import { core, refusal, SENTENCE, shellChain } from '../support/exchange-chain.ts';
import { digestOf, dockerArchive, entry, json, ociArchive, textEntry } from '../support/oci-archive.ts';

const CHECKPOINT = 'application/vnd.stasis.checkpoint.v1';
const PARENT = 'dev.stasis.checkpoint.parent';
const chain = shellChain(['x=7; ls > /tmp/list\n', 'cat /tmp/list | sort -r > /tmp/sorted\n'], 'lunch break', 'before the upgrade');
const archive = await exportOci(chain.images, chain.facts);

interface Descriptor {
  mediaType?: string;
  artifactType?: string;
  digest: string;
  size: number | string;
  annotations?: Record<string, string>;
}

/** The documents of an archive, for a test to bend. */
interface Documents {
  index: { mediaType?: string; manifests: Descriptor[] };
  manifest: { artifactType?: string; config: Descriptor; layers: Descriptor[]; annotations: Record<string, string> };
  config: Record<string, unknown>;
}

function documentIn<T>(entries: readonly TarEntry[], name: string): T {
  return JSON.parse(new TextDecoder().decode(entries.find((one) => one.name === name)!.data)) as T;
}

function documentsIn(entries: readonly TarEntry[]): Documents {
  const index = documentIn<Documents['index']>(entries, 'index.json');
  const manifest = documentIn<Documents['manifest']>(entries, blobName(index.manifests[0]!.digest));
  return { index, manifest, config: documentIn(entries, blobName(manifest.config.digest)) };
}

function blobName(digest: string): string {
  return `blobs/sha256/${digest.slice(7)}`;
}

/** The archive with its documents changed, and all digests and sizes made right again; `extra` blobs are added. */
function rewritten(change: (documents: Documents) => unknown, format: (value: unknown) => Uint8Array = json, extra: readonly Uint8Array[] = []): Uint8Array {
  const { index, manifest, config } = documentsIn(entriesOf(archive));
  change({ index, manifest, config });
  const configBytes = format(config);
  Object.assign(manifest.config, { digest: digestOf(configBytes), size: configBytes.length });
  const manifestBytes = format(manifest);
  Object.assign(index.manifests[0]!, { digest: digestOf(manifestBytes), size: manifestBytes.length });
  const blobs = [manifestBytes, configBytes, ...chain.images, ...extra].map((data) => entry(blobName(digestOf(data)), { data }));
  return writeTar([textEntry('oci-layout', '{"imageLayoutVersion":"1.0.0"}'), entry('index.json', { data: format(index) }), ...blobs]);
}

function entriesOf(bytes: Uint8Array): TarEntry[] {
  return [...readTar(bytes, 'archive')];
}

async function expectSame(bytes: Uint8Array): Promise<void> {
  const { images, facts } = await importOci(bytes);
  expect(images.map(imageDigest)).toEqual(chain.images.map(imageDigest));
  expect(facts).toEqual(chain.facts);
}

describe('exportOci', () => {
  it('writes an artifact of our own types, a layer for each image, each the parent of the next', () => {
    const entries = entriesOf(archive);
    expect(documentIn(entries, 'oci-layout')).toEqual({ imageLayoutVersion: '1.0.0' });
    const { index, manifest, config } = documentsIn(entries);
    expect(index.manifests).toMatchObject([{ artifactType: CHECKPOINT, annotations: { 'org.opencontainers.image.ref.name': 'lunch-break' } }]);
    expect(manifest).toMatchObject({
      schemaVersion: 2, mediaType: 'application/vnd.oci.image.manifest.v1+json', artifactType: CHECKPOINT,
      config: { mediaType: 'application/vnd.stasis.checkpoint.config.v1+json' },
      annotations: {
        'org.opencontainers.image.title': 'lunch break', 'org.opencontainers.image.description': 'before the upgrade',
        'org.opencontainers.image.created': new Date(chain.facts.createdMs).toISOString(), 'org.opencontainers.image.base.digest': chain.facts.baseImage,
      },
    });
    const digests = chain.images.map(imageDigest);
    expect(manifest.layers).toEqual(chain.images.map((image, i) => ({
      mediaType: 'application/vnd.stasis.checkpoint.image.v1', digest: digests[i], size: image.length,
      annotations: { 'org.opencontainers.image.title': `image-${i}.stasis`, ...(i === 0 ? {} : { [PARENT]: digests[i - 1] }) },
    })));
    expect(config).toMatchObject({
      name: 'lunch break', note: 'before the upgrade', containerId: 'c1', generation: 1, baseImage: chain.facts.baseImage, counts: { threadGroups: 1 },
    });
  });

  it('gives the same bytes for the same checkpoint', async () => {
    const counts = Object.fromEntries(Object.entries(chain.facts.counts).reverse());
    expect(Buffer.compare(await exportOci(chain.images.map((image) => image.slice()), { ...chain.facts, counts }), archive)).toBe(0);
  });

  it('refuses what it would not take in again', async () => {
    expect(await refusal(() => exportOci([], chain.facts))).toBe('export: 0 images, 1 to 64 are possible');
    expect(await refusal(() => exportOci(chain.images, { ...chain.facts, name: 'x'.repeat(201) }))).toBe('name: is 201 characters long, at most 200 are taken');
  });
});

describe('importOci', () => {
  it('gives images and facts back, and a container that goes on', async () => {
    await expectSame(archive);
    const imported = await importAny(core, archive);
    const library = new ImageStore();
    for (const image of imported.images) library.add(image);
    const restored = ContainerHarness.restore(imported.images.at(-1)!, chain.harness.clock(), { library });
    restored.init.type('echo $x; head -n 1 /tmp/sorted\n');
    restored.run(300);
    expect(restored.init.output()).toMatch(/7\r\nvar\r\n/);
  });

  it('takes entries in another order, with ./ before names, extended headers and other times', async () => {
    const entries = entriesOf(archive).reverse();
    await expectSame(writeTar(entries));
    await expectSame(writeTar(entries.map((one) => ({ ...one, name: `./${one.name}`, mtimeNs: 1_700_000_000_123_456_789n, uid: 3_000_000, mode: 0o600 }))));
    await expectSame(writeTar(entries.map((one) => ({ ...one, name: `${'./'.repeat(60)}${one.name}` }))));
  });

  it('takes JSON laid out otherwise, an index without types, and more annotations', async () => {
    const pretty = (value: unknown) => new TextEncoder().encode(`\n${JSON.stringify(value, null, 4)}\n`);
    await expectSame(rewritten(() => undefined, pretty));
    await expectSame(rewritten(({ index, manifest, config }) => {
      delete index.mediaType;
      delete index.manifests[0]!.artifactType;
      delete index.manifests[0]!.annotations;
      delete manifest.artifactType; // before OCI 1.1 the type of the configuration said what it was
      manifest.annotations['com.example.more'] = 'yes';
      config['more'] = { of: ['it'] };
    }));
  });

  it('takes names and notes without what would steer a terminal', async () => {
    const { facts } = await importOci(rewritten(({ config }) => Object.assign(config, { name: 'a\u001b[2Jb\nc\u202e', note: 'first\nsecond\u009b\ud800', containerId: 'c\u0007 👩‍🚀' })));
    expect(facts).toMatchObject({ name: 'a\ufffd[2Jb c\ufffd', note: 'first\nsecond\ufffd\ufffd', containerId: 'c\ufffd 👩‍🚀' });
  });

  it('takes an archive packed with gzip', () => expectSame(gzipSync(archive)));

  it('chooses among several checkpoints by name, and asks which one', async () => {
    const other = await exportOci(chain.images.slice(0, 1), { ...(await importAny(core, chain.images[0]!)).facts, name: 'dinner' });
    const entries = entriesOf(archive).filter(({ type }) => type === 'file');
    const others = entriesOf(other).filter(({ type, name }) => type === 'file' && !entries.some((one) => one.name === name));
    const { index } = documentsIn(entries);
    index.manifests.push(...documentsIn(entriesOf(other)).index.manifests);
    const both = writeTar([...entries.filter(({ name }) => name !== 'index.json'), entry('index.json', { data: json(index) }), ...others]);
    expect(await refusal(() => importOci(both))).toBe('archive: holds 2 checkpoints (lunch break, dinner); say which one is wanted');
    expect((await importOci(both, { name: 'dinner' })).images).toHaveLength(1);
    expect((await importOci(both, { name: 'lunch-break' })).facts.name).toBe('lunch break');
    expect(await refusal(() => importOci(both, { name: 'supper' }))).toBe('archive: holds no checkpoint named supper; it has lunch break, dinner');
  });

  it('finds the checkpoint beside container images, and in an index of an index', async () => {
    const config = json({ os: 'linux', architecture: 'riscv64' });
    const image = json({ schemaVersion: 2, config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: digestOf(config), size: config.length }, layers: [] });
    await expectSame(rewritten(({ index }) => {
      index.manifests.push({ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest: digestOf(image), size: image.length });
    }, json, [image]));
    const outer = entriesOf(archive).map((one) => {
      if (one.name !== 'index.json') return one;
      const nested = json({ manifests: [{ mediaType: 'application/vnd.oci.image.index.v1+json', digest: digestOf(one.data), size: one.data.length }] });
      return { ...one, data: nested };
    });
    const inner = entriesOf(archive).find(({ name }) => name === 'index.json')!.data;
    await expectSame(writeTar([...outer, entry(blobName(digestOf(inner)), { data: inner })]));
  });

  const refused: [string, () => Uint8Array, RegExp][] = [
    ['a parent that is another', () => rewritten(({ manifest }) => void (manifest.layers[1]!.annotations![PARENT] = `sha256:${'0'.repeat(64)}`)), /layers\[1\]: annotations: dev\.stasis\.checkpoint\.parent: is sha256:0+\S*, the layer before it is sha256:/],
    ['a first layer that has a parent', () => rewritten(({ manifest }) => manifest.layers.shift()), /layers\[0\]: .*parent: is sha256:.*, the layer before it is none$/],
    ['a layer left out', () => rewritten(({ manifest }) => manifest.layers.splice(1, 1)), /layers\[1\]: .*parent: is sha256/],
    ['layers in another order', () => rewritten(({ manifest }) => manifest.layers.reverse()), /layers\[0\]/],
    ['a layer that is there twice', () => rewritten(({ manifest }) => manifest.layers.splice(1, 0, { ...manifest.layers[0]!, annotations: { [PARENT]: manifest.layers[0]!.digest } })), /layers\[1\]: is a layer that is there before$/],
    ['no layers', () => rewritten(({ manifest }) => void (manifest.layers = [])), /layers: has 0 images, 1 to 64 are possible$/],
    ['65 layers', () => rewritten(({ manifest }) => void (manifest.layers = Array.from({ length: 65 }, () => manifest.layers[0]!))), /layers: has 65 images, 1 to 64 are possible$/],
    ['a layer of another type', () => rewritten(({ manifest }) => void (manifest.layers[0]!.mediaType = 'application/vnd.oci.image.layer.v1.tar+gzip')), /layers\[0\]: mediaType: is application\/vnd\.oci\.image\.layer\.v1\.tar\+gzip, application\/vnd\.stasis\.checkpoint\.image\.v1 is needed$/],
    ['an artifact of another type', () => rewritten(({ manifest }) => void (manifest.artifactType = 'application/vnd.stasis.checkpoint.v2')), /artifactType: is application\/vnd\.stasis\.checkpoint\.v2, .* is needed$/],
    ['a configuration of another type', () => rewritten(({ manifest }) => void (manifest.config.mediaType = 'text/plain')), /config: mediaType: is text\/plain, .* is needed$/],
    ['a size that is wrong', () => rewritten(({ manifest }) => void (manifest.layers[2]!.size = 1)), /layers\[2\]: is \d+ bytes long, its descriptor says \d+$/],
    ['a size that is no number', () => rewritten(({ manifest }) => void (manifest.layers[2]!.size = '12')), /layers\[2\]: size: is not a whole number/],
    ['a digest of another kind', () => rewritten(({ manifest }) => void (manifest.layers[0]!.digest = `sha512:${'0'.repeat(128)}`)), /is no SHA-256$/],
    ['a digest that leaves the archive', () => rewritten(({ manifest }) => void (manifest.layers[0]!.digest = 'sha256:../../../etc/passwd')), /is no SHA-256$/],
    ['a blob that is not there', () => rewritten(({ manifest }) => void (manifest.layers[0]!.digest = `sha256:${'1'.repeat(64)}`)), /^archive: holds no blobs\/sha256\/1{64}$/],
    ['an entry that is there twice', () => writeTar([...readTar(archive, 'archive'), textEntry('./index.json', '{}')]), /^archive: entry "\.\/index\.json": is there twice$/],
    ['another version of the layout', () => writeTar(entriesOf(archive).map((one) => (one.name === 'oci-layout' ? textEntry('oci-layout', '{"imageLayoutVersion":"2.0.0"}') : one))), /oci-layout: is of version 2\.0\.0, this program reads 1$/],
    ['facts without a generation', () => rewritten(({ config }) => void delete config['generation']), /config: generation: is missing$/],
    ['a name that is too long', () => rewritten(({ config }) => void (config['name'] = 'n'.repeat(201))), /config: name: is 201 characters long, at most 200 are taken$/],
  ];
  for (const [what, make, sentence] of refused) {
    it(`refuses ${what}`, async () => {
      const said = await refusal(() => importOci(make()));
      expect(said).toMatch(sentence);
      expect(said).toMatch(SENTENCE);
    });
  }

  it('refuses an archive without documents, and one that leads nowhere', async () => {
    expect(await refusal(() => importOci(writeTar([textEntry('a', 'b')])))).toBe('archive: holds no index.json, so it is no OCI image layout');
    expect(await refusal(() => importOci(writeTar([textEntry('oci-layout', '{"imageLayoutVersion":"1.0.0"}'), textEntry('index.json', '{"manifests":[]}')])))).toBe('archive: leads to no manifest');
    expect(await refusal(() => importOci(writeTar([textEntry('index.json', '{}')])))).toBe('archive: holds no oci-layout, so it is no OCI image layout');
  });
});

describe('importAny', () => {
  it('checks the images themselves, and what is said of them', async () => {
    const damaged = chain.images[1]!.slice();
    damaged[200]! ^= 1;
    const [first, , last] = chain.images as [Uint8Array, Uint8Array, Uint8Array];
    expect(await refusal(async () => importAny(core, await exportOci([first, damaged, last], chain.facts)))).toMatch(/^image 1: section [\w-]+: /);
    expect(await refusal(async () => importAny(core, await exportOci([first, last], chain.facts)))).toMatch(/^image 1: parent: the image is a difference to sha256:\w+, the one before it is sha256:\w+$/);
    expect(await refusal(async () => importAny(core, await exportOci([last], chain.facts)))).toMatch(/^parent: the image is a difference to sha256:\w+, which is not with it$/);
    expect(await refusal(async () => importAny(core, await exportOci(chain.images, { ...chain.facts, generation: 9 })))).toBe('config: generation: is 9, the image says 1');
  });

  it('takes a plain image, and says what it is', async () => {
    const { format, images, facts } = await importAny(core, chain.full);
    expect({ format, count: images.length, facts }).toEqual({ format: 'image', count: 1, facts: { ...chain.facts, name: '', note: '', counts: facts.counts } });
    expect(await refusal(() => importAny(core, chain.images[1]!))).toMatch(/^parent: the image is a difference to sha256:\w+, which is not with it$/);
  });

  it('tells container images, and files that are something else, from checkpoints', async () => {
    const layer = [entry('etc/', { type: 'directory' }), textEntry('etc/hostname', 'x')];
    for (const image of [ociArchive([layer]), dockerArchive([layer]), gzipSync(dockerArchive([layer]))]) {
      expect(await refusal(() => importAny(core, image, { place: 'busybox.tar' }))).toBe('busybox.tar: is a container image and no checkpoint: a container can be created from it, nothing can be restored');
      expect(await formatOf(image)).toBe('containerImage');
    }
    expect(await refusal(() => importAny(core, new TextEncoder().encode('hello'), { place: 'a.txt' }))).toBe('a.txt: is neither a checkpoint image, nor an archive with one, nor a link');
    expect(await formatOf(archive)).toBe('oci');
    expect(await formatOf(gzipSync(archive))).toBe('oci');
    expect(await formatOf(chain.full)).toBe('image');
    for (const other of [new Uint8Array(0), new TextEncoder().encode('hello'), writeTar([textEntry('a', 'b')]), archive.subarray(0, 700), gzipSync('x')]) expect(await formatOf(other)).toBe('unknown');
  });
});

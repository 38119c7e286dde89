/** Exported checkpoints in the hands of skopeo, which knows nothing of them: it reads and copies them, and what it makes of them is taken in. */
import { afterAll, describe, expect, it } from 'vitest';
import { imageDigest, ImageStore } from '../../src/container/image-store.ts';
import { exportOci, importAny } from '../../src/exchange/index.ts';
import { ContainerHarness } from '../support/container-harness.ts';
import { core, shellChain } from '../support/exchange-chain.ts';
import { digestOf } from '../support/oci-archive.ts';
import { hasSkopeo, SkopeoDirectory } from '../support/skopeo.ts';

describe.skipIf(!hasSkopeo)('an exported checkpoint', () => {
  const chain = shellChain(['x=7\n', 'echo note > /tmp/note\n'], 'lunch');
  const directory = new SkopeoDirectory();
  afterAll(() => directory.remove());

  it('is read, copied and packed again by skopeo, and restores to the same container', async () => {
    const archive = await exportOci(chain.images, chain.facts);
    directory.write('a.tar', archive);
    const raw = directory.skopeo('inspect', '--raw', 'oci-archive:a.tar:lunch');
    const manifest = JSON.parse(raw) as { artifactType: string; layers: { digest: string; size: number }[] };
    expect(manifest.artifactType).toBe('application/vnd.stasis.checkpoint.v1');
    expect(manifest.layers.map(({ digest, size }) => ({ digest, size }))).toEqual(chain.images.map((image) => ({ digest: imageDigest(image), size: image.length })));
    directory.write('manifest.json', new TextEncoder().encode(raw));
    expect(directory.skopeo('manifest-digest', 'manifest.json').trim()).toBe(digestOf(new TextEncoder().encode(raw)));
    const config = JSON.parse(directory.skopeo('inspect', '--config', '--raw', 'oci-archive:a.tar:lunch')) as unknown;
    expect(config).toMatchObject({ name: 'lunch', containerId: 'c1', generation: 1 });

    const copy = ['copy', '--insecure-policy', '--quiet'];
    directory.skopeo(...copy, 'oci-archive:a.tar:lunch', 'oci:layout:lunch');
    directory.skopeo(...copy, 'oci:layout:lunch', 'oci-archive:b.tar:lunch');
    directory.skopeo(...copy, 'oci-archive:a.tar', 'oci-archive:c.tar');
    directory.run('tar', '-C', 'layout', '-cf', 'd.tar', '.');
    directory.run('tar', '--format=pax', '--sort=name', '-C', 'layout', '-czf', 'e.tar.gz', '.');
    for (const name of ['b.tar', 'c.tar', 'd.tar', 'e.tar.gz']) {
      const imported = await importAny(core, directory.read(name), { place: name });
      expect(imported.digests, name).toEqual(chain.images.map(imageDigest));
      expect(imported.images.map(imageDigest), name).toEqual(imported.digests);
      expect(imported.facts, name).toEqual(chain.facts);
    }

    const imported = await importAny(core, directory.read('b.tar'));
    const library = new ImageStore();
    for (const image of imported.images) library.add(image);
    const restored = ContainerHarness.restore(imported.images.at(-1)!, chain.harness.clock(), { library, policy: 'gvisor' });
    const here = ContainerHarness.restore(chain.images.at(-1)!, chain.harness.clock(), { library: chain.store, policy: 'gvisor' });
    expect(Buffer.compare(restored.image(), here.image())).toBe(0);
    restored.init.type('echo $x $(cat /tmp/note)\n');
    restored.run(300);
    expect(restored.init.output()).toContain('7 note\r\n');
  });

  it('is told from a container image by skopeo, so that nobody runs it as one', async () => {
    directory.write('image.tar', await exportOci(chain.images, chain.facts));
    expect(directory.complaint('inspect', 'oci-archive:image.tar')).toContain('artifact with type \\"application/vnd.stasis.checkpoint.config.v1+json\\"');
  });

  it('with another digest is refused by skopeo as well', async () => {
    const archive = await exportOci(chain.images, chain.facts);
    archive[archive.length - 1024 - 512 - 100]! ^= 1; // in the last image: before the end mark, and padding that may be there
    directory.write('bad.tar', archive);
    expect(directory.complaint('copy', '--insecure-policy', 'oci-archive:bad.tar', 'oci:bad')).toMatch(/did not match expected digest|Digest did not match/);
    await expect(importAny(core, archive)).rejects.toThrow(/has the digest sha256:\w+, its descriptor says sha256:\w+$/);
  });
});

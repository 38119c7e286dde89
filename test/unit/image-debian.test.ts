import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mirrorsInLines, mirrorsInStanzas } from '../../scripts/support/debian-apt.mjs';
import { MirrorSource } from '../../scripts/support/debian-mirror.mjs';
import { obtainPackages, pinsInIndex } from '../../scripts/support/debian.mjs';
import { programPath } from '../../scripts/support/tools.mjs';

const RELEASE = { codename: 'trixie', suites: ['trixie', 'stable'], component: 'main', architecture: 'riscv64' };
const DEB = Buffer.from('a package');
const PIN = { version: '1.0-1', sha256: sha256(DEB), sizeBytes: DEB.length, path: 'pool/p.deb' };

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'debian-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('mirrors in apt’s configuration', () => {
  it('are read from deb822 stanzas, without those of other archives', () => {
    const text = [
      'Types: deb\n# a comment\nURIs: http://one.example/debian/ \nSuites: bookworm bookworm-updates\nComponents: main\nSigned-By: /usr/share/keyrings/k.gpg',
      'Types: deb\nURIs: http://security.example/\nSuites: bookworm-security\nComponents: main',
      'Types: deb\nURIs: http://node.example/\nSuites: nodistro\nComponents: main',
      'Enabled: no\nTypes: deb\nURIs: http://off.example/\nSuites: trixie\nComponents: main',
      'Types: deb deb-src\nURIs: http://two.example/debian http://three.example/debian\nSuites: trixie\nComponents: main contrib\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----',
    ].join('\n\n');
    expect(mirrorsInStanzas(text)).toEqual([
      { uri: 'http://one.example/debian', keyring: '/usr/share/keyrings/k.gpg' },
      { uri: 'http://two.example/debian', keyring: null },
      { uri: 'http://three.example/debian', keyring: null },
    ]);
  });

  it('are read from lines', () => {
    const text = [
      '# deb http://commented.example/debian trixie main',
      'deb [arch=amd64 signed-by=/k.gpg] http://one.example/debian trixie main contrib # note',
      'deb http://other.example stable-pve main',
      'deb-src http://source.example/debian trixie main',
    ].join('\n');
    expect(mirrorsInLines(text)).toEqual([{ uri: 'http://one.example/debian', keyring: '/k.gpg' }]);
  });
});

describe('pinsInIndex', () => {
  it('takes a stanza whole, and only of the very name', () => {
    const stanza = (name: string, version: string) => `Package: ${name}\nVersion: ${version}\nFilename: pool/${name}.deb\nSize: 5\nSHA256: ${version}00\n`;
    const index = `${stanza('a-static', '1')}\n${stanza('a', '2')}\n${stanza('b', '3')}`;
    expect(pinsInIndex(index, ['a', 'c', 'b'])).toEqual({
      a: { version: '2', sha256: '200', sizeBytes: 5, path: 'pool/a.deb' },
      b: { version: '3', sha256: '300', sizeBytes: 5, path: 'pool/b.deb' },
    });
  });
});

describe('obtainPackages', () => {
  const sourceOf = (content: Buffer, candidates = {}) => ({
    candidates: async () => candidates,
    download: async (_pin: unknown, _name: string, file: string) => writeFileSync(file, content),
  });

  it('downloads a package once, and then takes it from the cache', async () => {
    const cache = join(folder, 'once');
    const first = await obtainPackages(RELEASE, { p: PIN }, { source: sourceOf(DEB), cache });
    expect(first.get('p')).toEqual(DEB);
    const broken = { candidates: () => Promise.reject(new Error('asked')), download: () => Promise.reject(new Error('asked')) };
    expect((await obtainPackages(RELEASE, { p: PIN }, { source: broken, cache })).get('p')).toEqual(DEB);
  });

  it('refuses a package with another SHA-256', async () => {
    const source = sourceOf(Buffer.from('something else'));
    await expect(obtainPackages(RELEASE, { p: PIN }, { source, cache: join(folder, 'other') })).rejects.toThrow(
      /^p 1\.0-1 \(riscv64\) cannot be had: it arrived with another SHA-256; if the mirror has a newer version, `npm run image:update` takes that$/,
    );
  });

  it('says once that the mirror has a newer version, and uses the pinned one', async () => {
    const said: string[] = [];
    const source = sourceOf(DEB, { p: { ...PIN, version: '1.0-2' } });
    const packages = await obtainPackages(RELEASE, { p: PIN }, { source, cache: join(folder, 'newer'), say: (text) => said.push(text) });
    expect(packages.get('p')).toEqual(DEB);
    expect(said).toEqual(['p is pinned to 1.0-1 and the mirror has 1.0-2: `npm run image:update` takes that']);
  });

  it('goes by the pin where there is no index to trust, and says so', async () => {
    const said: string[] = [];
    const source = { ...sourceOf(DEB), candidates: () => Promise.reject(new Error('no index')) };
    await obtainPackages(RELEASE, { p: PIN }, { source, cache: join(folder, 'none'), say: (text) => said.push(text) });
    expect(said).toEqual(['no index; going by the SHA-256 in images/lock.json']);
  });
});

const hasTools = ['gpg', 'gpg-agent', 'gpgv', 'xz'].every((name) => programPath(name) !== null);

describe.skipIf(!hasTools)('a mirror without apt', () => {
  const files = new Map<string, Buffer>();
  let server: Server;
  let source: MirrorSource;

  beforeAll(async () => {
    const gpg = ['--homedir', folder, '--batch', '--passphrase', '', '--pinentry-mode', 'loopback'];
    const run = (program: string, args: string[], input: string | Buffer = '') => {
      const result = spawnSync(program, args, { input });
      if (result.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${result.stderr}`);
      return result.stdout;
    };
    run('gpg', [...gpg, '--quick-generate-key', 'test@example', 'ed25519', 'sign']);
    const keyring = join(folder, 'keyring.gpg');
    writeFileSync(keyring, run('gpg', [...gpg, '--export']));

    const index = run('xz', ['-c'], `Package: p\nVersion: 1.0-2\nFilename: pool/p.deb\nSize: 9\nSHA256: ${PIN.sha256}\n`);
    const release = (codename: string, sum: string) =>
      run('gpg', [...gpg, '--clearsign'], `Codename: ${codename}\nMD5Sum:\nSHA256:\n ${sum} 100 main/binary-riscv64/Packages.xz\n`);
    files.set('/dists/stable/InRelease', release('trixie', sha256(index)));
    files.set('/dists/stable/main/binary-riscv64/Packages.xz', index);
    files.set('/dists/old/InRelease', release('bookworm', sha256(index)));
    files.set('/dists/amid/InRelease', release('trixie', '0'.repeat(64)));
    files.set('/dists/amid/main/binary-riscv64/Packages.xz', index);
    files.set('/dists/forged/InRelease', Buffer.from(files.get('/dists/stable/InRelease')!.toString().replace('trixie', 'trixiE')));
    files.set('/dists/unsigned/InRelease', Buffer.from('Codename: trixie\n'));
    files.set('/pool/p.deb', DEB);
    server = createServer((request, response) => {
      const file = files.get(request.url ?? '');
      response.writeHead(file === undefined ? 404 : 200).end(file);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    source = sourceFor(['trixie', 'stable'], keyring);
  });
  afterAll(() => {
    server.close();
    spawnSync('gpgconf', ['--homedir', folder, '--kill', 'gpg-agent']);
  });

  function sourceFor(suites: string[], keyring = join(folder, 'keyring.gpg')): MirrorSource {
    return new MirrorSource(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, { ...RELEASE, suites }, keyring);
  }

  it('is believed when its signed index names the package', async () => {
    expect(await source.candidates(['p'])).toEqual({ p: { version: '1.0-2', sha256: PIN.sha256, sizeBytes: 9, path: 'pool/p.deb' } });
    expect((await obtainPackages(RELEASE, { p: PIN }, { source, cache: join(folder, 'mirror'), say: () => {} })).get('p')).toEqual(DEB);
  });

  it.each([
    ['forged', 'the signature of InRelease is not good'],
    ['unsigned', 'the signature of InRelease is not good'],
    ['old', 'it is bookworm'],
    ['amid', 'main/binary-riscv64/Packages.xz is not the one that InRelease names (a mirror amid an update)'],
    ['missing', 'answered 404'],
  ])('is not believed when its index is %s', async (suite, reason) => {
    await expect(sourceFor([suite]).candidates(['p'])).rejects.toThrow(reason);
  });
});

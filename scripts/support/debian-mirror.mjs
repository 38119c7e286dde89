// @ts-check
/** The archive straight from a mirror: the index' signature is checked with gpgv, and packages by their SHA-256. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { messageOf, pinsInIndex } from './debian.mjs';
import { unxz } from './deb.mjs';

/** @typedef {import('./debian.mjs').Pin} Pin */
/** @typedef {import('./debian.mjs').Release} Release */

const KEYRINGS = [
  process.env['STASIS_DEBIAN_KEYRING'] ?? '',
  '/usr/share/keyrings/debian-archive-keyring.gpg',
  '/usr/share/keyrings/debian-archive-keyring.pgp',
  '/etc/apt/trusted.gpg.d/debian-archive-keyring.gpg',
];

export class MirrorSource {
  /** @param {string} uri  no slash at its end @param {Release} release @param {string | undefined} [keyring] */
  constructor(uri, release, keyring = KEYRINGS.find((path) => path !== '' && existsSync(path))) {
    this.uri = uri;
    this.release = release;
    this.keyring = keyring;
  }

  /** @param {readonly string[]} names @returns {Promise<Record<string, Pin>>} */
  async candidates(names) {
    const problems = [];
    for (const suite of this.release.suites) {
      try {
        return pinsInIndex(await this.index(suite), names);
      } catch (error) {
        problems.push(`${suite}: ${messageOf(error)}`);
      }
    }
    throw new Error(`the mirror has no index of ${this.release.codename} for ${this.release.architecture} that can be trusted (${problems.join('; ')})`);
  }

  /** @param {Pin} pin @param {string} _name @param {string} file */
  async download(pin, _name, file) {
    writeFileSync(file, await get(`${this.uri}/${pin.path}`));
  }

  /** The Packages index of a suite, as the signed InRelease has it. @param {string} suite */
  async index(suite) {
    const base = `${this.uri}/dists/${suite}`;
    const release = signedText(await get(`${base}/InRelease`), this.keyring);
    const codename = /^Codename: (.*)$/m.exec(release)?.[1];
    if (codename !== this.release.codename) throw new Error(`it is ${codename ?? 'not named'}`);
    const path = `${this.release.component}/binary-${this.release.architecture}/Packages.xz`;
    const sums = release.slice(release.indexOf('\nSHA256:'));
    const sha256 = new RegExp(`^ ([0-9a-f]{64}) +[0-9]+ ${path}$`, 'm').exec(sums)?.[1];
    if (sha256 === undefined) throw new Error(`InRelease does not list ${path}`);
    const packed = await get(`${base}/${path}`);
    if (createHash('sha256').update(packed).digest('hex') !== sha256) {
      throw new Error(`${path} is not the one that InRelease names (a mirror amid an update)`);
    }
    return (await unxz(packed)).toString('utf8');
  }
}

/**
 * The text inside a clear-signed message, after its signature was found good.
 *
 * @param {Buffer} message
 * @param {string | undefined} keyring  path of the keys that may have signed it
 */
function signedText(message, keyring) {
  if (keyring === undefined) throw new Error('no keyring of Debian is here to check signatures with; STASIS_DEBIAN_KEYRING can name one');
  const run = spawnSync('gpgv', ['--status-fd', '2', '--keyring', keyring, '--output', '-'], { input: message, maxBuffer: 1 << 26 });
  if (run.error !== undefined) throw new Error('gpgv is not installed, so no signature can be checked');
  // Signed by several keys: one that the keyring does not hold yet makes gpgv fail although another is good.
  const status = String(run.stderr);
  const isGood = /^\[GNUPG:\] GOODSIG /m.test(status) && !/^\[GNUPG:\] (BADSIG|BADARMOR|NODATA) /m.test(status);
  if (!isGood || run.stdout.length === 0) throw new Error('the signature of InRelease is not good');
  return run.stdout.toString('utf8');
}

/** @param {string} address */
async function get(address) {
  let response;
  try {
    response = await fetch(address);
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    throw new Error(`${address} did not answer (${messageOf(cause ?? error)})`);
  }
  if (!response.ok) throw new Error(`${address} answered ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

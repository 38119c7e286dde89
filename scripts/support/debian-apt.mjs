// @ts-check
/** The archive by way of the machine's own apt, with directories of its own: nothing of the machine's is changed. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pinsInIndex } from './debian.mjs';
import { rootPath } from './paths.mjs';

/** @typedef {import('./debian.mjs').Pin} Pin */
/** @typedef {import('./debian.mjs').Release} Release */

const DEBIAN_SUITES = /^(bullseye|bookworm|trixie|forky|duke|oldoldstable|oldstable|stable|testing|unstable|sid)\/?$/;
const DEFAULT_KEYRINGS = ['/usr/share/keyrings/debian-archive-keyring.gpg', '/usr/share/keyrings/debian-archive-keyring.pgp'];
const APT_HELPER = '/usr/lib/apt/apt-helper';

/** A mirror of Debian as apt's configuration names it. @typedef {{ uri: string, keyring: string | null }} Mirror */

export class AptSource {
  /** @param {Mirror} mirror @param {string} keyring @param {Release} release */
  constructor(mirror, keyring, release) {
    this.mirror = mirror;
    this.keyring = keyring;
    this.release = release;
    this.directory = rootPath(`.cache/debian/apt-${release.codename}-${release.architecture}`);
  }

  /**
   * The machine's apt, or null where there is none, or none that is set up for Debian.
   *
   * @param {Release} release
   */
  static find(release) {
    if (spawnSync('apt-get', ['--version']).status !== 0) return null;
    const mirror = configuredMirrors()[0];
    if (mirror === undefined) return null;
    const keyring = [mirror.keyring, ...DEFAULT_KEYRINGS].find((path) => path !== null && existsSync(path));
    return keyring ? new AptSource(mirror, keyring, release) : null;
  }

  /**
   * Brings the index, its signature checked by apt, and looks names up in it.
   *
   * @param {readonly string[]} names
   * @returns {Promise<Record<string, Pin>>}
   */
  async candidates(names) {
    const problems = [];
    for (const suite of this.release.suites) {
      const problem = this.update(suite) ?? this.wrongCodename();
      if (problem === null) return this.lookUp(names);
      problems.push(`${suite}: ${problem}`);
    }
    throw new Error(`apt has no index of ${this.release.codename} for ${this.release.architecture} (${problems.join('; ')})`);
  }

  /** @param {Pin} pin @param {string} _name @param {string} file */
  async download(pin, _name, file) {
    this.configure(this.release.suites[0] ?? this.release.codename);
    const run = this.run(APT_HELPER, ['download-file', `${this.mirror.uri}/${pin.path}`, file, `SHA256:${pin.sha256}`]);
    if (run.status !== 0) throw new Error(firstProblem(run.stdout + run.stderr));
  }

  /** @param {string} suite @returns {string | null} what went wrong, in apt's words */
  update(suite) {
    this.configure(suite);
    const run = this.run('apt-get', ['update', '--error-on=any']);
    return run.status === 0 ? null : firstProblem(run.stdout + run.stderr);
  }

  /** `stable` is the release that was asked for only until the next one comes out. @returns {string | null} */
  wrongCodename() {
    const lists = join(this.directory, 'lists');
    const release = readdirSync(lists).find((name) => name.endsWith('InRelease') || name.endsWith('_Release'));
    const codename = release && /^Codename: (.*)$/m.exec(readFileSync(join(lists, release), 'utf8'))?.[1];
    return codename === this.release.codename ? null : `it is ${codename ?? 'not named'}`;
  }

  /** @param {readonly string[]} names */
  lookUp(names) {
    const run = this.run('apt-cache', ['show', '--no-all-versions', ...names]);
    return pinsInIndex(`${run.stdout}\n\n`, names);
  }

  /** @param {string} suite */
  configure(suite) {
    rmSync(join(this.directory, 'lists'), { recursive: true, force: true });
    for (const name of ['lists/partial', 'cache/archives/partial', 'etc/preferences.d', 'etc/apt.conf.d']) {
      mkdirSync(join(this.directory, name), { recursive: true });
    }
    writeFileSync(join(this.directory, 'status'), '');
    const options = `arch=${this.release.architecture} signed-by=${this.keyring}`;
    writeFileSync(join(this.directory, 'sources.list'), `deb [${options}] ${this.mirror.uri} ${suite} ${this.release.component}\n`);
    writeFileSync(join(this.directory, 'apt.conf'), aptConfiguration(this.directory, this.release.architecture));
  }

  /** @param {string} command @param {string[]} args */
  run(command, args) {
    return spawnSync(command, args, {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
      env: { ...process.env, APT_CONFIG: join(this.directory, 'apt.conf'), LC_ALL: 'C' },
    });
  }
}

/** Read after the machine's own apt.conf.d, so that proxies set there hold. @param {string} directory @param {string} architecture */
function aptConfiguration(directory, architecture) {
  return [
    `Dir::State "${directory}";`,
    `Dir::State::lists "${directory}/lists";`,
    `Dir::State::status "${directory}/status";`,
    `Dir::Cache "${directory}/cache";`,
    `Dir::Etc::sourcelist "${directory}/sources.list";`,
    'Dir::Etc::sourceparts "-";',
    `Dir::Etc::preferencesparts "${directory}/etc/preferences.d";`,
    'Dir::Etc::preferences "-";',
    `APT::Architecture "${architecture}";`,
    `APT::Architectures { "${architecture}"; };`,
    'APT::Sandbox::User "";', // the directories are the caller's, and may be closed to others
    'APT::Update::Post-Invoke-Success "";',
    '#clear APT::Update::Post-Invoke-Success;',
    '#clear APT::Update::Post-Invoke;',
    '#clear DPkg::Post-Invoke;',
    'Acquire::Languages "none";',
    'Acquire::Retries "2";',
    '',
  ].join('\n');
}

/** Mirrors of Debian's main archive in the machine's sources, in apt's order. @returns {Mirror[]} */
function configuredMirrors() {
  const directory = '/etc/apt';
  const parts = existsSync(`${directory}/sources.list.d`) ? readdirSync(`${directory}/sources.list.d`).sort() : [];
  const paths = [`${directory}/sources.list`, ...parts.map((name) => `${directory}/sources.list.d/${name}`)];
  const mirrors = [];
  for (const path of paths) {
    if (!existsSync(path)) continue;
    const text = readFileSync(path, 'utf8');
    if (path.endsWith('.sources')) mirrors.push(...mirrorsInStanzas(text));
    else if (path.endsWith('.list')) mirrors.push(...mirrorsInLines(text));
  }
  return mirrors;
}

/** @param {string} text  deb822 stanzas, sources.list(5) @returns {Mirror[]} */
export function mirrorsInStanzas(text) {
  const mirrors = [];
  for (const stanza of text.replace(/^#.*\n/gm, '').split(/\n\s*\n/)) {
    /** @param {string} key */
    const words = (key) => (new RegExp(`^${key}:(.*(?:\n[ \t].*)*)`, 'mi').exec(stanza)?.[1] ?? '').trim().split(/\s+/);
    if (words('Enabled')[0] === 'no' || !words('Types').includes('deb') || !words('Components').includes('main')) continue;
    if (!words('Suites').some((suite) => DEBIAN_SUITES.test(suite))) continue;
    const keyring = words('Signed-By')[0] ?? '';
    for (const uri of words('URIs')) mirrors.push({ uri: uri.replace(/\/+$/, ''), keyring: keyring.startsWith('/') ? keyring : null });
  }
  return mirrors;
}

/** @param {string} text  one-line entries, sources.list(5) @returns {Mirror[]} */
export function mirrorsInLines(text) {
  const mirrors = [];
  for (const line of text.split('\n')) {
    const parts = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]*)/.exec(line);
    if (parts === null || !DEBIAN_SUITES.test(parts[3] ?? '') || !(parts[4] ?? '').split(/\s+/).includes('main')) continue;
    const keyring = /signed-by=(\/\S+)/i.exec(parts[1] ?? '')?.[1] ?? null;
    mirrors.push({ uri: (parts[2] ?? '').replace(/\/+$/, ''), keyring });
  }
  return mirrors;
}

/** @param {string} output  of apt */
function firstProblem(output) {
  const line = output.split('\n').find((text) => /^(E|W|Err):/.test(text)) ?? output.trim().split('\n').pop() ?? '';
  return line.replace(/^(E|W):\s*/, '').replace(/\s+/g, ' ').trim() || 'apt failed without a word';
}

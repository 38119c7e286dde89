// @ts-check
/**
 * `npm run guest:record [-- NAME…]`: writes what Linux prints for the guest programs, `test/guest/transcripts/NAME.txt`, and for each mode
 * of the programs of situations, `test/checkpoint/states/transcripts/NAME.MODE.txt`: those are told at once to go on from their point.
 *
 * The oracle is qemu-riscv64-static running the very file that the tests run. A program with `// oracle: host` in its first
 * lines is about something that qemu's user mode does otherwise than a kernel; it is compiled for this machine and run by its own
 * kernel. Both are run where they can be, and a program on which they differ without a word about it is named. To be run by root.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { buildGuestPrograms } from './build-guest.mjs';
import { rootPath } from './support/paths.mjs';

const TIME_LIMIT_MS = 60_000;
/** Where the C library of the cross compiler lies. */
const LIBRARIES = '/usr/riscv64-linux-gnu';
const HOST_OPTIONS = ['-static', '-O2', '-Wall', '-pthread'];

const { sentence } = buildGuestPrograms();
if (sentence !== null) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}
/** A program to be run. @typedef {{ name: string, source: string, head: string, args: readonly string[], transcript: string }} Item */

const names = process.argv.slice(2);
mkdirSync(rootPath('build/guest-host'), { recursive: true });
const programs = itemsIn('test/guest/programs', 'test/guest/transcripts', () => ['']);
const situations = itemsIn('test/checkpoint/programs', 'test/checkpoint/states/transcripts', (head) => /^\/\/ modes: (.*)$/m.exec(head)?.[1]?.split(' ') ?? []);
for (const item of [...programs, ...situations]) if (names.length === 0 || names.includes(item.name)) record(item);

/** The programs of a folder in each of their modes. @param {string} folder @param {string} transcripts @param {(head: string) => string[]} modesOf @returns {Item[]} */
function itemsIn(folder, transcripts, modesOf) {
  mkdirSync(rootPath(transcripts), { recursive: true });
  const all = readdirSync(rootPath(folder)).filter((file) => file.endsWith('.c')).map((file) => file.slice(0, -2)).sort();
  return all.flatMap((name) => {
    const source = rootPath(`${folder}/${name}.c`);
    const head = readFileSync(source, 'utf8').slice(0, 1000);
    return modesOf(head).map((mode) => ({
      name, source, head, args: mode === '' ? [] : [mode], transcript: rootPath(`${transcripts}/${[name, mode].filter((part) => part !== '').join('.')}.txt`),
    }));
  });
}

/** @param {Item} item */
function record({ name, source, head, args, transcript: path }) {
  if (/^\/\/ oracle: none/m.test(head)) return; // the transcript was written by hand, the program says why
  const isHost = /^\/\/ oracle: host/m.test(head);
  const isRiscvOnly = /^\/\/ oracle: qemu, riscv64 only/m.test(head);
  const fromQemu = isHost ? null : run(['qemu-riscv64-static', rootPath(`build/guest/${name}`), ...args]);
  const fromHost = isRiscvOnly ? null : run([compileForHost(name, source, head), ...args]);
  const transcript = isHost ? fromHost : fromQemu;
  const title = [name, ...args].join(' ');
  if (transcript === null) throw new Error(`${title}: no oracle`);
  if (fromQemu !== null && fromHost !== null && fromQemu !== fromHost) {
    process.stdout.write(`${title}: qemu and the host differ\n--- qemu\n${fromQemu}--- host\n${fromHost}`);
  }
  const isNew = !existsSync(path) || readFileSync(path, 'latin1') !== transcript;
  if (isNew) process.stdout.write(`${title}: recorded, ${transcript.split('\n').length - 1} lines, ${transcript.trimEnd().split('\n').at(-1)}\n`);
  writeFileSync(path, transcript, 'latin1');
}

/** @param {string} name @param {string} source @param {string} head */
function compileForHost(name, source, head) {
  const output = rootPath(`build/guest-host/${name}`);
  const more = /^\/\/ cflags: (.*)$/m.exec(head)?.[1]?.trim().split(/\s+/) ?? [];
  const options = more.includes('-dynamic') ? HOST_OPTIONS.filter((option) => option !== '-static') : HOST_OPTIONS;
  const compiled = spawnSync('gcc', [...options, ...more, '-o', output, source, '-lm'], { encoding: 'utf8' });
  if (compiled.status !== 0) throw new Error(`${name}.c does not compile for this machine:\n${compiled.stderr}`);
  return output;
}

/** Runs a command in an empty directory, both its outputs in one pipe. @param {string[]} command */
function run(command) {
  const cwd = mkdtempSync(`${tmpdir()}/guest-`);
  chmodSync(cwd, 0o755);
  /** @type {import('node:child_process').SpawnSyncOptionsWithStringEncoding & { detached: boolean }} */
  const options = {
    cwd,
    env: { PATH: '/usr/bin:/bin', QEMU_LD_PREFIX: LIBRARIES },
    input: 'go\n', // what programs of situations wait for
    stdio: ['pipe', 'pipe', 'inherit'],
    encoding: 'latin1',
    timeout: TIME_LIMIT_MS,
    killSignal: 'SIGKILL',
    detached: true, // a session of its own; Node's types do not list it for spawnSync
  };
  const ran = spawnSync('/bin/sh', ['-c', 'umask 022; exec "$@" 2>&1', 'sh', ...command], options);
  rmSync(cwd, { recursive: true, force: true });
  const end = ran.signal === null ? `[exit ${ran.status}]` : `[signal ${constants.signals[ran.signal]}]`;
  return `${ran.stdout}${end}\n`;
}

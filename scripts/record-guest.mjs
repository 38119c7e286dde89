// @ts-check
/**
 * `npm run guest:record [-- NAME…]`: writes what Linux prints for the guest programs, `test/guest/transcripts/NAME.txt`.
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
const all = readdirSync(rootPath('test/guest/programs')).filter((file) => file.endsWith('.c')).map((file) => file.slice(0, -2)).sort();
const names = process.argv.length > 2 ? process.argv.slice(2) : all;
mkdirSync(rootPath('test/guest/transcripts'), { recursive: true });
mkdirSync(rootPath('build/guest-host'), { recursive: true });
for (const name of names) record(name);

/** @param {string} name */
function record(name) {
  const source = rootPath(`test/guest/programs/${name}.c`);
  const head = readFileSync(source, 'utf8').slice(0, 1000);
  if (/^\/\/ oracle: none/m.test(head)) return; // the transcript was written by hand, the program says why
  const isHost = /^\/\/ oracle: host/m.test(head);
  const isRiscvOnly = /^\/\/ oracle: qemu, riscv64 only/m.test(head);
  const fromQemu = isHost ? null : run(['qemu-riscv64-static', rootPath(`build/guest/${name}`)]);
  const fromHost = isRiscvOnly ? null : run([compileForHost(name, source, head)]);
  const transcript = isHost ? fromHost : fromQemu;
  if (transcript === null) throw new Error(`${name}: no oracle`);
  if (fromQemu !== null && fromHost !== null && fromQemu !== fromHost) {
    process.stdout.write(`${name}: qemu and the host differ\n--- qemu\n${fromQemu}--- host\n${fromHost}`);
  }
  const path = rootPath(`test/guest/transcripts/${name}.txt`);
  const isNew = !existsSync(path) || readFileSync(path, 'latin1') !== transcript;
  if (isNew) process.stdout.write(`${name}: recorded, ${transcript.split('\n').length - 1} lines, ${transcript.trimEnd().split('\n').at(-1)}\n`);
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
    stdio: ['ignore', 'pipe', 'inherit'],
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

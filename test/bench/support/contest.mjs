// @ts-check
/** The same program in a container, under qemu and natively, in turns. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { busyboxRoot, directoryRoot, hostOver, runInGuest } from './guest.mjs';
import { runOnHost } from './host.mjs';
import { namedCore } from './named-core.mjs';
import { whereTimeGoes } from './profile.mjs';
import { compilePrograms, findCommand } from './programs.mjs';
import { formatMs, printNote } from './table.mjs';

/** @typedef {{ guestMs: number, qemuMs: number | null, nativeMs: number | null }} Result  best CPU times */

/**
 * @typedef {object} How
 * @property {number} [rounds]            turns; the best of each side counts
 * @property {readonly string[]} [empty]  the same program doing nothing: its time is taken off
 */

export class Contest {
  /** @param {string} folder @param {import('../../../src/ports/base-tree.ts').BaseTree} base @param {string | null} qemu @param {string | null} native */
  constructor(folder, base, qemu, native) {
    this.folder = folder;
    this.base = base;
    this.host = hostOver(base);
    this.qemu = qemu;
    this.native = native;
    this.nativeBusybox = findCommand('busybox');
    /** @type {Map<string, string>} */
    this.outputs = new Map();
  }

  static async create() {
    const guest = compilePrograms('guest');
    if (guest.sentence !== null) {
      printNote(`${guest.sentence}: nothing to measure (Debian: gcc-riscv64-linux-gnu, libc6-dev-riscv64-cross)`);
      process.exit(0);
    }
    const native = compilePrograms('native');
    const qemu = findCommand('qemu-riscv64-static', 'qemu-riscv64');
    if (native.sentence !== null) printNote(`${native.sentence}: no native times`);
    if (qemu === null) printNote('qemu-riscv64-static is not installed: no ratios to it, targets that need them are not judged');
    const folder = mkdtempSync(join(tmpdir(), 'stasis-bench-'));
    for (const name of ['bin', 'tmp']) mkdirSync(join(folder, name));
    for (const name of readdirSync(guest.folder)) copyFileSync(join(guest.folder, name), join(folder, 'bin', name));
    await extractBusybox(join(folder, 'bin', 'busybox'));
    return new Contest(folder, directoryRoot(folder), qemu, native.sentence === null ? native.folder : null);
  }

  end() {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /**
   * `command` as each side runs it. In its arguments `%runner` is what makes a guest program run there (left out where it
   * runs as it is), `%busybox` a command that runs busybox, `%folder` the folder of the guest programs.
   *
   * @param {'guest' | 'qemu' | 'native'} side
   * @param {readonly string[]} command  program and arguments
   */
  commandFor(side, [program = '', ...rest]) {
    const qemu = this.qemu ?? '';
    const folder = side === 'guest' ? '/bin' : join(this.folder, 'bin');
    const busybox = { guest: '/bin/busybox', qemu: `${qemu} ${folder}/busybox`, native: this.nativeBusybox ?? '' }[side];
    const words = rest
      .filter((word) => word !== '%runner' || side === 'qemu')
      .map((word) => (word === '%runner' ? qemu : word.replaceAll('%busybox', busybox).replaceAll('%folder', folder)));
    if (side === 'native') return [program === 'busybox' ? busybox : `${this.native}/${program}`, ...words];
    return side === 'guest' ? [`${folder}/${program}`, ...words] : [qemu, `${folder}/${program}`, ...words];
  }

  /** @param {readonly string[]} command @param {How} [how] @returns {Result} */
  measure(command, { rounds = 3, empty } = {}) {
    const hasNative = command[0] === 'busybox' ? this.nativeBusybox !== null : this.native !== null;
    const guest = this.timer(command, empty, (words) => runInGuest(this.host, this.commandFor('guest', words)));
    const qemu = this.timer(command, empty, (words) => runOnHost(this.commandFor('qemu', words)));
    const native = this.timer(command, empty, (words) => runOnHost(this.commandFor('native', words)));
    const best = { guest: Infinity, qemu: Infinity, native: Infinity };
    for (let round = 0; round < rounds; round++) {
      best.guest = Math.min(best.guest, guest());
      if (this.qemu !== null) best.qemu = Math.min(best.qemu, qemu());
      if (hasNative) best.native = Math.min(best.native, native());
    }
    /** @param {number} ms */
    const known = (ms) => (ms === Infinity ? null : Math.max(ms, 0.001));
    return { guestMs: Math.max(best.guest, 0.001), qemuMs: known(best.qemu), nativeMs: known(best.native) };
  }

  /**
   * @param {readonly string[]} command @param {readonly string[] | undefined} empty
   * @param {(command: readonly string[]) => import('./host.mjs').Run} run
   */
  timer(command, empty, run) {
    return () => {
      const { cpuMs, output } = run(command);
      this.expect(command, output);
      return cpuMs - (empty === undefined ? 0 : run(empty).cpuMs);
    };
  }

  /** Every side prints the same, or the benchmark is none. @param {readonly string[]} command @param {string} output */
  expect(command, output) {
    const key = command.join(' ');
    const known = this.outputs.get(key);
    if (known !== undefined && known !== output) throw new Error(`${key}: printed ${JSON.stringify(output)} here and ${JSON.stringify(known)} there`);
    this.outputs.set(key, output);
  }

  /** @param {Result} result @param {number} [operations]  times are divided by it */
  describe({ guestMs, qemuMs, nativeMs }, operations = 1) {
    const parts = [formatMs(guestMs / operations)];
    if (qemuMs !== null) parts.push(`${(guestMs / qemuMs).toFixed(2)} x qemu's ${formatMs(qemuMs / operations)}`);
    if (nativeMs !== null) parts.push(`${(guestMs / nativeMs).toFixed(1)} x native ${formatMs(nativeMs / operations)}`);
    return parts.join(', ');
  }

  /** Prints where the container's time goes. @param {readonly string[]} command */
  explain(command) {
    const host = hostOver(this.base, namedCore());
    const words = this.commandFor('guest', command);
    runInGuest(host, words);
    const { cpuMs, instructions, traps, syscalls } = runInGuest(host, words);
    const rate = Math.round(instructions / 1e3 / cpuMs);
    printNote(`where the time goes: ${(instructions / 1e6).toFixed(1)} M instructions (${rate} M a second), ${traps} traps, ${syscalls} of them system calls; self time:`);
    for (const line of whereTimeGoes(() => void runInGuest(host, words))) printNote(`  ${line}`);
  }
}

/** The image's busybox, as a file for qemu. @param {string} target */
async function extractBusybox(target) {
  const tree = await busyboxRoot();
  const bytes = new Uint8Array(tree.stat('/bin/busybox')?.sizeBytes ?? 0);
  tree.read('/bin/busybox', 0, bytes);
  writeFileSync(target, bytes, { mode: 0o755 });
}

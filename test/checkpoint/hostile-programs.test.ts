/** Programs that are damaged or not programs at all: an errno or a signal, never an exception of ours. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ContainerError } from '../../src/container/errors.ts';
import { writeContainerFile } from '../../src/container/files.ts';
import { readImageArchive } from '../../src/container/oci/index.ts';
import { rootPath } from '../../scripts/support/paths.mjs';
import { ContainerHarness } from '../support/container-harness.ts';

const { tree } = await readImageArchive(readFileSync(rootPath('public/busybox.tar')), 'busybox.tar');
const busybox = new Uint8Array(tree.stat('/bin/busybox')!.sizeBytes);
tree.read('/bin/busybox', 0, busybox);
const harness = ContainerHarness.start({ argv: ['sleep', '100000'] });
harness.run(10);

/** Runs `bytes` as a program for a while; answers how that ended. */
function runAs(bytes: Uint8Array): string {
  const { container } = harness;
  writeContainerFile(container.kernel, '/tmp/program', bytes, 0o755);
  try {
    const exec = harness.exec(['/tmp/program', 'true']);
    harness.run(20);
    const group = container.kernel.threadGroups.get(exec.pid);
    if (group === undefined) return `ended ${container.wait(exec.pid)}`;
    container.kill(9, exec.pid);
    harness.run(5);
    return 'runs';
  } catch (error) {
    if (!(error instanceof ContainerError)) throw error;
    return error.message;
  }
}

function changed(at: number, bytes: readonly number[]): Uint8Array {
  const copy = busybox.slice();
  copy.set(bytes, at);
  return copy;
}

describe('execve of hostile files', () => {
  it('refuses what is no program', () => {
    expect(runAs(new Uint8Array(0))).toMatch(/ENOEXEC/);
    expect(runAs(new TextEncoder().encode('hello'))).toMatch(/ENOEXEC/);
    expect(runAs(new TextEncoder().encode('#!'))).toMatch(/ENOEXEC/);
    expect(runAs(new TextEncoder().encode('#!/tmp/program\n'))).toMatch(/ELOOP|ETXTBSY/);
    expect(runAs(new TextEncoder().encode('#!/no/such/interpreter\n'))).toMatch(/ENOENT/);
  });

  it('refuses programs of other machines and word sizes', () => {
    expect(runAs(changed(18, [62, 0]))).toMatch(/made for machine 62/);
    expect(runAs(changed(4, [1]))).toMatch(/not 64-bit/);
    expect(runAs(changed(16, [4, 0]))).toMatch(/type 4 is not a program/);
  });

  it('survives every truncation of the header and samples of the rest', () => {
    for (let length = 0; length < 400; length += 7) expect(runAs(busybox.subarray(0, length))).toMatch(/ENOEXEC/);
    for (let length = 4096; length < busybox.length; length += 90_001) expect(runAs(busybox.subarray(0, length))).toMatch(/ENOEXEC|EFAULT|ended|runs/);
  });

  it('survives random bytes in the headers', { timeout: 120_000 }, () => {
    let seed = 99;
    const random = (limit: number) => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return (seed >>> 8) % limit;
    };
    const outcomes = new Set<string>();
    for (let round = 0; round < 250; round++) {
      const copy = busybox.slice();
      for (let i = 0; i <= random(4); i++) copy[16 + random(400)] = random(256);
      outcomes.add(runAs(copy).replace(/\d+/g, 'N'));
    }
    expect(outcomes.size).toBeGreaterThan(3);
    expect(harness.processes()).toEqual(['1 sleep']);
  });
});

import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { rootPath } from '../../scripts/support/paths.mjs';
import { findQemu, partsOf, runInContainer, runUnderQemu, titlesOf } from './support/busybox-script.ts';

const script = readFileSync(rootPath('test/cli/busybox/script.sh'), 'utf8');
const transcriptPath = rootPath('test/cli/busybox/transcript.txt');
const titles = titlesOf(script);
const qemu = findQemu();

/** What the same program prints under qemu-riscv64; recorded by the first test below. */
function recorded(): string {
  return readFileSync(transcriptPath, 'utf8');
}

it.skipIf(qemu === null)('the recorded transcript is what the program prints under qemu', async () => {
  await expect(await runUnderQemu(qemu!, script)).toMatchFileSnapshot(transcriptPath);
});

describe('a script of busybox commands prints what it prints under qemu', () => {
  let expected: Map<string, string>;
  let printed: Map<string, string>;

  beforeAll(() => {
    expected = partsOf(recorded());
    printed = partsOf(runInContainer(script, []));
  });

  it('has at least 80 parts', () => {
    expect(titles.length).toBeGreaterThanOrEqual(80);
    expect(new Set(titles).size).toBe(titles.length);
    expect([...expected.keys()]).toEqual(titles);
  });

  it.each(titles)('%s', (title) => {
    expect(printed.get(title)).toBe(expected.get(title));
  });
});

describe('the same script', () => {
  it('prints the same with a checkpoint and a restore into a fresh machine every 997 traps', () => {
    expect(runInContainer(script, ['--checkpoint-every', '997'])).toBe(recorded());
  });
});

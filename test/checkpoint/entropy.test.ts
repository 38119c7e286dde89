/** Randomness after a restore: new from outside, while what a program made of the old one is its own. */
import { describe, expect, it } from 'vitest';
import { ContainerHarness } from '../support/container-harness.ts';

/** Answers each line with 16 bytes of the kernel's randomness, a number of the shell's own, and the bytes that exec gave it. */
const TELLER = ['sh', '-c', 'RANDOM=7; while read line; do head -c 16 /dev/urandom | od -An -tx1; echo $RANDOM; done'];

function ask(harness: ContainerHarness): { kernel: string; own: string } {
  const already = harness.init.output().length;
  harness.init.type('\n');
  harness.run(200);
  const [kernel, own] = harness.init.output().slice(already).trim().split('\n');
  return { kernel: kernel!.trim(), own: own! };
}

describe('entropy', () => {
  it('is another one in each copy, and the program’s own numbers go on', () => {
    const original = ContainerHarness.start({ argv: TELLER });
    original.run(100);
    ask(original);
    const image = original.image();
    const answers = [original, ...[50, 100].map((entropySeed) => ContainerHarness.restore(image, original.clock(), { entropySeed }))].map(ask);
    expect(answers[0]!.kernel).toMatch(/^([0-9a-f]{2} ?){16}$/);
    expect(new Set(answers.map(({ kernel }) => kernel)).size).toBe(3);
    expect(new Set(answers.map(({ own }) => own)).size).toBe(1);
  });

  it('is another one for programs started in each copy', () => {
    const original = ContainerHarness.start({ argv: ['sleep', '1000'] });
    original.run(50);
    const image = original.image();
    const uuids = [50, 100].map((entropySeed) => {
      const copy = ContainerHarness.restore(image, original.clock(), { entropySeed });
      const session = copy.exec(['cat', '/proc/sys/kernel/random/uuid']);
      copy.run(100);
      return session.output();
    });
    expect(uuids[0]).toMatch(/^[0-9a-f-]{36}\n$/);
    expect(uuids[0]).not.toBe(uuids[1]);
  });
});

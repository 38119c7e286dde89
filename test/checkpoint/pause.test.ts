/** What the pause of a checkpoint leaves for later is as it was in the pause, whatever guests do meanwhile. */
import { describe, expect, it } from 'vitest';
import { ContainerHarness } from '../support/container-harness.ts';

const TERMINAL = { rows: 24, columns: 80 };

/** Commands that change page tables and pages of files: made, written, cut, moved, removed. */
const MEANWHILE: readonly [string, string][] = [
  ['a file grows', 'cat /tmp/b >> /tmp/a'],
  ['a file is cut', 'truncate -s 5000 /tmp/a'],
  ['a file is removed', 'rm /tmp/a /tmp/b'],
  ['a file is written anew', 'dd if=/dev/urandom of=/tmp/a bs=4096 count=9 2>/dev/null'],
  ['a file of the base image is changed', 'echo x >> /etc/passwd'],
  ['memory is taken', 'big=$(seq 9000)'],
  ['programs are run, and end', 'sh -c "ls > /tmp/list; exec sort /tmp/list"'],
  ['children come and go', 'for i in 1 2 3; do (sleep 0.01); done'],
];

describe('a checkpoint whose guests go on before it has looked at page tables and files', () => {
  for (const [name, command] of MEANWHILE) {
    it(`holds the moment of its pause when ${name}`, () => {
      const harness = ContainerHarness.start({ argv: ['/bin/sh'], terminal: TERMINAL });
      harness.run(300);
      harness.init.type('dd if=/dev/urandom of=/tmp/a bs=4096 count=30 2>/dev/null; cp /tmp/a /tmp/b\n');
      harness.run(500);
      const full = harness.image();
      const clock = harness.clock();
      const save = harness.container.beginCheckpoint(Math.floor(harness.clock().realtimeMs));
      harness.init.type(`${command}; echo done $((1 + 1))\n`);
      harness.run(500);
      expect(harness.init.output()).toContain('done 2');
      while (!save.step(16)) harness.run(5);
      // Not to the byte: a page of the base that has become the container's own meanwhile is told by its content.
      const restored = (image: Uint8Array): Uint8Array => ContainerHarness.restore(image, { ...clock }).image();
      expect(Buffer.compare(restored(save.finish().image), restored(full))).toBe(0);
    });
  }
});

/** Random system calls with hostile arguments: an errno or a signal for the caller, and the container goes on. */
import { describe, expect, it } from 'vitest';
import { ContainerHarness, hasProgram } from '../support/container-harness.ts';

const SEEDS = process.env['STASIS_TEST_FULL'] === '1' ? 20_000 : 1000;

describe.skipIf(!hasProgram('fuzz-syscalls'))('system calls with hostile arguments', () => {
  it('never become an exception of ours, and leave a container that can be restored', { timeout: 600_000 }, () => {
    let harness = ContainerHarness.start({ argv: ['sleep', '100000'], programs: ['fuzz-syscalls'] });
    let calls = 0;
    for (let seed = 0; seed < SEEDS; seed += 20) {
      const fuzz = harness.exec(['/fuzz-syscalls', String(seed), '20']);
      for (let second = 0; second < 40 && fuzz.output() === ''; second++) harness.run(1000);
      calls += harness.container.kernel.syscallCount;
      expect(harness.exec(['true']).pid).toBeGreaterThan(fuzz.pid);
      if (fuzz.output() === '') harness.container.kill(9, fuzz.pid); // a seed made the parent deaf or stopped it: that is its own affair
      harness = harness.restored();
      harness.container.kernel.syscallCount = 0;
      expect(harness.processes()).toEqual(['1 sleep']);
    }
    expect(calls).toBeGreaterThan(SEEDS * 200);
  });
});

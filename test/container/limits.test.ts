/** A container's limits: memory, processes and open files end in what Linux answers, and are said in a sentence. */
import { describe, expect, it } from 'vitest';
import { ContainerHarness } from '../support/container-harness.ts';

const SLEEPER = ['sleep', '100000'];

describe('memory limit', () => {
  it('kills the largest process and says so; the others go on', () => {
    const harness = ContainerHarness.start({ argv: SLEEPER, memoryLimitBytes: 16 << 20 });
    const exec = harness.exec(['sh', '-c', 'tail /dev/zero; echo status $?']);
    harness.run(3000);
    expect(exec.output()).toContain('status 137');
    expect(harness.container.kernel.events.map((event) => event.message).join('\n')).toMatch(
      /^out of memory: the container's limit is 16 MiB; killed pid \d+ `tail`, the largest process \(\d+ MiB\)$/m,
    );
    expect(harness.processes()).toEqual(['1 sleep']);
    const after = harness.exec(['echo', 'goes on']);
    harness.run(100);
    expect(after.output()).toBe('goes on\n');
  });

  it('kills a process that maps files and anonymous memory until nothing is left', () => {
    const harness = ContainerHarness.start({ argv: SLEEPER, memoryLimitBytes: 8 << 20 });
    const exec = harness.exec(['sh', '-c', 'x=0123456789abcdef; while :; do x=$x$x; done']);
    harness.run(3000);
    expect(harness.processes()).toEqual(['1 sleep']);
    expect([2, 137]).toContain(harness.container.wait(exec.pid)); // the shell's own "out of memory", or SIGKILL
  });

  it('kills the largest where all have exempted themselves', () => {
    const exempt = 'echo -1000 > /proc/self/oom_score_adj;';
    const harness = ContainerHarness.start({ argv: ['sh', '-c', `${exempt} exec sleep 100000`], memoryLimitBytes: 16 << 20 });
    harness.run(50);
    const exec = harness.exec(['sh', '-c', `${exempt} tail /dev/zero; echo status $?`]);
    harness.run(3000);
    expect(exec.output()).toContain('status 137');
    expect(harness.processes()).toEqual(['1 sleep']);
  });

  it('answers ENOSPC to a file that fills the memory, or kills for it, and gives all back when it is removed', () => {
    const harness = ContainerHarness.start({ argv: SLEEPER, memoryLimitBytes: 16 << 20 });
    harness.run(50);
    const before = harness.container.kernel.core.framesInUse();
    const exec = harness.exec(['sh', '-c', 'dd if=/dev/zero of=/big bs=64k 2>&1 | tail -1; rm /big']);
    harness.run(3000);
    expect(exec.output()).toMatch(/No space left on device|Cannot allocate memory|Killed/);
    harness.exec(['rm', '-f', '/big']);
    harness.run(200);
    expect(harness.container.kernel.core.framesInUse()).toBeLessThan(before + 300);
  });
});

describe('process limit', () => {
  it('answers EAGAIN to a fork bomb, and the container is in order once it is killed', () => {
    const harness = ContainerHarness.start({ argv: SLEEPER });
    const { kernel } = harness.container;
    expect(kernel.pidLimit).toBe(1024);
    kernel.pidLimit = 64;
    const bomb = harness.exec(['sh', '-c', 'while :; do sleep 1000 & done']);
    harness.run(500);
    expect(kernel.tasks.size).toBe(63); // the shell gives up at its first failure
    harness.exec(['sleep', '1000']);
    expect(bomb.output()).toContain("can't fork: Resource temporarily unavailable");
    expect(() => harness.exec(['echo', 'no room'])).toThrow('cannot run echo in /: the container has 64 threads, its limit (EAGAIN)');
    for (const group of [...kernel.threadGroups.values()]) if (group.pid !== 1) harness.container.kill(9, group.pid);
    harness.run(100);
    const after = harness.restored().exec(['true']);
    expect(after.pid).toBeGreaterThan(bomb.pid);
  });
});

import { describe, expect, it } from 'vitest';
import { startStasis } from './support/stasis.ts';

function start(script: string) {
  return startStasis(['do', '--image', 'busybox', '--', 'sh', '-c', script]);
}

describe('signals', () => {
  it.each(['HUP', 'INT', 'QUIT', 'USR1', 'USR2', 'ALRM', 'TERM', 'WINCH', 'URG'] as const)('hands SIG%s on to init, which handles it', async (name) => {
    const run = start(`trap 'echo got ${name}; exit 3' ${name}; echo ready; while :; do sleep 0.05; done`);
    await run.prints(/ready/);
    run.child.kill(`SIG${name}`);
    expect(await run.ends()).toBe(3);
    expect(run.stdout).toBe(`ready\ngot ${name}\n`);
  });

  it.each([['SIGTERM', 143], ['SIGINT', 130], ['SIGHUP', 129], ['SIGQUIT', 131]] as const)('ends with 128 + n where %s ends init', async (name, status) => {
    const run = start('echo ready; exec sleep 100');
    await run.prints(/ready/);
    run.child.kill(name);
    expect(await run.ends()).toBe(status);
  });

  it('reaches a guest that never waits', async () => {
    const run = start("trap 'echo stopped; exit 4' TERM; echo ready; while :; do :; done");
    await run.prints(/ready/);
    run.child.kill('SIGTERM');
    expect(await run.ends()).toBe(4);
    expect(run.stdout).toBe('ready\nstopped\n');
  });

  it('stops with SIGTSTP and goes on with SIGCONT', async () => {
    const run = start('echo ready; i=0; while [ $i -lt 30 ]; do i=$((i+1)); sleep 0.02; done; echo end');
    await run.prints(/ready/);
    run.child.kill('SIGTSTP');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(run.stdout).toBe('ready\n');
    run.child.kill('SIGCONT');
    expect(await run.ends()).toBe(0);
    expect(run.stdout).toBe('ready\nend\n');
  });

  it('lets init decide about SIGTSTP where it has a handler', async () => {
    const run = start("trap 'echo no' TSTP; trap 'exit 0' TERM; echo ready; while :; do sleep 0.05; done");
    await run.prints(/ready/);
    run.child.kill('SIGTSTP');
    await run.prints(/no/);
    run.child.kill('SIGTERM');
    expect(await run.ends()).toBe(0);
  });
});

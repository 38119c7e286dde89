import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { useContainers } from './support/containers.ts';
import { CLI, Running } from './support/stasis.ts';

/** Whether util-linux's `script` is there, which runs a command on a terminal of its own. */
const hasScript = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') === true;

const containers = useContainers();

/** Runs lines of the host's shell on a terminal, 100 by 30, where `stasis` is the command. Standard output is what the terminal shows. */
function onTerminal(script: string): Running {
  const prelude = `stty rows 30 cols 100; t=$(tty); stasis() { TERM=xterm "${process.execPath}" "${CLI}" --root "${containers.root}" "$@"; }\n`;
  return new Running('script', ['-qec', `bash -c '${(prelude + script).replaceAll("'", `'\\''`)}'`, '/dev/null']);
}

describe.skipIf(!hasScript)('exec on a terminal', () => {
  it('gives the process a terminal with job control, in a session of its own, and leaves the keys to it', async () => {
    await containers.launch('shells', 'sleep', '100');
    const run = onTerminal('stasis exec shells sh; echo "status $?"; stty -a | grep -c " icanon"');
    await run.prints(/# /);
    run.type('tty; stty size; echo $TERM; echo "pid $$ $(cut -d" " -f4-6 /proc/$$/stat)"\n');
    await run.prints(/\/dev\/pts\/\d\r\n30 100\r\nxterm\r\npid (\d+) 0 \1 \1\r\n/);
    run.type('sleep 100\n');
    await expect.poll(() => containers.commands('shells'), { timeout: 10_000 }).toEqual(['sleep', 'sh', 'sleep']);
    run.type('\x1a');
    await run.prints(/\[1\]\+  Stopped +sleep 100/);
    run.type('fg\n');
    await run.prints(/fg\r\nsleep 100/);
    run.type('\x03');
    await expect.poll(() => containers.commands('shells'), { timeout: 10_000 }).toEqual(['sleep', 'sh']);
    run.type('exit 4\n');
    expect(await run.ends()).toBe(0);
    expect(run.stdout).toMatch(/status 4\r\n1\r\n$/); // and the terminal is as it was
  });

  it('tells it of another size, and hangs up when the client is gone', async () => {
    await containers.launch('sizes', 'sleep', '100');
    const run = onTerminal('stasis exec --tty sizes sh -c "trap \\"stty size\\" WINCH; trap \\"echo hung up >/tmp/end; exit\\" HUP; echo ready; while :; do sleep 0.05; done" & read x <$t; stty rows 40 cols 120 <$t; kill -WINCH $!; read x <$t; kill -9 $!; wait; echo over');
    await run.prints(/ready/);
    run.type('\n');
    await run.prints(/40 120/);
    run.type('\n');
    await expect.poll(() => containers.call('exec', 'sizes', 'cat', '/tmp/end').then(({ stdout }) => stdout), { timeout: 10_000 }).toBe('hung up\n');
    run.child.kill('SIGKILL');
  });

  it('gives way to a restore with a sentence, the terminal as it was', async () => {
    await containers.launch('killed', 'sleep', '100');
    const run = onTerminal('stasis exec killed sh; echo "status $?"; stty -a | grep -c " icanon"');
    await run.prints(/# /);
    const path = `${containers.root}/../stasis-tty-${process.pid}`;
    await containers.ok('checkpoint', '--image-path', path, '--leave-running', 'killed');
    await containers.ok('restore', '--replace', '--image-path', path, '--detach', 'killed');
    expect(await run.ends()).toBe(0);
    expect(run.stdout).toMatch(/stasis: restore: pid \d+ sh \(exec\) killed\r\nstatus 137\r\n1\r\n$/);
    spawnSync('rm', ['-r', path]);
  });
});

describe.skipIf(!hasScript)('restore on a terminal', () => {
  it('has a program that draws draw anew, in its own process and in place', async () => {
    const path = `${containers.root}/../stasis-redraw-${process.pid}`;
    const run = onTerminal(`stasis run --image busybox --tty edits sh -c "echo alpha >/tmp/f; exec vi /tmp/f"; stasis restore --image-path ${path} edits; echo "status $?"`);
    await run.prints(/alpha[^]*1\/1 100%/);
    const before = run.stdout.length;
    await containers.ok('checkpoint', '--image-path', path, 'edits');
    await expect.poll(() => run.stdout.slice(before), { timeout: 20_000 }).toMatch(/alpha[^]*1\/1 100%/);
    const drawn = run.stdout.length;
    await containers.ok('restore', '--replace', '--detach', '--image-path', path, 'edits');
    await expect.poll(() => run.stdout.slice(drawn), { timeout: 20_000 }).toMatch(/alpha[^]*1\/1 100%/);
    run.type(':q\n');
    expect(await run.ends()).toBe(0);
    expect(run.stdout).toMatch(/status 0\r\n$/);
    spawnSync('rm', ['-r', path]);
  });
});

import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { CLI, Running, stasis } from './support/stasis.ts';

/** Whether util-linux's `script` is there, which runs a command on a terminal of its own. */
const hasScript = spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') === true;

/** Runs lines of the host's shell on a terminal, 100 by 30, where `stasis` is the command with --tty, run by `$within` if that is set. Standard output is what the terminal shows. */
function onTerminal(script: string): Running {
  const prelude = `stty rows 30 cols 100; t=$(tty); stasis() { TERM=xterm $within "${process.execPath}" "${CLI}" do --image busybox --tty "$@"; }\n`;
  return new Running('script', ['-qec', `bash -c '${(prelude + script).replaceAll("'", `'\\''`)}'`, '/dev/null']);
}

/** What the terminal of `onTerminal` has shown when the script has ended. */
async function shownBy(script: string): Promise<string> {
  const run = onTerminal(script);
  await run.ends();
  return run.stdout.replaceAll('\r', '');
}

describe.skipIf(!hasScript)('--tty', () => {
  it('gives the guest a terminal of the same size, and TERM', async () => {
    const shown = await shownBy(`stasis -- sh -c 'tty; stty size; echo $TERM; test -t 0 && test -t 1 && test -t 2 && echo all'; echo "status $?"`);
    expect(shown).toBe('/dev/pts/0\n30 100\nxterm\nall\nstatus 0\n');
  });

  it('tells the guest when the size changes', async () => {
    const run = onTerminal(`stasis -- sh -c 'trap "stty size; exit 3" WINCH; echo ready; while :; do sleep 0.05; done' & wait_ready() { sleep 1.5; }; wait_ready; stty rows 40 cols 120 <$t; kill -WINCH $!; wait $!; echo "status $?"`);
    await run.ends();
    expect(run.stdout.replaceAll('\r', '')).toBe('ready\n40 120\nstatus 3\n');
  });

  it('leaves keys to the guest: what is typed is echoed, Ctrl-C interrupts, Ctrl-D ends', async () => {
    const run = onTerminal(`stasis -- sh -c 'trap "echo interrupted" INT; echo ready; sleep 100; cat; echo end'; echo "status $?"`);
    await run.prints(/ready/);
    run.type('\x03');
    await run.prints(/\^Cinterrupted/);
    run.type('typed\n');
    await run.prints(/typed\r\ntyped/);
    run.type('\x04');
    await run.ends();
    expect(run.stdout).toMatch(/end\r\nstatus 0\r\n$/);
  });

  it('has job control', async () => {
    const run = onTerminal('stasis -- sh');
    await run.prints(/# /);
    run.type('echo begin; sleep 100\n');
    await run.prints(/\nbegin/);
    run.type('\x1a');
    await run.prints(/\[1\]\+  Stopped +sleep 100/);
    run.type('fg\n');
    await run.prints(/fg\r\nsleep 100/);
    run.type('\x03exit 4\n');
    expect(await run.ends()).toBe(4);
  });

  it('opens an editor that can be left', async () => {
    const run = onTerminal(`stasis -- sh -c 'echo alpha >f; vi f; cat f'; echo "status $?"`);
    await run.prints(/1\/1 100%/);
    run.type('cwomega\x1b');
    await run.prints(/omeg/);
    run.type(':wq\n');
    await run.ends();
    expect(run.stdout).toMatch(/omega\r\nstatus 0\r\n$/);
  });

  it.each([
    ['exits', "stasis -- sh -c 'exit 3'"],
    ['is killed', "stasis -- sh -c 'kill -9 $$'"],
    ['cannot be started', 'stasis -- nosuch'],
    ['gets SIGTERM from outside', 'within="timeout --foreground -s TERM 1.5" stasis -- sleep 100; [ $? = 124 ] || b="no signal"'],
  ])('gives the terminal back as it was when the guest %s', async (_how, command) => {
    const shown = await shownBy(`b=$(stty -a <$t); ${command}; [ "$b" = "$(stty -a <$t)" ] && echo same`);
    expect(shown).toMatch(/same\n$/);
  });

  it('works with checkpoints on the way', async () => {
    const run = onTerminal(`stasis --checkpoint-every 10 -- sh -c 'stty size; read -r x; echo "<$x>"; tty'; echo "status $?"`);
    await run.prints(/30 100/);
    run.type('word\n');
    await run.ends();
    expect(run.stdout.replaceAll('\r', '')).toBe('30 100\nword\n<word>\n/dev/pts/0\nstatus 0\n');
  });
});

describe('--tty without a terminal', () => {
  it('gives the guest one of 80 by 24 all the same', () => {
    const run = stasis(['do', '--image', 'busybox', '--tty', '--', 'sh', '-c', 'stty size; read -r x; echo "<$x>"'], { input: 'word\n' });
    expect(run.stdout.replaceAll('\r', '')).toMatch(/24 80\n[^]*<word>\n$/);
    expect(run.status).toBe(0);
  });
});

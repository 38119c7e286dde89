import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { busybox, CLI, shell, startStasis } from './support/stasis.ts';

const BYTES = 5_000_000;
const data = randomBytes(BYTES);
const md5 = createHash('md5').update(data).digest('hex');
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stasis-streams-'));
  writeFileSync(join(folder, 'data'), data);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A line for the host's shell, where `stasis` is the command. @returns what it has printed, and its status */
function onHost(script: string): { stdout: string; stderr: string; status: number | null } {
  const prelude = `stasis() { "${process.execPath}" "${CLI}" do --image busybox -- "$@"; }\ncd "${folder}"\n`;
  return spawnSync('bash', ['-c', prelude + script], { encoding: 'utf8', timeout: 50_000 });
}

describe('standard streams', () => {
  it('pass 5 MB of binary through unchanged, by pipes', () => {
    const run = busybox(['cat'], { input: data });
    expect(run.stdoutBytes.equals(data)).toBe(true);
  });

  it('pass 5 MB through unchanged, by files and to a slow reader', () => {
    expect(onHost('stasis cat <data >copy; md5sum <copy').stdout).toContain(md5);
    expect(readFileSync(join(folder, 'copy')).equals(data)).toBe(true);
    expect(onHost('stasis cat <data | (sleep 0.5; dd bs=1000 2>/dev/null; sleep 0.1) | md5sum').stdout).toContain(md5);
    expect(onHost('stasis md5sum <data').stdout).toContain(md5);
  });

  it('end where the input ends', () => {
    expect(shell('cat; echo end', { input: 'no newline' }).stdout).toBe('no newlineend\n');
    expect(shell('read a; read b || echo "no second"; echo $a', { input: 'one\n' }).stdout).toBe('no second\none\n');
    expect(onHost('stasis wc -c </dev/null; stasis wc -c <&-').stdout).toBe('0\n0\n');
  });

  it('leave the host what the guest has not asked for', () => {
    expect(onHost('printf "a\\nb\\n" | { stasis true; cat; }').stdout).toBe('a\nb\n');
    expect(onHost('while read -r x; do stasis echo "<$x>"; done <<<"$(printf "1\\n2\\n3")"').stdout).toBe('<1>\n<2>\n<3>\n');
  });

  it('are a SIGPIPE to the guest where nobody reads any more', () => {
    expect(onHost('stasis yes | head -n 2; echo "${PIPESTATUS[@]}"').stdout).toBe('y\ny\n141 0\n');
    const run = onHost('stasis sh -c \'trap "" PIPE; while echo x; do :; done; echo "over" >&2; exit 9\' 2>err | true; echo "${PIPESTATUS[0]}"; tail -n 1 err');
    expect(run.stdout).toBe('9\nover\n');
  });

  it('are refused to the guest where the host cannot write, and a sentence says why', () => {
    const run = onHost('stasis sh -c "yes; echo \\$? >&2" >/dev/full; echo $?');
    expect(run.stdout).toBe('0\n');
    expect(run.stderr).toBe('141\nstasis: standard output could not be written (ENOSPC)\n');
  });

  it('keep standard output and standard error apart', () => {
    const run = shell('echo out; echo err >&2; ls /none');
    expect([run.stdout, run.stderr]).toEqual(['out\n', 'err\nls: /none: No such file or directory\n']);
  });

  it('keep the order of both where they are one file', () => {
    const script = 'for i in 1 2 3; do echo out $i; echo err $i >&2; done; ls /none; echo end';
    const expected = 'out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\nls: /none: No such file or directory\nend\n';
    expect(onHost(`stasis sh -c '${script}' 2>&1 | cat`).stdout).toBe(expected);
    expect(onHost(`stasis sh -c '${script}' >both 2>&1; cat both`).stdout).toBe(expected);
  });

  it('answer as they are written to', async () => {
    const run = startStasis(['do', '--image', 'busybox', '--', 'sh', '-c', 'while read -r line; do echo "<$line>"; done; echo bye']);
    for (const word of ['one', 'two', 'three']) {
      run.child.stdin.write(`${word}\n`);
      await run.prints(new RegExp(`<${word}>`));
    }
    run.child.stdin.end();
    expect(await run.ends()).toBe(0);
    expect(run.stdout).toBe('<one>\n<two>\n<three>\nbye\n');
  });

  it('hold up a guest that writes faster than it is read', async () => {
    const run = startStasis(['do', '--image', 'busybox', '--', 'sh', '-c', 'dd if=/dev/zero bs=65536 count=400 2>/dev/null; echo written >&2']);
    run.child.stdout.pause();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(run.stderr).toBe('');
    run.child.stdout.resume();
    expect(await run.ends()).toBe(0);
    expect(run.stdout.length).toBe(65536 * 400);
    expect(run.stderr).toBe('written\n');
  });

  it('are streams to the guest, no terminal', () => {
    expect(shell('tty; test -t 0 || test -t 1 || echo none').stdout).toBe('not a tty\nnone\n');
  });
});

import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { busybox, shell, startStasis } from './support/stasis.ts';

const short = `
for i in 1 2 3; do echo $i; done
ls / | wc -l
echo abc | sed s/b/x/
trap 'echo trapped' USR1; kill -USR1 $$; echo err >&2
exit 5
`;
const long = `
echo abc | sed s/b/x/ | tr a-z A-Z
mkdir /tmp/d; cd /tmp/d; echo one >f; ln f g; exec 3<f; rm f; cat <&3; cat g
f() { echo "$1 $#"; return 4; }; f a b; echo $?
(sleep 0.05; echo late) & wait; echo $! | grep -c .
awk 'BEGIN { for (i = 0; i < 5; i++) printf "%d ", i * i; print "" }'
trap 'echo trapped' USR1; kill -USR1 $$; echo err >&2
mkfifo p; (echo through >p) & cat p
seq 300 | sort -r | head -n 2
exit 5
`;

describe('--checkpoint-every', () => {
  it.each([
    [1, short],
    [7, long],
    [50, long],
  ])('%i: nothing that a script prints changes, nor its status', (every, script) => {
    const plain = shell(script);
    const cycled = shell(script, { flags: ['--checkpoint-every', String(every)] });
    expect([cycled.stdout, cycled.stderr, cycled.status]).toEqual([plain.stdout, plain.stderr, 5]);
  });

  it.each([3, 20])('%i: loses no byte of standard input and output', (every) => {
    const data = randomBytes(1_000_000);
    const run = busybox(['cat'], { input: data, flags: ['--checkpoint-every', String(every)] });
    expect(run.stderr).toBe('');
    expect(run.stdoutBytes.equals(data)).toBe(true);
  });

  it('goes on handing on input and signals', async () => {
    const run = startStasis(['do', '--image', 'busybox', '--checkpoint-every', '5', '--', 'sh', '-c', "trap 'echo got; exit 3' TERM; while read -r l; do echo \"<$l>\"; done"]);
    run.child.stdin.write('one\n');
    await run.prints(/<one>/);
    run.child.stdin.write('two\n');
    await run.prints(/<two>/);
    run.child.kill('SIGTERM');
    expect(await run.ends()).toBe(3);
    expect(run.stdout).toBe('<one>\n<two>\ngot\n');
  });
});

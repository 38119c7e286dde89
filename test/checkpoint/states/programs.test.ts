/** Programs of the image in the middle of their work, over a checkpoint and a restore. */
import { describe, expect, it } from 'vitest';
import { readContainerFile } from '../../../src/container/files.ts';
import { ContainerHarness } from '../../support/container-harness.ts';
import { TERMINAL, survives, toTheEnd } from './support.ts';

const MOST_BYTES = 1 << 26;
/** Between keys: longer than programs wait for the rest of an escape sequence. */
const KEY_MS = 80;
const MAKE_FILES = 'mkdir /many; i=0; while [ $i -lt 200 ]; do echo "the file number $i" > /many/$i; i=$((i+1)); done; dd if=/bin/busybox of=/many/big bs=4096 count=200 2>/dev/null';

function fileOf({ container }: ContainerHarness, path: string): string | null {
  return readContainerFile(container.kernel, path, MOST_BYTES);
}

/** Types keys one after the other, with time between them, as a person does. */
function type(container: ContainerHarness, keys: string): void {
  for (const key of keys) {
    container.init.type(key);
    container.run(KEY_MS);
  }
}

/** Runs `container` a few thousand instructions at a time until `isThere`. */
function until(container: ContainerHarness, isThere: () => boolean): void {
  for (let i = 0; i < 50_000 && !isThere(); i++) {
    if (container.container.kernel.hasRunnable()) container.container.step({ budget: 20_000, maxTraps: 20 });
    else container.run(1);
    container.drain();
  }
  expect(isThere(), container.init.output()).toBe(true);
}

describe('programs survive', () => {
  survives('a pipeline that waits for the other half of its input', () => ({
    start: { argv: ['sh', '-c', 'cat | sort | uniq -c; echo "[exit $?]"'] },
    arrange(container) {
      container.run(50);
      type(container, 'pear\napple\npear\nap');
    },
    goOn(container) {
      type(container, 'ple\nfig\n');
      const stdin = container.container.terminals().hostFiles().find((file) => file.hostKey.path === 'host:0')!;
      container.container.terminals().pushEof(stdin.id);
      toTheEnd(container);
    },
    expected: '      2 apple\n      1 fig\n      2 pear\n[exit 0]\n',
  }));

  survives('a sleep with a part of its time left, and the shell that measures it', () => ({
    start: { argv: ['sh', '-c', 'time sleep 10'] },
    arrange: (container) => container.run(4000),
    goOn(container) {
      let tenths = 0;
      for (; container.container.status === 'running'; tenths++) container.run(100);
      return `left ${tenths / 10}`;
    },
    expected: /^real\t0m 10\.0\ds\nuser\t0m 0\.0\ds\nsys\t0m 0\.0\ds\nleft 6(\.1)?$/,
    overdue: /^real\t1h 0m 04s\nuser\t0m 0\.0\ds\nsys\t0m 0\.0\ds\nleft 0\.1$/,
  }));

  survives('vi with a buffer that was not written, in the middle of an insertion, and what can be undone', () => ({
    start: { argv: ['sh', '-c', "printf 'first line\\nsecond line\\nthird line\\n' > /text; vi /text; echo \"[exit $?]\""], terminal: TERMINAL },
    arrange(container) {
      container.run(300);
      type(container, 'wcwLINE\x1bjdd');
      type(container, 'onew te');
      expect(fileOf(container, '/text')).toBe('first line\nsecond line\nthird line\n');
    },
    goOn(container) {
      type(container, 'xt\x1b');
      container.run(500);
      type(container, 'uu:wq\r');
      toTheEnd(container);
      return `\n${fileOf(container, '/text')}`;
    },
    expected: /\[exit 0\]\r\n\nfirst LINE\n/,
  }));

  survives('vi’s insertion, written by :wq', () => ({
    start: { argv: ['sh', '-c', "printf 'one\\ntwo\\n' > /text; vi /text; cat /text"], terminal: TERMINAL },
    arrange(container) {
      container.run(300);
      type(container, 'Ahalf');
    },
    goOn(container) {
      type(container, ' done\x1b:wq\r');
      toTheEnd(container);
      return fileOf(container, '/text')!;
    },
    expected: /onehalf done\r\ntwo\r\nonehalf done\ntwo\n$/,
  }));

  survives('a tar half-way: the archive is complete and the same', () => ({
    start: { argv: ['sh', '-c', `${MAKE_FILES}; echo made; tar cf /all.tar -C / many; echo "tar $?"; tar tf /all.tar | wc -l; mkdir /out; tar xf /all.tar -C /out; rm -r /out/many/7; diff -r /many /out/many; sha256sum /all.tar`] },
    arrange: (container) => until(container, () => (fileOf(container, '/all.tar')?.length ?? 0) > 400_000),
    goOn: toTheEnd,
    expected: /^tar 0\n202\nOnly in \/many: 7\n[0-9a-f]{64} {2}\/all\.tar\n$/,
  }));

  survives('compression and decompression half-way, in one pipeline', () => ({
    start: { argv: ['sh', '-c', 'head -c 150000 /bin/busybox > /in; sha256sum < /in; (cat /in; read go; cat /in) 2>/dev/null | gzip -c | tee /z.gz | gunzip -c | sha256sum; gunzip -c /z.gz | tail -c 150000 | sha256sum'] },
    arrange: (container) => until(container, () => (fileOf(container, '/z.gz')?.length ?? 0) > 30_000),
    goOn(container) {
      container.init.type('go\n');
      toTheEnd(container);
    },
    expected: /^[0-9a-f]{64} {2}-\n[0-9a-f]{64} {2}-\n$/,
  }));

  survives('a computation in the middle, its tables and its random numbers', () => ({
    start: { argv: ['awk', 'BEGIN { srand(7); for (i = 0; i < 4000; i++) { t[i % 97] += int(rand() * 1000); if (i == 2000) { printf "half\\n"; fflush() } } for (k in t) s = s " " k ":" t[k]; print s }'] },
    arrange: (container) => until(container, () => container.init.output() === 'half\n'),
    goOn: toTheEnd,
    expected: /^( \d+:\d+){97}\n$/,
  }));

  survives('a walk through directories, half-way', () => ({
    start: { argv: ['sh', '-c', `${MAKE_FILES}; find /many /bin -name '*1*' | while read name; do echo "$name"; done`] },
    arrange: (container) => until(container, () => container.init.output().split('\n').length > 30),
    goOn: toTheEnd,
    expected: /^(\/(many|bin)\/\S+\n)+$/,
  }));

  survives('an interactive shell: variables, functions, options, traps, jobs, and the line half typed', () => ({
    start: { argv: ['sh'], terminal: TERMINAL },
    arrange(container) {
      container.run(100);
      for (const line of ['name=value; export seen=yes', 'double() { echo $(($1 * 2)); }', 'set -f', "trap 'echo bye' EXIT", 'cd /etc', 'sleep 50000 &', 'sleep 60000']) {
        container.init.type(`${line}\n`);
        container.run(100);
      }
      container.init.type('\x1a');
      container.run(100);
      type(container, 'echo $name $(double 2');
    },
    goOn(container) {
      type(container, '1) $? * \x7f\x7f+\n');
      container.run(100);
      for (const line of ['jobs', 'pwd; echo $seen $$ $!', 'fg %2', '\x03', 'kill %1; wait', 'jobs; echo "left: $?"', 'exit 3']) {
        container.init.type(line === '\x03' ? line : `${line}\n`);
        container.run(200);
      }
      return `[exit ${container.container.exitStatus}]`;
    },
    expected: /\nvalue 42 148 \+\r\n[^]*\[2\]\+ +Stopped +sleep 60000\r\n\[1\]- +Running +sleep 50000\r\n[^]*\n\/etc\r\nyes 1 2\r\n[^]*\nsleep 60000\r\n[^]*\[1\]\+ +Terminated +sleep 50000\r\n[^]*\nleft: 0\r\n[^]*\nbye\r\n\[exit 3\]$/,
  }));

  survives('the console: a line that nobody has read, half a one that can still be erased, and its size', () => ({
    start: { argv: ['sh', '-c', 'sleep 5; read a; read b; echo "<$a|$b>"; stty size'], terminal: TERMINAL },
    arrange(container) {
      container.run(100);
      type(container, 'one\ntwi');
    },
    goOn(container) {
      type(container, '\x7fo\n');
      toTheEnd(container);
    },
    expected: '\b \bo\r\n<one|two>\r\n24 80\r\n',
  }));

  survives('a terminal in raw mode that answers key by key', () => ({
    start: { argv: ['sh', '-c', 'stty raw -echo; while k=$(dd bs=1 count=1 2>/dev/null | od -An -tx1); [ "$k" != " 71" ]; do echo "<$k >"; done; stty sane; stty -a | grep -o "[-]*icanon"'], terminal: TERMINAL },
    arrange(container) {
      container.run(100);
      type(container, 'a\x03');
    },
    goOn(container) {
      type(container, '\r\x04\x1b');
      for (const key of 'z\x1aq') {
        container.init.type(key);
        container.run(100);
      }
      toTheEnd(container);
    },
    expected: '< 0d >\n< 04 >\n< 1b >\n< 7a >\n< 1a >\nicanon\r\n',
  }));

  it('what was written and not yet taken is taken after the restore, once', () => {
    for (const terminal of [TERMINAL, null]) {
      const before = ContainerHarness.start({ argv: ['sh', '-c', 'sleep 1; seq 1 2000; exec sleep 1000'], terminal });
      before.run(900);
      before.container.tick(before.container.kernel.clock.monotonicNs + 200e6);
      for (let i = 0; i < 20; i++) before.container.step({ budget: 1_000_000, maxTraps: Infinity });
      const after = before.restored();
      before.drain();
      expect(before.init.output()).toContain('1');
      after.run(3000);
      expect(after.init.output().replaceAll('\r', '')).toBe(Array.from({ length: 2000 }, (_, i) => `${i + 1}\n`).join(''));
    }
  });
});

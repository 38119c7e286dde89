import { describe, expect, it } from 'vitest';
import { hexText } from '../../src/cli/image-hex.ts';
import { parseImageCommand } from '../../src/cli/image-options.ts';
import { columns, count, drawTree, plain, size } from '../../src/cli/text-table.ts';
import { openFlagNames, signalName, signalNames } from '../../src/inspect/names.ts';
import { endpointText } from '../../src/inspect/sockets.ts';
import { LOOPBACK_4, LOOPBACK_6, ANY_4, ANY_6 } from '../../src/sentry/net/ip-address.ts';

describe('names', () => {
  it('calls signals as programs do', () => {
    expect([1, 9, 17, 31, 32, 33, 34, 64].map(signalName)).toEqual(['SIGHUP', 'SIGKILL', 'SIGCHLD', 'SIGSYS', 'SIG32', 'SIG33', 'SIGRTMIN', 'SIGRTMIN+30']);
    expect(signalNames(0n)).toEqual([]);
    expect(signalNames((1n << 63n) | (1n << 9n) | 1n)).toEqual(['SIGHUP', 'SIGUSR1', 'SIGRTMIN+30']);
  });

  it('puts open flags into words, O_SYNC as one', () => {
    expect(openFlagNames(0o2, 0)).toEqual(['O_RDWR']);
    expect(openFlagNames(0o4010000 | 0o2000 | 0o1, 1)).toEqual(['O_WRONLY', 'O_APPEND', 'O_SYNC', 'O_CLOEXEC']);
    expect(openFlagNames(0o10000 | 0o4000, 0)).toEqual(['O_RDONLY', 'O_NONBLOCK', 'O_DSYNC']);
    expect(openFlagNames(0o10000000, 0)).toEqual(['O_RDONLY', 'O_PATH']);
  });

  it('writes addresses as ss does', () => {
    expect(endpointText(LOOPBACK_4, 80)).toBe('127.0.0.1:80');
    expect(endpointText(LOOPBACK_6, 80)).toBe('[::1]:80');
    expect(endpointText(ANY_4, 0)).toBe('');
    expect(endpointText(ANY_6, 0)).toBe('');
    expect(endpointText(ANY_6, 7)).toBe('[::]:7');
    expect(endpointText('\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\x02', 1)).toBe('[fe80::2]:1');
    expect(endpointText('\x20\x01\x0d\xb8\0\0\0\x01\0\0\0\x01\0\0\0\x01', 1)).toBe('[2001:db8:0:1:0:1:0:1]:1');
  });
});

describe('text', () => {
  it('aligns columns and draws trees', () => {
    expect(columns([['a', 10, 'x'], ['bcd', 2, '']], ' ')).toEqual([' a    10  x', ' bcd  2']);
    const leaf = (title: string): { title: string; lines: string[]; children: [] } => ({ title, lines: ['l'], children: [] });
    expect(drawTree([{ title: 'a', lines: ['1'], children: [leaf('b'), leaf('c')] }])).toEqual(['a', '│   1', '├── b', '│       l', '└── c', '        l']);
  });

  it('lets no terminal obey what a guest has named', () => {
    expect(plain('a\x1b[2J\n\u202eb\u2028\u0007ö')).toBe('a\\x1b[2J\\x0a\\u{202e}b\\u{2028}\\x07ö');
    expect([size(999), size(1000), size(33_632), size(2_500_000), size(12_000_000_000)]).toEqual(['999 B', '1 kB', '33.6 kB', '2.5 MB', '12 GB']);
    expect([count(1, 'page'), count(2, 'page'), count(2, 'field differs', 'fields differ')]).toEqual(['1 page', '2 pages', '2 fields differ']);
  });

  it('shows the lines of a page that differ', () => {
    const before = new Uint8Array(4096);
    const after = before.slice();
    after.set([0x41, 0x0a, 0xff], 0x105);
    expect(hexText({ before, after }, 0x5123).split('\n')).toEqual([
      '  ...',
      '- 00005100  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|',
      '+ 00005100  00 00 00 00 00 41 0a ff  00 00 00 00 00 00 00 00  |.....A..........|',
      '  ...', '',
    ]);
    const alone = hexText({ before: null, after }, 0x5000).split('\n');
    expect(alone[0]).toBe('before: not in memory');
    expect(alone.length).toBe(1 + 256 + 1);
  });
});

describe('parseImageCommand', () => {
  it('takes options before and after operands', () => {
    expect(parseImageCommand(['inspect', '--pid=3', 'FILE', '--sections', 'fds, maps', '--parent', 'a', '--parent', 'b'])).toEqual({
      verb: 'inspect', input: 'FILE', isJson: false, pid: 3, sections: new Set(['fds', 'maps']), parents: ['a', 'b'], base: null,
    });
    expect(parseImageCommand(['flatten', 'a', 'b', 'c', '--force', '--parent', 'd'])).toEqual({ verb: 'flatten', input: 'a', output: 'c', replaces: true, parents: ['d', 'b'], base: null });
    expect(parseImageCommand(['diff', 'a', 'b', '--hex', '7:0x1A2b', '--base', 'tar'])).toMatchObject({ verb: 'diff', hex: { pid: 7, address: 0x1a2b }, base: 'tar', isJson: false });
    expect(parseImageCommand(['export', 'a', '--link', '--name', 'n'])).toMatchObject({ verb: 'export', output: null, name: 'n' });
  });

  it('refuses what cannot be meant', () => {
    for (const [line, sentence] of [
      ['diff a b --hex 1:4000000000', '--hex'], ['diff a b --hex 1:0 --format json', '--hex'], ['inspect a --pid one', '--pid one'], ['inspect a --sections ,', '--sections'],
      ['frob', 'there is no frob'], ['inspect', 'image inspect: FILE is needed'], ['inspect a b', 'b is too many, FILE is taken'], ['diff a', 'BEFORE and AFTER are needed'],
      ['inspect a --format xml', 'table or json is possible'], ['inspect a --sections everything', 'summary, processes, threads, fds, maps'], ['export a', 'IN and OUT.tar are needed'],
      ['export a b --link', 'too many'], ['import a', 'needed'], ['flatten a', 'needed'], ['inspect a --frob', 'frob'],
    ] as const) {
      expect(() => parseImageCommand(line.split(' '))).toThrow(sentence);
    }
  });
});

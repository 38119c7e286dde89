import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { busybox, CLI, shell, stasis } from './support/stasis.ts';

describe('exit status', () => {
  it.each([
    ['exit 0', 0],
    ['exit 7', 7],
    ['exit 255', 255],
    ['kill -9 $$', 128 + 9],
    ['kill -TERM $$', 128 + 15],
    ['kill -SEGV $$', 128 + 11],
    ['nosuchcommand 2>/dev/null', 127],
  ])('is that of `%s`: %i', (script, status) => {
    expect(shell(script).status).toBe(status);
  });

  it('is 128 with one sentence where the program is not there', () => {
    const run = busybox(['nosuch', 'word']);
    expect(run.status).toBe(128);
    expect(run.stderr).toMatch(/^stasis: nosuch: not found in [^\n]+\n$/);
    expect(run.stdout).toBe('');
  });

  it('is 128 with one sentence where the program may not be run, is none, or is a directory', () => {
    for (const [program, reason] of [['/etc/passwd', 'EACCES'], ['/etc', 'EACCES'], ['/nowhere/at/all', 'ENOENT']]) {
      const run = busybox([program!]);
      expect(run.status).toBe(128);
      expect(run.stderr).toMatch(new RegExp(`^stasis: [^\\n]*${program}[^\\n]*${reason}[^\\n]*\\n$`));
    }
  });
});

describe('what a program finds', () => {
  it('has PATH and HOME, and no variable of the host', () => {
    const run = busybox(['env'], { env: { LEAK: 'host' } });
    expect(run.stdout.split('\n').filter(Boolean).map((line) => line.split('=')[0]).sort()).toEqual(['HOME', 'PATH']);
    expect(run.stdout).toContain('HOME=/root\n');
  });

  it('has what --env says, the last of a name', () => {
    const run = busybox(['env'], { flags: ['--env', 'A=1', '--env=B=x=y', '--env', 'A=2', '--env', 'HOME=/tmp', '--env', 'Ä=ö'] });
    expect(run.stdout.split('\n').filter((line) => !line.startsWith('PATH')).sort()).toEqual(['', 'A=2', 'B=x=y', 'HOME=/tmp', 'Ä=ö']);
  });

  it('has nothing else with --clear-env', () => {
    expect(busybox(['env'], { flags: ['--clear-env'] }).stdout).toBe('');
    expect(busybox(['/usr/bin/env'], { flags: ['--clear-env', '--env', 'ONLY=this'] }).stdout).toBe('ONLY=this\n');
  });

  it('has the arguments as they are, UTF-8 and empty ones included', () => {
    expect(busybox(['printf', '[%s]', 'a b', '', '-n', '--', 'ü€😀', '$x', '*']).stdout).toBe('[a b][][-n][--][ü€😀][$x][*]');
  });

  it('is in the directory of --cwd, and stasis says where it cannot be', () => {
    expect(busybox(['pwd'], { flags: ['--cwd', '/usr/bin'] }).stdout).toBe('/usr/bin\n');
    const run = busybox(['pwd'], { flags: ['--cwd', '/none'] });
    expect(run.status).toBe(128);
    expect(run.stderr).toMatch(/^stasis: [^\n]*\/none[^\n]*\n$/);
  });

  it.each([
    ['guest', 'uid=1000(guest) gid=1000(guest)'],
    ['1000:5', 'uid=1000(guest) gid=5(tty)'],
    ['guest:users', 'uid=1000(guest) gid=100(users)'],
    ['4711', 'uid=4711 gid=0(root)'],
  ])('runs as --user %s', (user, id) => {
    expect(busybox(['id'], { flags: ['--user', user] }).stdout).toContain(id);
  });

  it('refuses a user that is not there', () => {
    const run = busybox(['id'], { flags: ['--user', 'nobody-there'] });
    expect([run.status, run.stderr]).toEqual([128, "stasis: user nobody-there is not in the container's /etc/passwd\n"]);
  });

  it('has the host name of --hostname, and else stasis', () => {
    expect(busybox(['hostname'], { flags: ['--hostname', 'box.example'] }).stdout).toBe('box.example\n');
    expect(busybox(['hostname']).stdout).toBe('stasis\n');
  });

  it('is pid 1, on riscv64, and may be killed by its own children', () => {
    expect(shell('echo $$; uname -ms').stdout).toBe('1\nLinux riscv64\n');
    expect(shell('(kill -TERM 1); sleep 5; echo not reached').status).toBe(128 + 15);
  });

  it('has /proc, /dev, /dev/pts, /dev/shm, /tmp and a loopback interface', () => {
    const run = shell('cat /proc/1/comm; test -c /dev/null -a -c /dev/ptmx -a -d /dev/pts && echo dev; echo x >/dev/shm/x && echo y >/tmp/y && cat /dev/shm/x /tmp/y; ifconfig lo | grep -c 127.0.0.1; ping -c 1 -q 127.0.0.1 | grep -c "1 packets received"');
    expect(run.stdout).toBe('sh\ndev\nx\ny\n1\n1\n');
  });

  it('is killed at the memory limit, and a sentence says so', () => {
    const run = shell('awk \'BEGIN { x = "a"; while (1) x = x x }\'; echo $?', { flags: ['--memory', '16M'] });
    expect(run.stdout).toBe('137\n');
    expect(run.stderr).toMatch(/stasis: out of memory: the container's limit is 16 MiB; killed pid \d+ `awk`/);
  });
});

describe('a command line that cannot be understood', () => {
  it.each([
    [['do'], 'one of --rootfs and --image is needed'],
    [['do', '--image', 'busybox', '--rootfs', '/', '--', 'ls'], 'one of --rootfs and --image is needed'],
    [['do', '--image', 'busybox'], 'no command was given'],
    [['do', '--image', 'busybox', '--'], 'no command was given'],
    [['do', '--image', 'busybox', '--nosuch', '--', 'ls'], "unknown option '--nosuch'"],
    [['do', '--image', 'busybox', '--env', 'NOVALUE', '--', 'ls'], '--env NOVALUE: NAME=value is needed'],
    [['do', '--image', 'busybox', '--env', '--', 'ls'], "option '--env' argument"],
    [['do', '--image', 'busybox', '--tty=yes', '--', 'ls'], "option '-t, --tty' does not take an argument"],
    [['do', '--image', 'busybox', '--memory', '12X', '--', 'ls'], '--memory 12X: a number with K, M or G is needed'],
    [['do', '--image', 'busybox', '--memory', '12K', '--', 'ls'], '--memory 12K: from 1M to 3584M is possible'],
    [['do', '--image', 'busybox', '--cwd', 'tmp', '--', 'ls'], '--cwd tmp: an absolute path is needed'],
    [['do', '--image', 'busybox', '--volume', 'nowhere', '--', 'ls'], '--volume nowhere: HOST_PATH:/GUEST/PATH[:ro] is needed'],
    [['do', '--image', 'busybox', '--checkpoint-every', '0', '--', 'ls'], '--checkpoint-every 0: a number from 1 on is needed'],
    [['do', '--image', 'nosuch', '--', 'ls'], 'there is no image nosuch; built in: busybox'],
    [['run', 'c1', '--image', 'busybox', '--', 'ls'], 'options go before the id, and "--image" comes after it'],
    [['frobnicate'], 'there is no verb frobnicate'],
    [[], 'no verb was given'],
  ])('%j is refused in one sentence, with status 128', (args, sentence) => {
    const run = stasis(args);
    expect(run.status).toBe(128);
    expect(run.stdout).toBe('');
    expect(run.stderr).toMatch(/^stasis: [^\n]+\n$/);
    expect(run.stderr).toContain(sentence);
  });

  it('ends the options at the first word of the command, with or without --', () => {
    expect(stasis(['do', '--image', 'busybox', 'echo', '--env', '--', 'x']).stdout).toBe('--env -- x\n');
    expect(stasis(['do', '--image', 'busybox', '--', 'echo', '--', '--help']).stdout).toBe('-- --help\n');
  });
});

describe('stasis itself', () => {
  it('tells its version and its usage', () => {
    expect(stasis(['--version']).stdout).toMatch(/^stasis \d+\.\d+\.\d+\n$/);
    expect(stasis(['help'])).toMatchObject({ status: 0, stderr: '' });
  });

  it.each([
    [['do'], /^usage: stasis do \([^]*\n {2}--checkpoint-every N [^\n]*\n$/, /exec|inspect/],
    [['image'], /^usage: stasis image \(inspect[^]*\n {2}diff [^]*--force[^\n]*\n$/, /--rootfs|--leave-running/],
    [['image', 'diff'], /^usage: stasis image \(inspect [^\n]*\n\n {2}diff [^]*--hex[^]*--format table\|json\n$/, /flatten {3}|--sections/],
    [['run'], /^usage: stasis \[--root DIR\] run [^]*\n {2}run ID[^]*--bundle DIR[^]*--pid-file[^\n]*\n$/, /--exec-policy|--restorable/],
    [['restore'], /^usage: stasis \[--root DIR\] restore [^]*--bundle[^]*--replace[^]*--exec-policy/, /--restorable|--leave-running/],
    [['checkpoint'], /^usage: stasis \[--root DIR\] checkpoint [^]*--leave-running/, /--exec-policy|--restorable/],
    [['start'], /^usage: stasis \[--root DIR\] start [^\n]*\n\n {2}create, start [^\n]*\n$/, /--bundle/],
  ])('%j --help tells what that verb does', (verb, said, unsaid) => {
    const { status, stdout } = stasis([...verb, '--help']);
    expect([status, stdout]).toEqual([0, expect.stringMatching(said)]);
    expect(stdout.replace(/^.*\n/, '')).not.toMatch(unsaid);
  });

  it('can be started from another directory and through a link', () => {
    const run = spawnSync('sh', ['-c', 'cd /tmp && d=$(mktemp -d) && ln -s "$1" "$d/stasis" && "$d/stasis" do --image busybox -- echo linked; rm -r "$d"', 'sh', CLI], { encoding: 'utf8', env: { ...process.env, PATH: `${process.execPath.replace(/\/[^/]*$/, '')}:${process.env['PATH']}` } });
    expect(run.stdout).toBe('linked\n');
  });
});

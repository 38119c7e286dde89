/** What an inspection says of a checkpoint, held against what programs inside say of themselves. */
import { beforeAll, describe, expect, it } from 'vitest';
import { diffOf, pagePair, reportOf } from '../../src/inspect/index.ts';
import type { FdReport, ImageReport, ProcessReport } from '../../src/inspect/index.ts';
import { ContainerHarness, hasProgram } from '../support/container-harness.ts';
import { busyboxTree, Chain, inspected } from '../support/inspection.ts';

const TERMINAL = { rows: 24, columns: 80 };

function processOf(report: ImageReport, pid: number): ProcessReport {
  return report.processes.find((process) => process.pid === pid)!;
}

function fdOf(process: ProcessReport, fd: number): FdReport {
  return process.fds.find((one) => one.fd === fd)!;
}

/** A line of /proc/PID/maps without device and inode. */
function mapLines(process: ProcessReport): string[] {
  return process.mappings.map(({ start, end, permissions, offset, name }) => {
    const [from, to, at] = [start, end, offset].map((value) => value.toString(16).padStart(8, '0'));
    return `${from}-${to} ${permissions} ${at} ${name}`.trim();
  });
}

describe('reportOf', () => {
  const harness = ContainerHarness.start({ argv: ['/bin/sh'], terminal: TERMINAL });
  harness.run(300);
  const type = (text: string): string => {
    const start = harness.init.output().length;
    harness.init.type(`${text}\n`);
    harness.run(300);
    return harness.init.output().slice(start).replaceAll('\r', '');
  };
  type('stty -echo; cd /tmp; umask 027; trap "" USR1; trap "true" USR2');
  type('sleep 100 & (echo unread; sleep 200) | sleep 300 &');
  type('echo text > a; mkdir d; mkfifo d/f; ln -s a l; rm /bin/vi /etc/passwd; echo root > /etc/passwd; chmod 600 /etc/group; mv /etc/hosts /etc/names');
  const exec = harness.exec(['/bin/sh', '-c', 'exec 7>/tmp/log; echo begun >&7; sleep 400'], TERMINAL);
  harness.run(300);
  const ps = type('ps -o pid,ppid,pgid,stat,comm,args,tty');
  const maps = type('cat /proc/$$/maps');
  const links = type("ls -l /proc/$$/fd | sed -n 's/.* \\([0-9]*\\) -> /\\1 /p'");
  const image = inspected(harness.image());
  const report = reportOf(image);

  it('lists the processes that ps lists', () => {
    const listed = ps.split('\n').map((line) => line.trim().split(/\s+/)).filter((cells) => /^\d+$/.test(cells[0]!) && cells[4] !== 'ps');
    expect(listed.length).toBeGreaterThanOrEqual(5);
    expect(report.processes.map(({ pid, ppid, pgid, state, command }) => [pid, ppid, pgid, state, command].map(String))).toEqual(
      listed.map(([pid, ppid, pgid, state, command]) => [pid, ppid, pgid, state![0], command]),
    );
    expect(processOf(report, exec.pid).origin).toBe('exec');
    expect(processOf(report, 1)).toMatchObject({ origin: 'init', cwd: '/tmp', umask: 0o027, tty: 'pts/0', uid: 0, commandLine: '/bin/sh' });
    expect(processOf(report, 1).ignoredSignals).toContain('SIGUSR1');
    expect(processOf(report, 1).caughtSignals).toContain('SIGUSR2');
  });

  it('has the memory map that /proc/PID/maps shows, and what of it is in memory', () => {
    const shown = maps.split('\n').filter((line) => /^[0-9a-f]+-/.test(line)).map((line) => line.replace(/^(\S+ \S+ \S+) \S+ \S+ */, '$1 ').trim());
    expect(mapLines(processOf(report, 1))).toEqual(shown);
    const resident = harness.container.kernel.threadGroups.get(1)!.leader.mm;
    expect(processOf(report, 1).mappings.map(({ residentPages }) => residentPages)).toEqual(resident.vmas.map((vma) => resident.residentPages(vma.start, vma.end)));
  });

  it('has the descriptors that /proc/PID/fd shows, and the keys of those outside', () => {
    const shown = links.split('\n').filter((line) => /^\d+ /.test(line));
    expect(processOf(report, 1).fds.map(({ fd, target }) => `${fd} ${target}`).sort()).toEqual(shown.sort());
    expect(shown.length).toBe(4);
    expect(fdOf(processOf(report, 1), 0)).toMatchObject({ kind: 'terminal', hostKey: 'c1:host:0', flags: ['O_RDWR'] });
    const log = report.processes.flatMap(({ fds }) => fds).find(({ target }) => target === '/tmp/log')!;
    expect(log).toMatchObject({ fd: 7, kind: 'regular', flags: ['O_WRONLY'], position: 6, hostKey: null });
    expect(report.processes.flatMap(({ fds }) => fds).filter(({ kind }) => kind === 'pipe').map(({ detail }) => detail)).toContain('7 bytes unread');
  });

  it('says what threads wait in', () => {
    expect(report.processes.filter(({ command }) => command === 'sleep').map(({ threads }) => threads[0]!.waitsIn)).toEqual(Array(4).fill('clock_nanosleep'));
    expect(processOf(report, 1).threads[0]!.waitsIn).toBe('read 0 /dev/pts/0');
  });

  it('lists what is not as in the base image, and the mounts', () => {
    const files = Object.fromEntries(report.files.map((file) => [file.path, `${file.change} ${file.kind} ${file.sizeBytes} ${file.mode.toString(8)}`]));
    expect(files).toMatchObject({
      '/tmp/a': 'added file 5 640', '/tmp/d/f': 'added fifo 0 640', '/tmp/l': 'added symlink 1 777', '/tmp/log': 'added file 6 644',
      '/bin/vi': `removed symlink ${busyboxTree.stat('/bin/vi')!.sizeBytes} 777`, '/etc/passwd': 'changed file 5 640',
      '/etc/group': `changed file ${busyboxTree.stat('/etc/group')!.sizeBytes} 600`,
      '/etc/names': `added file ${busyboxTree.stat('/etc/hosts')!.sizeBytes} ${(busyboxTree.stat('/etc/hosts')!.mode & 0o7777).toString(8)}`,
      '/etc/hosts': `removed file ${busyboxTree.stat('/etc/hosts')!.sizeBytes} ${(busyboxTree.stat('/etc/hosts')!.mode & 0o7777).toString(8)}`,
    });
    expect(report.files.some(({ path }) => path.startsWith('/dev') || path.startsWith('/proc') || path === '/bin/busybox')).toBe(false);
    expect(report.mounts.map(({ path, type }) => `${path} ${type}`)).toEqual(['/ overlay', '/dev tmpfs', '/dev/pts devpts', '/dev/shm tmpfs', '/proc proc', '/sys sysfs']);
  });

  it('is the same without the base image, except for what only that knows', () => {
    const without = reportOf(inspected(harness.image(), null));
    expect({ ...without, files: [] }).toEqual({ ...reportOf(inspected(harness.image())), files: [] });
    expect(without.files.filter(({ change }) => change !== 'removed')).toEqual(report.files.filter(({ change }) => change !== 'removed'));
    expect(without.files.find(({ path }) => path === '/bin/vi')).toEqual({ path: '/bin/vi', change: 'removed', kind: 'unknown', sizeBytes: null, mode: 0 });
  });

  it('is plain data that JSON keeps', () => {
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(structuredClone(report)).toEqual(report);
  });

  it('takes less than 20 ms', () => {
    const bytes = harness.image();
    const times = Array.from({ length: 8 }, () => {
      const start = process.cpuUsage(); // not the clock: others may be running beside
      reportOf(inspected(bytes));
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1000;
    });
    expect(Math.min(...times)).toBeLessThan(20);
  });
});

describe.skipIf(!hasProgram('holds'))('reportOf a program that holds one of each', () => {
  let harness: ContainerHarness;
  let said: string;
  let numbers: Record<string, number>;
  let report: ImageReport;
  let holder: ProcessReport;
  const byKind = (kind: string): FdReport[] => holder.fds.filter((fd) => fd.kind === kind);

  beforeAll(() => {
    harness = ContainerHarness.start({ argv: ['/holds'], terminal: TERMINAL, programs: ['holds'] });
    harness.run(500);
    said = harness.init.output().replaceAll('\r', '');
    numbers = Object.fromEntries([...said.split('\n')[0]!.matchAll(/(\w+) (\d+)/g)].map(([, name, number]) => [name!, Number(number)]));
    report = reportOf(inspected(harness.image()));
    holder = processOf(report, 1);
  });

  it('names each descriptor as the program sees it, with position and flags', () => {
    expect(said).toContain('ready');
    const told = [...said.matchAll(/^fd (\d+) (\d+) (\d+) (.*)$/gm)].map(([, fd, position, , target]) => `${fd} ${position} ${target}`);
    expect(told.length).toBeGreaterThan(20);
    expect(holder.fds.map(({ fd, position, target }) => `${fd} ${position} ${target}`)).toEqual(told);
    const withCloexec = [...said.matchAll(/^fd (\d+) \d+ (\d+) /gm)].filter(([, , flags]) => (Number.parseInt(flags!, 8) & 0o2000000) !== 0).map(([, fd]) => Number(fd));
    expect(holder.fds.filter(({ flags }) => flags.includes('O_CLOEXEC')).map(({ fd }) => fd)).toEqual(withCloexec);
  });

  it('says what matters for each kind', () => {
    expect(byKind('regular').map(({ target, position }) => [target, position])).toEqual([['/tmp/held', 4]]);
    expect(byKind('directory').map(({ target }) => target)).toEqual(['/etc']);
    expect(byKind('pipe').map(({ flags, detail }) => [...flags, detail])).toEqual([['O_RDONLY', 'O_NONBLOCK', '5 bytes unread'], ['O_WRONLY', 'O_NONBLOCK', '5 bytes unread']]);
    expect(byKind('eventfd')[0]!.detail).toBe('count 7');
    expect(byKind('timerfd')[0]!.detail).toBe('expires in 86400 s, every 3 s');
    expect(byKind('signalfd')[0]!.detail).toBe('SIGUSR1 SIGRTMIN+2');
    expect(byKind('epoll')[0]!.detail).toBe(`watches fd ${byKind('pipe')[0]!.fd}, fd ${byKind('eventfd')[0]!.fd}`);
    expect(byKind('inotify')[0]!.detail).toBe('1 watches, 1 events unread');
    expect(byKind('memfd')[0]).toMatchObject({ target: '/memfd:held (deleted)', detail: '8192 bytes' });
    expect(byKind('tcp').map(({ detail }) => detail)).toEqual(expect.arrayContaining(['listen, 127.0.0.1:7070']));
  });

  it('lists sockets with their ends, also one that nobody has accepted', () => {
    const facts = report.sockets.map(({ kind, state, local, peer, receiveBytes, pids }) => `${kind} ${state} ${local} ${peer} ${receiveBytes} ${pids.join(',')}`);
    const client = report.sockets.find(({ kind, peer }) => kind === 'tcp' && peer === '127.0.0.1:7070')!;
    const stopped = numbers['stopped'];
    expect(facts).toContain(`tcp listen 127.0.0.1:7070  0 1,${stopped}`);
    expect(facts).toContain(`tcp established 127.0.0.1:7070 ${client.local} 12 1,${stopped}`);
    expect(facts).toContain(`udp unconnected 127.0.0.1:5353  0 1,${stopped}`);
    expect(facts.some((fact) => fact.startsWith('unix listening /tmp/held.sock'))).toBe(true);
    expect(facts.filter((fact) => /^unix connected \/tmp\/held.sock #\d+ 0 $/.test(fact)).length).toBe(1);
    expect(facts.filter((fact) => fact.startsWith('unix connected') && fact.includes(' 3 1,')).length).toBe(1);
    expect(facts.filter((fact) => fact.startsWith('netlink')).length).toBe(1);
    const shown = said.slice(said.indexOf('\ntcp\n')).match(/^ *\d+: .*$/gm)!;
    expect(report.sockets.filter(({ kind }) => kind === 'tcp').length).toBe(shown.length);
    for (const { inode } of report.sockets.filter(({ kind }) => kind === 'tcp')) expect(shown.some((line) => line.includes(` ${inode} `))).toBe(true);
  });

  it('tells threads, signals, a stopped process and a zombie', () => {
    expect(holder.threads.length).toBe(2);
    expect(holder.threads.map(({ waitsIn }) => waitsIn)).toEqual(['ppoll', 'futex']);
    expect(holder.threads[0]!.blockedSignals).toEqual(['SIGUSR1', 'SIGRTMIN+2']);
    expect([...holder.pendingSignals, ...holder.threads[0]!.pendingSignals]).toEqual(['SIGUSR1']);
    expect(holder.ignoredSignals).toEqual(['SIGUSR2']);
    expect(holder).toMatchObject({ cwd: '/tmp', umask: 0o027 });
    expect(processOf(report, numbers['stopped']!)).toMatchObject({ state: 'T', ppid: 1 });
    expect(processOf(report, numbers['dead']!)).toMatchObject({ state: 'Z', exitStatus: 3 << 8, threads: [], fds: [], mappings: [] });
  });

  it('has its memory map, shared mappings too', () => {
    const shown = said.slice(said.indexOf('\nmaps\n') + 6, said.indexOf('\ntcp\n')).split('\n').map((line) => line.replace(/^(\S+ \S+ \S+) \S+ \S+ */, '$1 ').trim());
    expect(mapLines(holder)).toEqual(shown);
    expect(shown.some((line) => line.includes('rw-s') && line.endsWith('/memfd:held (deleted)'))).toBe(true);
  });

  it('reads a page of its memory', () => {
    const shared = holder.mappings.find(({ name }) => name.startsWith('/memfd:held'))!;
    const image = inspected(harness.image());
    const { before } = pagePair(image, image, 1, shared.start + 5);
    expect(new TextDecoder().decode(before!.subarray(0, 10))).toBe('in a memfd');
    expect(pagePair(image, image, 1, shared.start + 4096)).toEqual({ before: null, after: null });
    expect(pagePair(image, image, 4711, 0)).toEqual({ before: null, after: null });
  });
});

describe('openImage', () => {
  it('opens a difference with what it stands on, and says what is missing', () => {
    const harness = ContainerHarness.start({ argv: ['/bin/sh'], terminal: TERMINAL });
    harness.run(300);
    const chain = new Chain(harness);
    const first = chain.checkpoint();
    harness.init.type('cd /var\n');
    harness.run(100);
    const second = chain.checkpoint();
    const full = harness.image();
    const { summary, ...rest } = reportOf(chain.open(second));
    const { summary: fullSummary, ...fullRest } = reportOf(inspected(full));
    expect(rest).toEqual(fullRest);
    expect(summary).toMatchObject({ digest: second, parent: first, chainImages: 2, chainBytes: summary.imageBytes + chain.store.image(first)!.length });
    expect(fullSummary).toMatchObject({ parent: null, chainImages: 1, hostname: 'stasis', containerId: 'c1', generation: 1 });
    expect(() => inspected(chain.store.image(second)!)).toThrow(`parent: the image is a difference to ${first}, which is not there: add that one first`);
    expect(diffOf(chain.open(second), inspected(full))).toMatchObject({ processes: [], files: [], pages: [], state: [], notes: [] });
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FIONREAD, TCSETS, TIOCPKT } from '../../src/abi/ioctl.ts';
import { O_NOCTTY, O_NONBLOCK, O_RDWR } from '../../src/abi/open.ts';
import { S_IFCHR } from '../../src/abi/stat.ts';
import { SysError } from '../../src/base/errors.ts';
import { DevPts } from '../../src/sentry/fs/devpts/devpts.ts';
import { KernelBuffer } from '../../src/sentry/mm/io-buffer.ts';
import { PtyDriver } from '../../src/sentry/tty/pty.ts';
import type { PtyMaster } from '../../src/sentry/tty/pty.ts';
import type { FileDescription } from '../../src/sentry/vfs/file-description.ts';
import { WOULD_BLOCK } from '../../src/sentry/wait/block.ts';
import { Clock } from '../../src/sentry/wait/clock.ts';
import { FakeCaller, FakeMemory, makeInode, makeVfs } from './tty-support.ts';

type Modes = [number, number, number, number, number[]];
/**
 * One step on a pty: `t` set modes of the slave (by the ioctl given last), `m` and `s` write to master and slave,
 * `M` and `r` read up to so many bytes from them, `q` FIONREAD of the slave, `p` and `P` poll slave and master, `k` packet mode.
 */
type Step = ['t', Modes, number?] | ['m' | 's', number[]] | ['r' | 'M' | 'k', number] | ['q' | 'p' | 'P'];
interface Recording {
  steps: Step[];
  /** Per step: bytes read, a result, or −errno. */
  results: (number | number[])[];
}

const POLLED = 0x1f;
const EAGAIN = 11;

/** Recorded on Linux 6.18: random modes, random input, both ends non-blocking. */
const recordings = JSON.parse(readFileSync(new URL('tty-linux.json', import.meta.url), 'utf8')) as Recording[];

class PtyPair {
  clock = new Clock();
  caller = new FakeCaller();
  memory = new FakeMemory();
  master: PtyMaster;
  slave: FileDescription;

  constructor() {
    const vfs = makeVfs(this.clock);
    const driver = new PtyDriver(this.clock, vfs.devices, new DevPts(vfs));
    const flags = O_RDWR | O_NONBLOCK;
    this.master = driver.open(makeInode(S_IFCHR | 0o666, vfs), null, flags, flags, this.caller) as PtyMaster;
    this.master.pty.isLocked = false;
    this.slave = this.master.openPeer(O_RDWR | O_NOCTTY, flags, this.caller);
  }

  perform(step: Step): number | number[] {
    this.clock.monotonicNs += 1_000_000;
    this.caller.startNs = this.clock.monotonicNs;
    try {
      return this.attempt(step);
    } catch (error) {
      if (error instanceof SysError) return -error.errno;
      throw error;
    }
  }

  attempt(step: Step): number | number[] {
    const { memory, caller, slave } = this;
    const master: FileDescription = this.master;
    switch (step[0]) {
      case 't': {
        const [iflag, oflag, cflag, lflag, cc] = step[1];
        [iflag, oflag, cflag, lflag, 0].forEach((word, i) => memory.writeU32(4 * i, word));
        memory.writeBytes(17, Uint8Array.from(cc));
        return slave.ioctl(step[2] ?? TCSETS, 0, caller, memory);
      }
      case 'm':
        return this.write(master, step[1]);
      case 's':
        return this.write(slave, step[1]);
      case 'M':
        return this.read(master, step[1]);
      case 'r':
        return this.read(slave, step[1]);
      case 'q':
        slave.ioctl(FIONREAD, 100, caller, memory);
        return memory.readU32(100);
      case 'p':
        return slave.pollEvents(caller) & POLLED;
      case 'P':
        return master.pollEvents(caller) & POLLED;
      case 'k':
        memory.writeU32(0, step[1]);
        return master.ioctl(TIOCPKT, 0, caller, memory);
    }
  }

  read(file: FileDescription, sizeBytes: number): number | number[] {
    const buffer = new KernelBuffer(new Uint8Array(sizeBytes));
    const count = file.read(buffer, this.caller);
    return count === WOULD_BLOCK ? -EAGAIN : [...buffer.bytes.subarray(0, count)];
  }

  write(file: FileDescription, bytes: number[]): number {
    const count = file.write(new KernelBuffer(Uint8Array.from(bytes)), this.caller);
    return count === WOULD_BLOCK ? -EAGAIN : count;
  }
}

describe('line discipline', () => {
  recordings.forEach((recording, number) => {
    it(`does what Linux does (recording ${number + 1})`, () => {
      const pair = new PtyPair();
      expect(recording.steps.map((step) => pair.perform(step))).toEqual(recording.results);
    });
  });
});

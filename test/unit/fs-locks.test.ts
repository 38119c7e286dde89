import { describe, expect, it } from 'vitest';
import { EDEADLK } from '../../src/abi/errno.ts';
import { O_RDWR, O_CREAT } from '../../src/abi/open.ts';
import { FileLocks, LOCK_TO_END, LockTable } from '../../src/sentry/vfs/locks.ts';
import type { LockOwner } from '../../src/sentry/vfs/locks.ts';
import { Waiter } from '../../src/sentry/wait/wait-queue.ts';
import { errnoOf, open, tmpfsWorld } from './fs-support.ts';

const process = (pid: number): LockOwner => ({ pid, file: null });

/** `pid start-end x|s` of each lock, by start. */
function shown(locks: FileLocks): string[] {
  return locks.records.map((lock) => `${lock.pid} ${lock.start}-${lock.end === LOCK_TO_END ? 'end' : lock.end} ${lock.isExclusive ? 'x' : 's'}`);
}

class WaitingProcess extends Waiter {
  pid: number;
  woken = 0;

  constructor(pid: number) {
    super();
    this.pid = pid;
  }

  notify(): void {
    this.woken++;
  }
}

describe('record locks', () => {
  it('joins what touches and is of one kind', () => {
    const locks = new FileLocks();
    locks.setRecord(process(1), true, 0, 10);
    locks.setRecord(process(1), true, 20, 30);
    locks.setRecord(process(1), true, 10, 20);
    expect(shown(locks)).toEqual(['1 0-30 x']);
    locks.setRecord(process(1), true, 25, LOCK_TO_END);
    expect(shown(locks)).toEqual(['1 0-end x']);
  });

  it('splits a lock at a change of kind and at an unlocking', () => {
    const locks = new FileLocks();
    locks.setRecord(process(1), true, 0, 30);
    locks.setRecord(process(1), false, 10, 20);
    expect(shown(locks)).toEqual(['1 0-10 x', '1 10-20 s', '1 20-30 x']);
    locks.clearRecord(process(1), 5, 25);
    expect(shown(locks)).toEqual(['1 0-5 x', '1 25-30 x']);
  });

  it('conflicts by range, kind and owner', () => {
    const locks = new FileLocks();
    locks.setRecord(process(1), false, 10, 20);
    expect(locks.findConflict(process(2), false, 0, 100)).toBeNull();
    expect(locks.findConflict(process(2), true, 20, 30)).toBeNull();
    expect(locks.findConflict(process(1), true, 0, 100)).toBeNull();
    expect(locks.findConflict(process(2), true, 19, 20)?.pid).toBe(1);
  });

  it('tells an open file from the process that opened it', () => {
    const file = open(tmpfsWorld(), 'f', O_CREAT | O_RDWR);
    const locks = new FileLocks();
    locks.setRecord({ pid: 1, file }, true, 0, 10);
    expect(locks.findConflict(process(1), true, 0, 10)).not.toBeNull();
    expect(locks.findConflict({ pid: 2, file }, true, 0, 10)).toBeNull();
    locks.releaseProcess(1);
    expect(locks.records).toHaveLength(1);
    locks.releaseFile(file);
    expect(locks.records).toHaveLength(0);
  });

  it('wakes those who wait for what is given up', () => {
    const locks = new FileLocks();
    locks.setRecord(process(1), true, 0, 10);
    const waiter = new WaitingProcess(2);
    locks.findConflict(process(2), true, 5, 6)?.waiters.add(waiter);
    locks.clearRecord(process(1), 8, 10);
    expect(waiter.woken).toBe(1);
  });

  it('finds a deadlock through three processes, and none once a waiter has gone', () => {
    const table = new LockTable();
    const files = [new FileLocks(), new FileLocks(), new FileLocks()];
    files.forEach((locks, i) => locks.setRecord(process(i + 1), true, 0, 1));
    const waiters = [1, 2, 3].map((pid) => new WaitingProcess(pid));
    // 1 waits for 2, 2 waits for 3
    const held = files.map((locks) => locks.records[0]);
    table.beginWait(held[1]!, process(1));
    held[1]!.waiters.add(waiters[0]!);
    table.beginWait(held[2]!, process(2));
    held[2]!.waiters.add(waiters[1]!);
    expect(errnoOf(() => table.beginWait(held[0]!, process(3)))).toBe(EDEADLK);
    held[2]!.waiters.remove(waiters[1]!);
    expect(errnoOf(() => table.beginWait(held[0]!, process(3)))).toBe(0);
  });
});

describe('flock', () => {
  it('is shared or exclusive, belongs to the open file and goes with it', () => {
    const world = tmpfsWorld();
    const [a, b] = [open(world, 'f', O_CREAT | O_RDWR), open(world, 'f', O_RDWR)];
    const locks = new FileLocks();
    a.inode.locks = locks;
    expect([locks.tryFlock(a, false), locks.tryFlock(b, false), locks.tryFlock(b, true)]).toEqual([true, true, false]);
    a.drop();
    expect(locks.tryFlock(b, true)).toBe(true);
  });
});

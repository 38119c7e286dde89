import type { Core } from '../../core/core.ts';
import { anyRef, defineState, edge, ref, u32 } from '../../state/index.ts';
import type { MappingInvalidator } from '../mm/mappable.ts';
import type { Clock } from '../wait/clock.ts';
import { DeviceTable } from './device.ts';
import { LockTable } from './locks.ts';

/** What all file systems of a kernel share. */
export class Vfs {
  core: Core;
  clock: Clock;
  /** Drops PTEs of pages that a truncation took away. */
  invalidator: MappingInvalidator;
  /** Drivers of device nodes. */
  devices = new DeviceTable();
  /** fcntl locks that somebody waits for. */
  locks = new LockTable();
  /** Watches of inotify(7) in force anywhere: nothing is told while there are none. */
  watcherCount = 0;
  /** Ties the two halves of a rename for inotify(7). */
  lastCookie = 0;
  lastDevice = 0;
  lastMountId = 0;

  constructor(core: Core, clock: Clock, invalidator: MappingInvalidator) {
    this.core = core;
    this.clock = clock;
    this.invalidator = invalidator;
  }

  /** CLOCK_REALTIME in ns: what file times are set to. */
  nowNs(): bigint {
    return this.clock.realtimeNs();
  }

  /** A device number of a file system without a device: major 0. */
  nextDevice(): number {
    return ++this.lastDevice;
  }

  nextMountId(): number {
    return ++this.lastMountId;
  }

  nextCookie(): number {
    return ++this.lastCookie;
  }
}

defineState(Vfs, 'Vfs', 1, {
  core: edge('core', () => 'core'),
  clock: ref<Clock>('Clock'),
  invalidator: anyRef<MappingInvalidator>(),
  devices: ref<DeviceTable>('DeviceTable'),
  locks: ref<LockTable>('LockTable'),
  watcherCount: u32,
  lastCookie: u32,
  lastDevice: u32,
  lastMountId: u32,
});

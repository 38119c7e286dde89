import type { Core } from '../../core/core.ts';
import { anyRef, atRest, defineState, edge, ref, set, u32 } from '../../state/index.ts';
import type { MappingInvalidator } from '../mm/mappable.ts';
import type { Clock } from '../wait/clock.ts';
import { CheckpointNotices } from './checkpoint-notices.ts';
import { DeviceTable } from './device.ts';
import type { FileSystem } from './file-system.ts';
import { LockTable } from './locks.ts';

/** What all file systems of a kernel share. */
export class Vfs {
  core: Core;
  clock: Clock;
  /** Drops PTEs of pages that a truncation took away. */
  invalidator: MappingInvalidator;
  /** Drivers of device nodes. */
  devices = new DeviceTable();
  /** What programs are told of checkpoints. */
  checkpoints = new CheckpointNotices();
  /** fcntl locks that somebody waits for. */
  locks = new LockTable();
  /** All file systems there are. */
  fileSystems = new Set<FileSystem>();
  /** Watches of inotify(7) in force anywhere: nothing is told while there are none. */
  watcherCount = 0;
  /** Ties the two halves of a rename for inotify(7). */
  lastCookie = 0;
  lastDevice = 0;
  lastMountId = 0;
  /** Takes down what a checkpoint's pause has left for later; null while there is nothing. */
  unsettled: (() => void) | null = null;

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

  /** Gives up page frames whose content can be had again: called when memory runs out. Returns how many were freed. */
  reclaim(): number {
    let freed = 0;
    for (const fileSystem of this.fileSystems) freed += fileSystem.reclaim();
    return freed;
  }

  /** A fresh frame of zeros for a cache of file content, after reclaiming if need be; 0 when there is none. */
  allocateFrame(): number {
    const made = this.core.frameAlloc();
    if (made !== 0 || this.reclaim() === 0) return made;
    return this.core.frameAlloc();
  }

  /** Called at the start of a checkpoint, before the state is walked. */
  beforeCheckpoint(): void {
    for (const fileSystem of this.fileSystems) fileSystem.beforeCheckpoint();
  }

  /** Call before the pages of a file are others than before: a checkpoint may not have looked at them yet. */
  settle(): void {
    this.unsettled?.();
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
  checkpoints: ref<CheckpointNotices>('CheckpointNotices'),
  locks: ref<LockTable>('LockTable'),
  fileSystems: set(ref<FileSystem>('FileSystem')),
  watcherCount: u32,
  lastCookie: u32,
  lastDevice: u32,
  lastMountId: u32,
  unsettled: atRest<(() => void) | null>(() => null),
});

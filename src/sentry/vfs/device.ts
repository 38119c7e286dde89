import { ENXIO } from '../../abi/errno.ts';
import { deviceMajor, deviceMinor } from '../../abi/stat.ts';
import { SysError } from '../../base/errors.ts';
import { anyRef, defineState, map, optional, u32 } from '../../state/index.ts';
import type { Caller } from './caller.ts';
import type { FileDescription } from './file-description.ts';
import type { Inode } from './inode.ts';
import type { Path } from './path.ts';

/** What opening a special node does: a device, or a FIFO. Kernel state like any other: subclasses have a schema. */
export abstract class SpecialOpener {
  /**
   * Opens the node `inode`, found at `path`.
   *
   * An open that has to wait (the other end of a FIFO) returns the file all the same; it says so by `FileDescription.openQueue`.
   * @param statusFlags  access mode and status flags
   * @param openFlags    all flags as given to open(2), O_NOCTTY among them
   */
  abstract open(inode: Inode, path: Path | null, statusFlags: number, openFlags: number, caller: Caller): FileDescription;
}

/** Drivers by device number: a node made by mknod(2) anywhere opens the same device. */
export class DeviceTable {
  /** Character devices by `makeDevice(major, minor)`. */
  characterDevices = new Map<number, SpecialOpener>();
  /** Opens FIFOs made by mknod(2). */
  fifos: SpecialOpener | null = null;

  register(device: number, opener: SpecialOpener): void {
    this.characterDevices.set(device, opener);
  }

  unregister(device: number): void {
    this.characterDevices.delete(device);
  }

  /** @errors ENXIO when no driver has the number */
  characterDevice(device: number): SpecialOpener {
    const opener = this.characterDevices.get(device);
    if (opener === undefined) throw new SysError(ENXIO, `open: no device ${deviceMajor(device)}:${deviceMinor(device)}`);
    return opener;
  }
}

defineState(DeviceTable, 'DeviceTable', 1, {
  characterDevices: map(u32, anyRef<SpecialOpener>()),
  fifos: optional(anyRef<SpecialOpener>()),
});

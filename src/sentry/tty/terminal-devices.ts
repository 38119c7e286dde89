import { ENXIO } from '../../abi/errno.ts';
import { O_NOCTTY } from '../../abi/open.ts';
import { SysError } from '../../base/errors.ts';
import { defineState, optional, ref } from '../../state/index.ts';
import type { Caller } from '../vfs/caller.ts';
import { SpecialOpener } from '../vfs/device.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import type { Inode } from '../vfs/inode.ts';
import type { Path } from '../vfs/path.ts';
import { openTty } from './tty-file.ts';
import { Tty } from './tty.ts';

/** /dev/tty: the caller's controlling terminal. */
export class OwnTerminalDevice extends SpecialOpener {
  /** @errors ENXIO the caller has none */
  override open(inode: Inode, path: Path | null, statusFlags: number, openFlags: number, caller: Caller): FileDescription {
    const { tty } = caller.session();
    if (!(tty instanceof Tty)) throw new SysError(ENXIO, 'open: no controlling terminal');
    return openTty(tty, inode, path, statusFlags, openFlags | O_NOCTTY, caller);
  }
}

/** /dev/console: the container's first terminal. */
export class ConsoleDevice extends SpecialOpener {
  console: Tty | null = null;

  /** @errors ENXIO the container has no console */
  override open(inode: Inode, path: Path | null, statusFlags: number, openFlags: number, caller: Caller): FileDescription {
    if (this.console === null) throw new SysError(ENXIO, 'open: the container has no console');
    return openTty(this.console, inode, path, statusFlags, openFlags, caller);
  }
}

defineState(OwnTerminalDevice, 'OwnTerminalDevice', 1, {});
defineState(ConsoleDevice, 'ConsoleDevice', 1, { console: optional(ref<Tty>('Tty')) });

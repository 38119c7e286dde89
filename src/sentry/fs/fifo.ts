import { EINVAL, ENXIO } from '../../abi/errno.ts';
import { O_ACCMODE, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } from '../../abi/open.ts';
import { SysError } from '../../base/errors.ts';
import { defineState } from '../../state/index.ts';
import type { Caller } from '../vfs/caller.ts';
import { SpecialOpener } from '../vfs/device.ts';
import type { Inode } from '../vfs/inode.ts';
import type { Path } from '../vfs/path.ts';
import { Pipe, PipeFile } from './pipe.ts';

/** Opens FIFOs: a named pipe lives in its inode's `attachment` while somebody has it open. */
export class FifoOpener extends SpecialOpener {
  /**
   * fifo(7): a reader waits for a writer and a writer for a reader (`openQueue` of the file); O_NONBLOCK waits for none.
   * @errors ENXIO a writer with O_NONBLOCK, and no reader
   */
  override open(inode: Inode, path: Path | null, statusFlags: number, openFlags: number, caller: Caller): PipeFile {
    void openFlags;
    void caller;
    const mode = statusFlags & O_ACCMODE;
    if (mode !== O_RDONLY && mode !== O_WRONLY && mode !== O_RDWR) throw new SysError(EINVAL, 'open: no access mode of a FIFO');
    const present = inode.attachment instanceof Pipe ? inode.attachment : null;
    const isNonblocking = (statusFlags & O_NONBLOCK) !== 0;
    if (mode === O_WRONLY && isNonblocking && (present === null || present.readers === 0)) throw new SysError(ENXIO, 'open: the FIFO has no reader');
    const pipe = present ?? new Pipe();
    inode.attachment = pipe;
    const file = new PipeFile(inode, path, statusFlags, pipe);
    pipe.openQueue.wakeAll();
    if (mode === O_RDONLY && pipe.writers === 0) {
      if (isNonblocking) file.writersSeen = pipe.writerCount;
      else file.partnersSeen = pipe.writerCount;
    } else if (mode === O_WRONLY && pipe.readers === 0) {
      file.partnersSeen = pipe.readerCount;
    }
    return file;
  }
}

defineState(FifoOpener, 'FifoOpener', 1, {});

import { O_ACCMODE, O_APPEND } from '../../abi/open.ts';
import { byteStringFromText } from '../../base/bytes.ts';
import { ImageError, panic } from '../../base/errors.ts';
import type { PassedFile } from '../../container/container.ts';
import { inspectFd, openFdEnds } from '../../host/node/passed-fd.ts';
import type { FdEnds, OpenFd } from '../../host/node/passed-fd.ts';
import { NodeVolume } from '../../host/node/volume.ts';
import { HostFs } from '../../sentry/fs/hostfs/hostfs.ts';
import type { Kernel } from '../../sentry/task/kernel.ts';
import type { TerminalServices } from '../../sentry/tty/terminal-services.ts';
import { Mount } from '../../sentry/vfs/mount.ts';
import { SystemCaller } from '../../sentry/vfs/system-caller.ts';
import { Vfs } from '../../sentry/vfs/vfs.ts';
import type { PassedFd } from '../pass-fd.ts';
import type { Wires } from '../wires.ts';
import { openStream } from './passed-streams.ts';

const HOST_KEY = /:host:(\d+)$/;

/** What `--pass-fd` names: files, pipes, sockets and terminals of this process that are descriptors of the container's init, and of whatever is restored. */
export class PassedEnds {
  private readonly open = new Map<number, OpenFd>();
  private readonly ends = new Map<number, FdEnds>();

  /** @errors ImageError a descriptor that is not open, or cannot be passed */
  constructor(passed: readonly PassedFd[]) {
    for (const { hostFd, guestFd } of passed) this.open.set(guestFd, inspectFd(hostFd));
  }

  /** Connects those that bytes are moved of. @errors ImageError */
  connect(wires: Wires, wake: () => void): void {
    for (const [guestFd, fd] of this.open) {
      if (fd.kind === 'file') continue;
      const ends = openFdEnds(fd, wake);
      this.ends.set(guestFd, ends);
      wires.set(`host:${guestFd}`, {
        input: ends.input, output: ends.output, hangsUp: fd.kind === 'terminal',
        onReleased: () => {
          this.open.delete(guestFd); // an older image that has it open finds it gone
          ends.close();
        },
      });
    }
  }

  /** Opens them for the init of a container. */
  openFor(kernel: Kernel, id: string, terminals: TerminalServices): PassedFile[] {
    return [...this.open].map(([guestFd, fd]) => {
      if (fd.kind === 'file') return this.openFile(kernel, id, guestFd, fd);
      const size = fd.kind === 'terminal' ? (this.ends.get(guestFd)?.size() ?? { rows: 24, columns: 80 }) : null;
      return openStream(terminals, guestFd, { container: id, isRestorable: true, end: 'host' }, size, fd.access);
    });
  }

  private openFile(kernel: Kernel, id: string, guestFd: number, fd: OpenFd): PassedFile {
    const vfs = kernel.services.get('vfs', Vfs);
    const fileSystem = new HostFs(vfs, volumeOf(fd, `${id}:host:${guestFd}`));
    const root = fileSystem.root ?? panic('a passed file without a root');
    const mount = new Mount(vfs.nextMountId(), fileSystem, root, 0, byteStringFromText(fd.path ?? ''));
    const flags = fd.flags & (O_ACCMODE | O_APPEND);
    const file = root.inode.open(mount.rootPath(), flags, flags, new SystemCaller());
    file.offset = fd.offset;
    return { fd: guestFd, file, hostFileId: null };
  }

  /** Whether bytes of the host file with this key go to something that was passed. */
  hasStream(key: string): boolean {
    const fd = this.open.get(Number(HOST_KEY.exec(key)?.[1] ?? -1));
    return fd !== undefined && fd.kind !== 'file';
  }

  /** What a restored regular file stands on; null where the key is none of a passed one's. @errors ImageError it was not passed again */
  bindFile(key: string): NodeVolume | null {
    const guestFd = HOST_KEY.exec(key)?.[1];
    if (guestFd === undefined) return null;
    const fd = this.open.get(Number(guestFd));
    if (fd === undefined) throw new ImageError('host files', `no host FD available for ${key}; --pass-fd FD:${guestFd} gives it again`);
    if (fd.kind !== 'file') throw new ImageError('host files', `descriptor ${guestFd} of the container is a regular file of the host, a ${fd.kind} was passed`);
    return volumeOf(fd, key);
  }
}

function volumeOf({ path, access }: OpenFd, key: string): NodeVolume {
  return new NodeVolume(path ?? '', key, access === 0);
}

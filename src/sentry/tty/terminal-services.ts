import { O_RDWR } from '../../abi/open.ts';
import { makeDevice } from '../../abi/stat.ts';
import { panic } from '../../base/errors.ts';
import type { ConsolePort, HostEnd, HostFileView, HostKey } from '../../ports/console.ts';
import { anyRef, defineState, list, optional, ref, u32 } from '../../state/index.ts';
import { AnonFileSystem } from '../vfs/anon.ts';
import type { SessionView } from '../vfs/caller.ts';
import type { Mount } from '../vfs/mount.ts';
import type { Vfs } from '../vfs/vfs.ts';
import { HostTerminal } from './console.ts';
import { HostStream, HostStreamFile, HostStreamInode } from './host-stream.ts';
import { sessionLeaderExits } from './job-control.ts';
import { PtyDriver, slaveDevice } from './pty.ts';
import type { PtyDirectory } from './pty.ts';
import { ConsoleDevice, OwnTerminalDevice } from './terminal-devices.ts';
import { TtyFile } from './tty-file.ts';

const OWN_TERMINAL = makeDevice(5, 0);
const CONSOLE = makeDevice(5, 1);
const PTMX = makeDevice(5, 2);

/** Whose descriptor a file with its end outside becomes. */
export interface HostFileRequest {
  readonly hostKey: HostKey;
  /** Whether a restore binds it again: true for the container's own, false for those of an exec. */
  readonly isRestorable: boolean;
  readonly end: HostEnd;
}

/** The terminals of a container, and all its files with their end outside. */
export class TerminalServices implements ConsolePort {
  files: (HostTerminal | HostStream)[] = [];
  lastId = 0;
  driver: PtyDriver | null = null;
  consoleDevice = new ConsoleDevice();
  streams: AnonFileSystem | null = null;

  /** Registers /dev/tty, /dev/console and /dev/ptmx; `mount` is where the slaves' directory is mounted. To be called once, at boot. */
  install(vfs: Vfs, directory: PtyDirectory, mount: Mount | null): void {
    this.driver = new PtyDriver(vfs.clock, vfs.devices, directory);
    this.driver.mount = mount;
    this.streams = new AnonFileSystem(vfs, 'hostfs');
    vfs.devices.register(OWN_TERMINAL, new OwnTerminalDevice());
    vfs.devices.register(CONSOLE, this.consoleDevice);
    vfs.devices.register(PTMX, this.driver);
  }

  /** Makes a terminal of `rows` and `columns`; it has a node in /dev/pts like any other. */
  openHostTerminal(request: HostFileRequest, rows: number, columns: number): HostTerminal {
    const { driver } = this;
    if (driver === null) panic('a host terminal before the terminals were installed');
    const index = driver.freeIndex();
    const terminal = new HostTerminal(driver, index, slaveDevice(index), driver.clock, ++this.lastId, request.hostKey, request.isRestorable, request.end);
    terminal.size = { rows, columns, widthPixels: 0, heightPixels: 0 };
    driver.enter(index, terminal, 0);
    this.files.push(terminal);
    return terminal;
  }

  /** Makes `terminal` what /dev/console opens. */
  setConsole(terminal: HostTerminal): void {
    this.consoleDevice.console = terminal;
  }

  /** The open file of `terminal` for a process's descriptors 0, 1 and 2, which share it. */
  openTerminalFile(terminal: HostTerminal): TtyFile {
    const dentry = terminal.driver.directory.nodeDentry(terminal.index);
    if (dentry === null) panic(`${terminal.name} has no node`);
    return new TtyFile(dentry.inode, terminal.driver.pathOf(dentry), O_RDWR, terminal);
  }

  /** Makes a stream, and the open file for a process's descriptor; `statusFlags` is O_RDONLY or O_WRONLY. */
  openHostStream(request: HostFileRequest, statusFlags: number): HostStreamFile {
    if (this.streams === null) panic('a host stream before the terminals were installed');
    const stream = new HostStream(++this.lastId, request.hostKey, request.isRestorable, request.end);
    this.files.push(stream);
    return new HostStreamFile(new HostStreamInode(this.streams, stream), statusFlags, stream);
  }

  sessionLeaderExited(session: SessionView): void {
    sessionLeaderExits(session);
  }

  // The machine's side.

  hostFiles(): readonly HostFileView[] {
    return this.files;
  }

  find(id: number): HostTerminal | HostStream | null {
    return this.files.find((file) => file.id === id) ?? null;
  }

  takeOutput(id: number, maxBytes: number): Uint8Array | null {
    return this.find(id)?.takeOutput(maxBytes) ?? null;
  }

  pushInput(id: number, bytes: Uint8Array): number {
    return this.find(id)?.pushInput(bytes) ?? bytes.length;
  }

  pushEof(id: number): void {
    this.find(id)?.pushEof();
  }

  resize(id: number, rows: number, columns: number): void {
    const file = this.find(id);
    if (file instanceof HostTerminal) file.resize({ rows, columns, widthPixels: 0, heightPixels: 0 });
  }

  hangUp(id: number): void {
    this.find(id)?.disconnect();
  }

  /** Forgets a file that the guest has closed and whose output was taken. @returns whether it is gone */
  forgetIfDone(id: number): boolean {
    const file = this.find(id);
    if (file === null) return true;
    if (!file.isReleased() || file.outputBytes() > 0) return false;
    this.files.splice(this.files.indexOf(file), 1);
    if (file instanceof HostTerminal && this.consoleDevice.console !== file) file.driver.forget(file.index);
    return true;
  }
}

defineState(TerminalServices, 'TerminalServices', 1, {
  files: list(anyRef<HostTerminal | HostStream>()),
  lastId: u32,
  driver: optional(ref<PtyDriver>('PtyDriver')),
  consoleDevice: ref<ConsoleDevice>('ConsoleDevice'),
  streams: optional(ref<AnonFileSystem>('AnonFileSystem')),
});

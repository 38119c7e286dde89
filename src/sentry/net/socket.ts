import { EAGAIN, EFAULT, EOPNOTSUPP } from '../../abi/errno.ts';
import { O_NONBLOCK, O_RDWR } from '../../abi/open.ts';
import { POLLIN, POLLRDBAND, POLLRDHUP, POLLRDNORM } from '../../abi/poll.ts';
import {
  FIOGETOWN, FIONREAD, FIOSETOWN, MSG_DONTWAIT, SIOCGPGRP, SIOCOUTQ, SIOCSPGRP, SOCK_SEQPACKET, SOCK_STREAM,
} from '../../abi/socket.ts';
import { SysError } from '../../base/errors.ts';
import { bool, defineState, extend, i32, int, map, optional, record, ref, u32 } from '../../state/index.ts';
import type { IoSource, IoTarget } from '../mm/io-buffer.ts';
import type { Caller } from '../vfs/caller.ts';
import { AnonInode } from '../vfs/anon.ts';
import { FileDescription, fileDescriptionState } from '../vfs/file-description.ts';
import type { UserMemory } from '../vfs/file-description.ts';
import type { Inode } from '../vfs/inode.ts';
import { WOULD_BLOCK } from '../wait/block.ts';
import { WaitQueue } from '../wait/wait-queue.ts';
import { interfaceRequest } from './interface-ioctl.ts';
import type { NetStack } from './stack.ts';

/** Mode of a socket's inode: S_IFSOCK and all permissions. */
const SOCKET_MODE = 0o140777;
/** net.core.wmem_default and rmem_default. */
export const DEFAULT_BUFFER_BYTES = 212_992;

/** SO_PEERCRED, SCM_CREDENTIALS. */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}
export const peerCredentialsKind = record<PeerCredentials>({ pid: i32, uid: u32, gid: u32 });

/** SO_LINGER; null where it is off. */
export interface Linger {
  readonly seconds: number;
}

/** How a socket reaches file names: the task's own lookup, for the length of one call. */
export interface SocketPaths {
  /** The inode that `path` names, for connecting. @errors ENOENT EACCES ELOOP … */
  find(path: string): Inode;
  /** Makes a socket node. @errors EADDRINUSE where the name exists; ENOENT EACCES EROFS … */
  make(path: string, mode: number): Inode;
}

/** What one send is asked for beyond its bytes. */
export interface SendRequest {
  readonly flags: number;
  /** Raw address, or null where none was given. */
  readonly address: Uint8Array | null;
  /** SCM_RIGHTS: files to pass. Not held by the request. */
  readonly rights: readonly FileDescription[];
  /** SCM_CREDENTIALS as given (and checked); null for the caller's own. */
  readonly credentials: PeerCredentials | null;
  readonly paths: SocketPaths | null;
}

/** What one receive is asked for, and what it answers beyond the bytes. */
export interface Receipt {
  flags: number;
  /** Set by the socket: MSG_TRUNC, MSG_EOR. */
  resultFlags: number;
  /** Set by the socket: a MSG_WAITALL must not go on, since what follows belongs to another message. */
  isFinal: boolean;
  /** Raw address of the sender; null where it has none, or the socket tells none. */
  address: Uint8Array | null;
  /** Files passed; each with a reference that belongs to the receiver. */
  rights: FileDescription[];
  credentials: PeerCredentials | null;
  /** Control messages beyond SOL_SOCKET ones: level, type, bytes. */
  control: { level: number; type: number; data: Uint8Array }[];
}

export function sendRequest(flags: number): SendRequest {
  return { flags, address: null, rights: [], credentials: null, paths: null };
}

export function receipt(flags: number): Receipt {
  return { flags, resultFlags: 0, isFinal: false, address: null, rights: [], credentials: null, control: [] };
}

/** Prepares a buffer for a whole message of `countBytes`. @errors EFAULT a part of it is not accessible */
export function prepareWhole(buffer: IoSource | IoTarget, countBytes: number): void {
  if (countBytes > 0 && buffer.prepare(countBytes) < countBytes) throw new SysError(EFAULT, `message of ${countBytes} bytes: buffer`);
}

/**
 * A socket, open as a file: socket(7).
 *
 * Sends and receives answer WOULD_BLOCK where they would wait, whatever O_NONBLOCK says; the syscall decides. A socket that waits
 * to be accepted is a whole socket without references.
 */
export abstract class Socket extends FileDescription {
  stack: NetStack;
  family: number;
  type: number;
  protocol: number;
  /** SO_ERROR: an errno that the next call answers; 0 for none. */
  pendingError = 0;
  isReadShut = false;
  isWriteShut = false;
  sendBufferBytes = DEFAULT_BUFFER_BYTES;
  receiveBufferBytes = DEFAULT_BUFFER_BYTES;
  /** SO_RCVTIMEO and SO_SNDTIMEO in ns; null for no limit. */
  receiveTimeoutNs: number | null = null;
  sendTimeoutNs: number | null = null;
  /** SO_RCVLOWAT. */
  receiveLowBytes = 1;
  linger: Linger | null = null;
  reusesAddress = false;
  reusesPort = false;
  mayBroadcast = false;
  passesCredentials = false;
  /** Further integer options by level × 65536 + name, kept and shown. */
  options = new Map<number, number>();
  /** Woken when something may be received, accepted, or is over. */
  readQueue = new WaitQueue();
  /** Woken when something may be sent, a connect is over, or the peer is gone. */
  writeQueue = new WaitQueue();

  constructor(stack: NetStack, family: number, type: number, protocol: number, statusFlags: number) {
    super(new AnonInode(stack.files, SOCKET_MODE), null, O_RDWR | (statusFlags & O_NONBLOCK));
    this.stack = stack;
    this.family = family;
    this.type = type;
    this.protocol = protocol;
  }

  /** Gives the socket a local address. @errors EINVAL EADDRINUSE EADDRNOTAVAIL EACCES */
  abstract bind(address: Uint8Array, caller: Caller, paths: SocketPaths): void;

  /**
   * Connects, or goes on connecting: called again after a wait, it takes up where it was.
   * @param isNonblocking  a connect that takes time answers EINPROGRESS instead of waiting
   * @returns 0 or WOULD_BLOCK
   */
  abstract connect(address: Uint8Array, isNonblocking: boolean, caller: Caller, paths: SocketPaths): number;

  abstract send(src: IoSource, request: SendRequest, caller: Caller): number;

  abstract receive(dst: IoTarget, receipt: Receipt, caller: Caller): number;

  abstract localAddress(): Uint8Array;

  /** @errors ENOTCONN */
  abstract peerAddress(): Uint8Array;

  /** Whom an accepted connection is with: told even when it has ended meanwhile. */
  connectedAddress(): Uint8Array {
    return this.peerAddress();
  }

  listen(backlog: number, caller: Caller): void {
    void backlog;
    void caller;
    throw new SysError(EOPNOTSUPP, 'listen: not a kind of socket that listens');
  }

  /** The next connection, or null when none is waiting. */
  accept(): Socket | null {
    throw new SysError(EOPNOTSUPP, 'accept: not a kind of socket that listens');
  }

  isListening(): boolean {
    return false;
  }

  shutdown(how: number): void {
    void how;
    throw new SysError(EOPNOTSUPP, 'shutdown: not for this socket');
  }

  /** Bytes that a read would give now (SIOCINQ). @errors EINVAL for a listening socket */
  readableBytes(): number {
    return 0;
  }

  /** Bytes sent and not yet taken (SIOCOUTQ). */
  unsentBytes(): number {
    return 0;
  }

  /** Credentials of the peer at the time it connected (SO_PEERCRED): pid 0 and ids −1 where there are none. */
  peerCredentials(): PeerCredentials {
    return { pid: 0, uid: 0xffff_ffff, gid: 0xffff_ffff };
  }

  /** An option of this protocol, as bytes; null when it is not one. */
  protocolOption(level: number, name: number): Uint8Array | null {
    void level;
    void name;
    return null;
  }

  /** Sets an option of this protocol; false when it is not one. */
  setProtocolOption(level: number, name: number, value: Uint8Array, caller: Caller): boolean {
    void level;
    void name;
    void value;
    void caller;
    return false;
  }

  /** Whether bytes are a stream, so that a blocking send goes on until all are taken. */
  isStream(): boolean {
    return this.type === SOCK_STREAM;
  }

  isConnectionBased(): boolean {
    return this.type === SOCK_STREAM || this.type === SOCK_SEQPACKET;
  }

  /** Answers the pending error once. */
  takeError(): number {
    const errno = this.pendingError;
    this.pendingError = 0;
    return errno;
  }

  /** @errors the pending error, which is then gone */
  throwPending(call: string): void {
    if (this.pendingError !== 0) throw new SysError(this.takeError(), `${call}: pending error of the socket`);
  }

  /** Tells everyone who waits for anything. */
  wakeEveryone(): void {
    this.readQueue.wakeAll();
    this.writeQueue.wakeAll();
  }

  /** Releases a socket that nobody has opened: one that was never accepted. */
  abandon(): void {
    this.hold();
    this.drop();
  }

  override signalsInput(): boolean {
    return true;
  }

  override read(dst: IoTarget, caller: Caller): number {
    if (dst.remainingBytes === 0 && this.isStream()) return 0;
    const got = receipt(this.isNonblocking() ? MSG_DONTWAIT : 0);
    const countBytes = this.receive(dst, got, caller);
    this.stack.dropAll(got.rights); // read(2) asks for no descriptors
    const deadlineNs = this.readDeadlineNs(caller);
    if (countBytes === WOULD_BLOCK && deadlineNs !== null && this.stack.clock.monotonicNs >= deadlineNs) {
      throw new SysError(EAGAIN, 'read: SO_RCVTIMEO is over');
    }
    return countBytes;
  }

  override write(src: IoSource, caller: Caller): number {
    return this.send(src, sendRequest(this.isNonblocking() ? MSG_DONTWAIT : 0), caller);
  }

  override readDeadlineNs(caller: Caller): number | null {
    return this.receiveTimeoutNs === null ? null : caller.callStartNs() + this.receiveTimeoutNs;
  }

  override writesAll(): boolean {
    return this.isStream();
  }

  override queuesFor(events: number): readonly WaitQueue[] {
    const reads = (events & (POLLIN | POLLRDNORM | POLLRDBAND | POLLRDHUP)) !== 0;
    const writes = (events & ~(POLLIN | POLLRDNORM | POLLRDBAND | POLLRDHUP)) !== 0;
    if (reads && !writes) return [this.readQueue];
    return reads ? [this.readQueue, this.writeQueue] : [this.writeQueue, this.readQueue];
  }

  override ioctl(request: number, argument: number, caller: Caller, memory: UserMemory): number {
    switch (request) {
      case FIONREAD:
        memory.writeU32(argument, this.readableBytes());
        return 0;
      case SIOCOUTQ:
        memory.writeU32(argument, this.unsentBytes());
        return 0;
      case FIOSETOWN:
      case SIOCSPGRP:
        this.owner = memory.readU32(argument) | 0;
        return 0;
      case FIOGETOWN:
      case SIOCGPGRP:
        memory.writeU32(argument, this.owner >>> 0);
        return 0;
      default:
        return interfaceRequest(this.stack, request, argument, caller, memory);
    }
  }

  override describe(): string {
    return `socket:[${this.inode.ino}]`;
  }
}

export const socketState = defineState(Socket, 'Socket', 1, extend(fileDescriptionState, {
  stack: ref<NetStack>('NetStack'),
  family: u32,
  type: u32,
  protocol: u32,
  pendingError: u32,
  isReadShut: bool,
  isWriteShut: bool,
  sendBufferBytes: int,
  receiveBufferBytes: int,
  receiveTimeoutNs: optional(int),
  sendTimeoutNs: optional(int),
  receiveLowBytes: int,
  linger: optional(record<Linger>({ seconds: int })),
  reusesAddress: bool,
  reusesPort: bool,
  mayBroadcast: bool,
  passesCredentials: bool,
  options: map(u32, i32),
  readQueue: ref<WaitQueue>('WaitQueue'),
  writeQueue: ref<WaitQueue>('WaitQueue'),
}));

import { EBADF, EINVAL, EMFILE, EPERM } from '../../abi/errno.ts';
import { FD_CLOEXEC } from '../../abi/open.ts';
import { AF_UNIX, MSG_CMSG_CLOEXEC, MSG_CTRUNC, SCM_CREDENTIALS, SCM_MAX_FD, SCM_RIGHTS, SOL_SOCKET } from '../../abi/socket.ts';
import { SysError } from '../../base/errors.ts';
import { CAP_SETGID, CAP_SETUID, CAP_SYS_ADMIN } from '../auth/credentials.ts';
import type { PeerCredentials, Receipt, Socket } from '../net/socket.ts';
import type { Task } from '../task/task.ts';
import type { FileDescription } from '../vfs/file-description.ts';

// struct cmsghdr: a 64-bit length with the header, level, type; data behind, padded to 8 bytes.
const HEADER_BYTES = 16;
const CREDENTIALS_BYTES = 12;

/** What came with a message that is sent: cmsg(3). */
export interface SentControl {
  readonly rights: readonly FileDescription[];
  readonly credentials: PeerCredentials | null;
}

export const NO_CONTROL: SentControl = { rights: [], credentials: null };

/**
 * Reads the control messages at `address`.
 * @errors EINVAL malformed, unknown, or more than 253 descriptors; EBADF; EPERM credentials of another; EFAULT
 */
export function readControl(task: Task, socket: Socket, address: number, lengthBytes: number): SentControl {
  if (lengthBytes < HEADER_BYTES) return NO_CONTROL;
  const bytes = task.mm.readBytes(address, lengthBytes);
  const view = new DataView(bytes.buffer);
  const rights: FileDescription[] = [];
  let credentials: PeerCredentials | null = null;
  for (let at = 0; at + HEADER_BYTES <= lengthBytes; ) {
    const length = Number(view.getBigUint64(at, true));
    if (length < HEADER_BYTES || at + length > lengthBytes) throw new SysError(EINVAL, `control message of ${length} bytes`);
    const level = view.getInt32(at + 8, true);
    const type = view.getInt32(at + 12, true);
    if (level === SOL_SOCKET && socket.family === AF_UNIX) {
      if (type === SCM_RIGHTS) {
        for (let i = at + HEADER_BYTES; i + 4 <= at + length; i += 4) rights.push(requireOpen(task, view.getInt32(i, true)));
        if (rights.length > SCM_MAX_FD) throw new SysError(EINVAL, `${rights.length} descriptors in one message`);
      } else if (type === SCM_CREDENTIALS) {
        if (length !== HEADER_BYTES + CREDENTIALS_BYTES) throw new SysError(EINVAL, `credentials of ${length} bytes`);
        const [pid, uid, gid] = [view.getInt32(at + 16, true), view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
        credentials = checkCredentials(task, { pid, uid, gid });
      } else {
        throw new SysError(EINVAL, `control message of type ${type}`);
      }
    } else if (level === SOL_SOCKET && type !== SCM_RIGHTS && type !== SCM_CREDENTIALS) {
      throw new SysError(EINVAL, `control message of type ${type}`);
    }
    at += align(length);
  }
  return { rights, credentials };
}

function align(lengthBytes: number): number {
  return Math.ceil(lengthBytes / 8) * 8;
}

function requireOpen(task: Task, fd: number): FileDescription {
  const file = task.fdTable.get(fd);
  if (file === null) throw new SysError(EBADF, `SCM_RIGHTS: descriptor ${fd} is not open`);
  return file;
}

/** Only the privileged show themselves as others. */
function checkCredentials(task: Task, given: PeerCredentials): PeerCredentials {
  const own = task.credentials;
  if (given.pid !== task.pid && !own.has(CAP_SYS_ADMIN)) throw new SysError(EPERM, `SCM_CREDENTIALS: pid ${given.pid}`);
  if (![own.uid, own.euid, own.suid].includes(given.uid) && !own.has(CAP_SETUID)) throw new SysError(EPERM, `SCM_CREDENTIALS: user ${given.uid}`);
  if (![own.gid, own.egid, own.sgid].includes(given.gid) && !own.has(CAP_SETGID)) throw new SysError(EPERM, `SCM_CREDENTIALS: group ${given.gid}`);
  return given;
}

/** Writes control messages one behind the other, cut off where the room ends. */
class ControlWriter {
  task: Task;
  address: number;
  roomBytes: number;
  /** Bytes written, padding included: msg_controllen. */
  usedBytes = 0;
  isTruncated = false;

  constructor(task: Task, address: number, roomBytes: number) {
    this.task = task;
    this.address = address;
    this.roomBytes = address === 0 ? 0 : roomBytes;
  }

  leftBytes(): number {
    return this.roomBytes - this.usedBytes;
  }

  put(level: number, type: number, data: Uint8Array): void {
    if (this.leftBytes() < HEADER_BYTES) {
      this.isTruncated = true;
      return;
    }
    const length = Math.min(HEADER_BYTES + data.length, this.leftBytes());
    if (length < HEADER_BYTES + data.length) this.isTruncated = true;
    const message = new DataView(new ArrayBuffer(length));
    message.setBigUint64(0, BigInt(length), true);
    message.setInt32(8, level, true);
    message.setInt32(12, type, true);
    const bytes = new Uint8Array(message.buffer);
    bytes.set(data.subarray(0, length - HEADER_BYTES), HEADER_BYTES);
    this.task.mm.writeBytes(this.address + this.usedBytes, bytes);
    this.usedBytes += Math.min(align(length), this.leftBytes());
  }
}

/**
 * Hands over what came with a received message: credentials, files as new descriptors, the rest. Files that find no room or no
 * descriptor are closed, and the receipt says MSG_CTRUNC.
 *
 * @returns bytes written at `address`
 */
export function writeControl(task: Task, receipt: Receipt, address: number, roomBytes: number): number {
  const writer = new ControlWriter(task, address, roomBytes);
  try {
    for (const { level, type, data } of receipt.control.filter(({ level }) => level === SOL_SOCKET)) writer.put(level, type, data);
    if (receipt.credentials !== null) {
      const { pid, uid, gid } = receipt.credentials;
      writer.put(SOL_SOCKET, SCM_CREDENTIALS, new Uint8Array(Uint32Array.of(pid, uid, gid).buffer));
    }
    writeRights(task, receipt, writer);
    for (const { level, type, data } of receipt.control.filter(({ level }) => level !== SOL_SOCKET)) writer.put(level, type, data);
  } finally {
    dropRights(receipt);
  }
  if (writer.isTruncated) receipt.resultFlags |= MSG_CTRUNC;
  return writer.usedBytes;
}

function writeRights(task: Task, receipt: Receipt, writer: ControlWriter): void {
  const { rights } = receipt;
  if (rights.length === 0) return;
  const room = Math.max(0, Math.floor((writer.leftBytes() - HEADER_BYTES) / 4));
  const fdFlags = (receipt.flags & MSG_CMSG_CLOEXEC) !== 0 ? FD_CLOEXEC : 0;
  const fds: number[] = [];
  for (const file of rights.slice(0, room)) {
    try {
      fds.push(task.fdTable.allocate(file, fdFlags));
    } catch (error) {
      if (error instanceof SysError && error.errno === EMFILE) break;
      throw error;
    }
  }
  if (fds.length < rights.length) writer.isTruncated = true;
  if (fds.length > 0) writer.put(SOL_SOCKET, SCM_RIGHTS, new Uint8Array(Int32Array.from(fds).buffer));
}

/** Closes files that a receiver did not ask for. */
export function dropRights(receipt: Receipt): void {
  const { rights } = receipt;
  receipt.rights = [];
  for (const file of rights) file.drop();
}

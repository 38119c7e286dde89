import { textFromByteString } from '../base/bytes.ts';
import type { IpAddress } from '../sentry/net/ip-address.ts';
import { isIpv4 } from '../sentry/net/ip-address.ts';
import { InetDatagramSocket } from '../sentry/net/inet-datagram.ts';
import { InetSocket } from '../sentry/net/inet-socket.ts';
import { NetlinkSocket } from '../sentry/net/netlink.ts';
import { Socket } from '../sentry/net/socket.ts';
import { TcpSocket } from '../sentry/net/tcp.ts';
import { UdpSocket } from '../sentry/net/udp.ts';
import { UnixConnection } from '../sentry/net/unix-stream.ts';
import { UnixSocket } from '../sentry/net/unix-socket.ts';
import type { Kernel } from '../sentry/task/kernel.ts';
import type { FileDescription } from '../sentry/vfs/file-description.ts';
import type { SocketReport } from './report.ts';

/** What a socket says of itself. */
type SocketFacts = Omit<SocketReport, 'pids'>;

/** Every socket that a descriptor, a queue of connections or a message holds: by kind, then by inode number. */
export function socketReports(kernel: Kernel): SocketReport[] {
  const holders = new Map<Socket, Set<number>>();
  const waiting: Socket[] = [];
  const meet = (file: FileDescription, pid: number | null): void => {
    if (!(file instanceof Socket)) return;
    let pids = holders.get(file);
    if (pids === undefined) {
      holders.set(file, (pids = new Set()));
      waiting.push(file);
    }
    if (pid !== null) pids.add(pid);
  };
  for (const task of kernel.tasks.values()) {
    if (task.runState !== 'exited') for (const { file } of task.fdTable.entriesByFd.values()) meet(file, task.pid);
  }
  for (let socket = waiting.pop(); socket !== undefined; socket = waiting.pop()) for (const held of heldBy(socket)) meet(held, null);
  return [...holders]
    .map(([socket, pids]) => ({ ...socketFacts(socket), pids: [...pids].sort((a, b) => a - b) }))
    .sort((a, b) => (a.kind === b.kind ? a.inode - b.inode : a.kind < b.kind ? -1 : 1));
}

export function socketFacts(socket: Socket): SocketFacts {
  const inode = socket.inode.ino;
  if (socket instanceof UnixSocket) {
    return { inode, kind: 'unix', local: unixName(socket), peer: socket.peer === null ? '' : unixName(socket.peer), state: socket.state, receiveBytes: socket.queuedBytes };
  }
  if (socket instanceof InetSocket) {
    const { remote } = socket;
    return {
      inode, kind: inetKind(socket), local: endpointText(socket.localIp, socket.localPort), peer: remote === null ? '' : endpointText(remote.address, remote.port),
      state: socket instanceof TcpSocket ? socket.state : remote === null ? 'unconnected' : 'connected', receiveBytes: receivedBytes(socket),
    };
  }
  if (socket instanceof NetlinkSocket) {
    return { inode, kind: 'netlink', local: socket.portId === 0 ? '' : `port ${socket.portId}`, peer: 'kernel', state: '', receiveBytes: sumOf(socket.queue) };
  }
  return { inode, kind: 'socket', local: '', peer: '', state: '', receiveBytes: 0 };
}

/** Sockets and files that are reached by way of this socket only: connections not accepted, files in messages. */
function heldBy(socket: Socket): readonly FileDescription[] {
  if (socket instanceof TcpSocket) return socket.acceptQueue;
  if (!(socket instanceof UnixSocket)) return [];
  const passed = socket.queue.flatMap((message) => message.rights);
  return socket instanceof UnixConnection ? [...socket.acceptQueue, ...passed] : passed;
}

/** A path, an abstract name with `@` for its zero byte as in ss(8), or the inode number of one without a name. */
function unixName({ name, inode }: UnixSocket): string {
  return name === null ? `#${inode.ino}` : textFromByteString(name.replaceAll('\0', '@'));
}

function inetKind(socket: InetSocket): string {
  const base = socket instanceof TcpSocket ? 'tcp' : socket instanceof UdpSocket ? 'udp' : 'raw';
  return isIpv4(socket.localIp) ? base : `${base}6`;
}

function receivedBytes(socket: InetSocket): number {
  if (socket instanceof TcpSocket) return socket.received.used;
  return socket instanceof InetDatagramSocket ? sumOf(socket.queue.map(({ data }) => data)) : 0;
}

function sumOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** `127.0.0.1:80`, `[::1]:80`; '' for a socket that is not bound. */
export function endpointText(address: IpAddress, port: number): string {
  const bytes = [...address].map((character) => character.charCodeAt(0));
  if (isIpv4(address)) {
    const text = bytes.slice(12).join('.');
    return text === '0.0.0.0' && port === 0 ? '' : `${text}:${port}`;
  }
  const words = Array.from({ length: 8 }, (_, i) => ((bytes[2 * i] ?? 0) * 256 + (bytes[2 * i + 1] ?? 0)).toString(16));
  const text = words.join(':').replace(/(^|:)0(:0)+(:|$)/, '::');
  return text === '::' && port === 0 ? '' : `[${text}]:${port}`;
}

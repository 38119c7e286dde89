import { AF_INET, SOCK_STREAM } from '../../abi/socket.ts';
import { defineState, ref } from '../../state/index.ts';
import type { InetSocket } from './inet-socket.ts';
import type { IpAddress } from './ip-address.ts';
import { isIpv4 } from './ip-address.ts';
import { NetlinkSocket } from './netlink.ts';
import { RawSocket } from './raw.ts';
import type { NetStack } from './stack.ts';
import { TcpSocket } from './tcp.ts';
import { tcpStateNumber } from './tcp-info.ts';
import { TimeWait } from './tcp-time-wait.ts';
import { UdpSocket } from './udp.ts';
import { UnixSocket } from './unix-socket.ts';

const POINTER = '0000000000000000';
/** Width of a line of /proc/net/tcp and of /proc/net/udp, which are padded. */
const TCP_LINE = 149;
const UDP_LINE = 127;
const SO_ACCEPTCON = 0x10000;

/** The files of /proc/net below their headings: proc_net(5). */
export class ProcNetTables {
  stack: NetStack;

  constructor(stack: NetStack) {
    this.stack = stack;
  }

  /** Lines of `/proc/net/<name>`; empty for nothing. */
  networkTable(name: string): string {
    switch (name) {
      case 'tcp':
      case 'tcp6':
        return this.tcpLines(name === 'tcp6');
      case 'udp':
      case 'udp6':
        return this.udpLines(name === 'udp6');
      case 'raw':
      case 'raw6':
        return this.rawLines(name === 'raw6');
      case 'unix':
        return this.unixLines();
      case 'netlink':
        return this.netlinkLines();
      case 'dev':
        return this.deviceLine();
      case 'if_inet6':
        return this.addressLines();
      default:
        return '';
    }
  }

  tcpLines(isSix: boolean): string {
    const lines: string[] = [];
    for (const users of this.stack.tcpPorts.users.values()) {
      for (const user of users) {
        if (user instanceof TcpSocket && (user.family !== AF_INET) === isSix) lines.push(tcpLine(lines.length, user));
        if (user instanceof TimeWait && !isIpv4(user.localIp) === isSix) lines.push(timeWaitLine(lines.length, user, isSix));
      }
    }
    return lines.join('');
  }

  udpLines(isSix: boolean): string {
    const lines: string[] = [];
    for (const users of this.stack.udpPorts.users.values()) {
      for (const user of users) {
        if (!(user instanceof UdpSocket) || (user.family !== AF_INET) !== isSix) continue;
        lines.push(datagramLine(lines.length, 5, user, user.localPort, user.queuedCostBytes));
      }
    }
    return lines.join('');
  }

  rawLines(isSix: boolean): string {
    let lines = '';
    for (const socket of this.stack.rawSockets) {
      if (!(socket instanceof RawSocket) || (socket.family !== AF_INET) !== isSix) continue;
      lines += datagramLine(socket.protocol, 4, socket, socket.protocol, socket.queuedCostBytes);
    }
    return lines;
  }

  unixLines(): string {
    let lines = '';
    for (const socket of this.stack.unixSockets) {
      if (!(socket instanceof UnixSocket)) continue;
      const isConnected = socket.type === SOCK_STREAM ? socket.state === 'connected' : socket.peer !== null;
      const name = socket.name === null ? '' : ` ${socket.name.replaceAll('\0', '@')}`;
      const flags = hex(socket.isListening() ? SO_ACCEPTCON : 0, 8);
      lines += `${POINTER}: ${hex(2 + (isConnected ? 1 : 0), 8)} 00000000 ${flags} ${hex(socket.type, 4)} ${isConnected ? '03' : '01'} ${pad(socket.inode.ino, 5)}${name}\n`;
    }
    return lines;
  }

  netlinkLines(): string {
    let lines = '';
    for (const socket of this.stack.netlinkSockets) {
      if (!(socket instanceof NetlinkSocket)) continue;
      const queued = socket.queue.reduce((sum, message) => sum + message.length, 0);
      lines += `${POINTER} ${left(socket.protocol, 3)} ${left(socket.portId, 10)} ${hex(socket.groups, 8)} ${left(queued, 8)} ${left(0, 8)} ${left(0, 5)} ${left(2, 8)} ${left(0, 8)} ${left(socket.inode.ino, 8)}\n`;
    }
    return lines;
  }

  deviceLine(): string {
    const { name, packets, bytes } = this.stack.loopback;
    const way = (fifthWidth: number): string => `${pad(bytes, fifthWidth)} ${pad(packets, 7)} ${pad(0, 4)} ${pad(0, 4)} ${pad(0, 4)}`;
    return `${pad(name, 6)}: ${way(7)} ${pad(0, 5)} ${pad(0, 10)} ${pad(0, 9)} ${way(8)} ${pad(0, 5)} ${pad(0, 7)} ${pad(0, 10)}\n`;
  }

  addressLines(): string {
    const { loopback } = this.stack;
    let lines = '';
    for (const { address, prefixBits } of loopback.addresses) {
      if (isIpv4(address)) continue;
      const digits = [...address].map((byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('');
      lines += `${digits} ${lower(loopback.index)} ${lower(prefixBits)} 10 80 ${pad(loopback.name, 8)}\n`;
    }
    return lines;
  }
}

function hex(value: number, width: number): string {
  return value.toString(16).toUpperCase().padStart(width, '0');
}

function lower(value: number): string {
  return value.toString(16).padStart(2, '0');
}

function pad(value: number | string, width: number): string {
  return String(value).padStart(width);
}

function left(value: number, width: number): string {
  return String(value).padEnd(width);
}

/** An address as 32-bit words in the machine's byte order, and a port. */
function place(address: IpAddress, port: number, isSix: boolean): string {
  let words = '';
  for (let at = isSix ? 0 : 12; at < 16; at += 4) for (let i = 3; i >= 0; i--) words += hex(address.charCodeAt(at + i), 2);
  return `${words}:${hex(port, 4)}`;
}

const NOWHERE: IpAddress = '\0'.repeat(16);

function tcpLine(index: number, socket: TcpSocket): string {
  const isSix = socket.family !== AF_INET;
  const isListening = socket.isListening();
  const queues = `${hex(isListening ? 0 : socket.unsentBytes(), 8)}:${hex(isListening ? socket.acceptQueue.length : socket.received.used, 8)}`;
  const remote = socket.remote === null ? place(NOWHERE, 0, isSix) : place(socket.remote.address, socket.remote.port, isSix);
  const tail = isListening ? '100 0 0 10 0' : '20 4 30 10 -1';
  const line = `${pad(index, 4)}: ${place(socket.localIp, socket.localPort, isSix)} ${remote} ${hex(tcpStateNumber(socket.state), 2)} ${queues} 00:00000000 00000000 ${pad(socket.ownerUid, 5)} ${pad(0, 8)} ${socket.inode.ino} 1 ${POINTER} ${tail}`;
  return `${line.padEnd(isSix ? 0 : TCP_LINE)}\n`;
}

function timeWaitLine(index: number, rest: TimeWait, isSix: boolean): string {
  const ticks = Math.max(0, Math.floor((rest.deadlineNs - rest.stack.clock.monotonicNs) / 10_000_000));
  const line = `${pad(index, 4)}: ${place(rest.localIp, rest.localPort, isSix)} ${place(rest.remoteIp, rest.remotePort, isSix)} 06 00000000:00000000 03:${hex(ticks, 8)} 00000000 ${pad(0, 5)} ${pad(0, 8)} 0 3 ${POINTER}`;
  return `${line.padEnd(isSix ? 0 : TCP_LINE)}\n`;
}

function datagramLine(index: number, width: number, socket: InetSocket, port: number, queuedBytes: number): string {
  const isSix = socket.family !== AF_INET;
  const remote = socket.remote === null ? place(NOWHERE, 0, isSix) : place(socket.remote.address, socket.remote.port, isSix);
  const state = socket.remote === null ? '07' : '01';
  const line = `${pad(index, width)}: ${place(socket.localIp, port, isSix)} ${remote} ${state} 00000000:${hex(queuedBytes, 8)} 00:00000000 00000000 ${pad(socket.ownerUid, 5)} ${pad(0, 8)} ${socket.inode.ino} 2 ${POINTER} 0`;
  return `${line.padEnd(isSix ? 0 : UDP_LINE)}\n`;
}

defineState(ProcNetTables, 'ProcNetTables', 1, { stack: ref<NetStack>('NetStack') });

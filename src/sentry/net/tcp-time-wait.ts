import { bool, byteString, defineState, ref, u32 } from '../../state/index.ts';
import { Timer, timerFields } from '../wait/timers.ts';
import type { InetSocket } from './inet-socket.ts';
import type { IpAddress } from './ip-address.ts';
import type { PortUser } from './port-table.ts';
import type { NetStack } from './stack.ts';

const TIME_WAIT_NS = 60_000_000_000;

/** A connection that this side has closed first keeps its port for a minute. */
export class TimeWait extends Timer implements PortUser {
  stack: NetStack;
  localIp: IpAddress;
  localPort: number;
  remoteIp: IpAddress;
  remotePort: number;
  reusesAddress: boolean;
  reusesPort: boolean;
  ownerUid: number;
  isV6Only: boolean;

  constructor(socket: InetSocket) {
    super();
    this.stack = socket.stack;
    this.localIp = socket.localIp;
    this.localPort = socket.localPort;
    this.remoteIp = socket.remote?.address ?? socket.localIp;
    this.remotePort = socket.remote?.port ?? 0;
    this.reusesAddress = socket.reusesAddress;
    this.reusesPort = socket.reusesPort;
    this.ownerUid = socket.ownerUid;
    this.isV6Only = socket.isV6Only;
  }

  isListening(): boolean {
    return false;
  }

  override fire(): void {
    this.stack.tcpPorts.remove(this);
  }
}

/** Keeps the port of a connection that `socket` has closed first. */
export function beginTimeWait(socket: InetSocket): void {
  const { stack } = socket;
  const rest = new TimeWait(socket);
  stack.tcpPorts.add(rest);
  stack.timers.arm(rest, stack.clock.monotonicNs + TIME_WAIT_NS);
}

defineState(TimeWait, 'TimeWait', 1, {
  ...timerFields,
  stack: ref<NetStack>('NetStack'),
  localIp: byteString,
  localPort: u32,
  remoteIp: byteString,
  remotePort: u32,
  reusesAddress: bool,
  reusesPort: bool,
  ownerUid: u32,
  isV6Only: bool,
});

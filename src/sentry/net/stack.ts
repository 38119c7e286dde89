import type { ByteString } from '../../base/bytes.ts';
import { anyRef, byteString, defineState, list, map, ref, set, u32, bool } from '../../state/index.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import type { FileSystem } from '../vfs/file-system.ts';
import type { Clock } from '../wait/clock.ts';
import type { TimerQueue } from '../wait/timers.ts';
import { LoopbackInterface } from './interface.ts';
import type { PacketReceiver } from './packet.ts';
import type { FlyingSocket } from './unix-garbage.ts';
import { PortTable } from './port-table.ts';

/** Everything sockets of one container share: names, ports, the loopback interface. */
export class NetStack {
  /** Where sockets have their inodes. */
  files: FileSystem;
  clock: Clock;
  timers: TimerQueue;
  /** Abstract unix names: type and name → `UnixSocket`. */
  abstractNames = new Map<ByteString, object>();
  lastAutobind = 0;
  /** Unix sockets that lie in messages, not yet received. */
  inFlight = new Set<FlyingSocket>();
  lossesSinceSearch = 0;
  tcpPorts = new PortTable();
  udpPorts = new PortTable();
  /** Raw sockets. */
  rawSockets = new Set<PacketReceiver>();
  /** Unix and netlink sockets, for /proc/net. */
  unixSockets = new Set<FileDescription>();
  netlinkSockets = new Set<FileDescription>();
  loopback = new LoopbackInterface();
  /** Netlink port ids in use. */
  netlinkPorts = new Set<number>();
  /** Identification of the last IP packet that a raw socket sent. */
  lastPacketId = 0;
  /** Files whose references are to be given back, one after the other. */
  doomed: FileDescription[] = [];
  isDropping = false;

  constructor(files: FileSystem, clock: Clock, timers: TimerQueue) {
    this.files = files;
    this.clock = clock;
    this.timers = timers;
  }

  /** Gives one reference on each file back: in a loop, since a socket may hold sockets that hold sockets, to any depth. */
  dropAll(files: readonly FileDescription[]): void {
    this.doomed.push(...files);
    if (this.isDropping) return;
    this.isDropping = true;
    for (let file = this.doomed.pop(); file !== undefined; file = this.doomed.pop()) file.drop();
    this.isDropping = false;
  }

  /** A name for a unix socket that asked for any: five digits after a zero byte. */
  nextAutobindName(): ByteString {
    this.lastAutobind = (this.lastAutobind + 1) & 0xfffff;
    return `\0${this.lastAutobind.toString(16).padStart(5, '0')}`;
  }
}

defineState(NetStack, 'NetStack', 1, {
  files: ref<FileSystem>('FileSystem'),
  clock: ref<Clock>('Clock'),
  timers: ref<TimerQueue>('TimerQueue'),
  abstractNames: map(byteString, anyRef<object>()),
  lastAutobind: u32,
  inFlight: set(anyRef<FlyingSocket>()),
  lossesSinceSearch: u32,
  tcpPorts: ref<PortTable>('PortTable'),
  udpPorts: ref<PortTable>('PortTable'),
  rawSockets: set(anyRef<PacketReceiver>()),
  unixSockets: set(anyRef<FileDescription>()),
  netlinkSockets: set(anyRef<FileDescription>()),
  loopback: ref<LoopbackInterface>('LoopbackInterface'),
  netlinkPorts: set(u32),
  lastPacketId: u32,
  doomed: list(anyRef<FileDescription>()),
  isDropping: bool,
});

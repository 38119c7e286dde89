import { EACCES, EAGAIN, ECONNREFUSED, EDESTADDRREQ, EINVAL, EMSGSIZE, ENETUNREACH, EOPNOTSUPP, EPIPE } from '../../abi/errno.ts';
import {
  AF_INET, IP_PKTINFO, IP_RECVTTL, IP_TTL, IPPROTO_IP, IPPROTO_IPV6, IPV6_HOPLIMIT, IPV6_PKTINFO, IPV6_RECVHOPLIMIT, IPV6_RECVPKTINFO, MSG_OOB,
} from '../../abi/socket.ts';
import { bytesOf } from '../../base/bytes.ts';
import { SysError } from '../../base/errors.ts';
import { defineState, extend } from '../../state/index.ts';
import type { IoSource } from '../mm/io-buffer.ts';
import type { Caller } from '../vfs/caller.ts';
import { Datagram } from './datagram.ts';
import { InetDatagramSocket, inetDatagramState } from './inet-datagram.ts';
import { anyOf, isBroadcast, isIpv4, isMulticast, parseEndpoint } from './ip-address.ts';
import type { Endpoint, IpAddress } from './ip-address.ts';
import { sendPortUnreachable } from './packet.ts';
import { fit } from './port-table.ts';
import type { PortTable } from './port-table.ts';
import type { Receipt, SendRequest } from './socket.ts';

/** Most bytes of one datagram, by IP version. */
const MAX_BYTES_4 = 65_507;
const MAX_BYTES_6 = 65_527;
const HOPS = 64;
/** IPv4 and UDP headers, as the interface counts them. */
const HEADERS_BYTES = 28;

/** udp(7) over loopback. */
export class UdpSocket extends InetDatagramSocket {
  override ports(): PortTable {
    return this.stack.udpPorts;
  }

  override mayBindTo(address: IpAddress): boolean {
    return isBroadcast(address) || isMulticast(address);
  }

  override connect(address: Uint8Array, isNonblocking: boolean, caller: Caller): number {
    void isNonblocking;
    const endpoint = parseEndpoint(address, this.family);
    if (endpoint === null) {
      this.remote = null;
      this.isReadShut = false;
      this.isWriteShut = false;
      if (!this.isBound) {
        this.giveUpPort();
        this.localIp = anyOf(this.family);
      }
      return 0;
    }
    const destination = this.routeToAny(endpoint.address);
    this.autobind(caller);
    this.localIp = this.sourceFor(destination);
    this.remote = { address: destination, port: endpoint.port };
    return 0;
  }

  /** As routeTo, with the addresses that only datagrams go to. @errors ENETUNREACH; EACCES broadcast without SO_BROADCAST */
  routeToAny(address: IpAddress): IpAddress {
    if (isBroadcast(address) && !this.mayBroadcast) throw new SysError(EACCES, 'a broadcast address');
    if (isBroadcast(address) && address.endsWith('\xff\xff\xff\xff')) throw new SysError(ENETUNREACH, 'no network to broadcast on');
    return this.routeTo(address);
  }

  override send(src: IoSource, request: SendRequest, caller: Caller): number {
    const lengthBytes = src.remainingBytes;
    if (lengthBytes > 0xffff) throw new SysError(EMSGSIZE, `send: ${lengthBytes} bytes`);
    if ((request.flags & MSG_OOB) !== 0) throw new SysError(EOPNOTSUPP, 'send: no urgent data');
    this.autobind(caller, EAGAIN);
    const to = this.destinationOf(request);
    if (to.port === 0) throw new SysError(EINVAL, 'send: port 0');
    const address = this.routeToAny(to.address);
    this.throwPending('send');
    if (this.isWriteShut) throw new SysError(EPIPE, 'send: shut down');
    if (lengthBytes > (isIpv4(address) ? MAX_BYTES_4 : MAX_BYTES_6)) throw new SysError(EMSGSIZE, `send: ${lengthBytes} bytes`);
    const data = this.takeWhole(src);

    const message = new Datagram({ address: this.sourceFor(address), port: this.localPort }, address, data);
    const targets = this.receiversAt(address, to.port, message.source);
    if (targets.length === 0) this.bounce(message, to.port);
    this.stack.loopback.count(lengthBytes + HEADERS_BYTES);
    for (const target of targets) target.enqueue(message);
    return lengthBytes;
  }

  /** Nobody is at the port: the ICMP answer is an error for a socket connected there. */
  bounce(message: Datagram, port: number): void {
    if (!isBroadcast(message.destination) && !isMulticast(message.destination)) sendPortUnreachable(this.stack, message, port);
    if (this.remote === null || this.remote.port !== port || this.remote.address !== message.destination) return;
    this.pendingError = ECONNREFUSED;
    this.wakeEveryone();
  }

  destinationOf(request: SendRequest): Endpoint {
    const given = request.address === null ? null : parseEndpoint(request.address, this.family);
    const to = given ?? this.remote;
    if (to === null) throw new SysError(EDESTADDRREQ, 'send: not connected and no address');
    return to;
  }

  /** The socket that a datagram from `source` to `address` and `port` is for; every one that fits, for broadcast and multicast. */
  receiversAt(address: IpAddress, port: number, source: Endpoint): UdpSocket[] {
    const toAll = isBroadcast(address) || isMulticast(address);
    let best: UdpSocket[] = [];
    let bestScore = 0;
    for (const user of this.ports().at(port)) {
      if (!(user instanceof UdpSocket)) continue;
      let score = fit(user, address);
      if (score === 0) continue;
      if (user.remote !== null) {
        if (user.remote.port !== source.port || user.remote.address !== source.address) continue;
        score += 4;
      }
      if (toAll) best.push(user);
      else if (score > bestScore) {
        best = [user];
        bestScore = score;
      }
    }
    return best;
  }

  /** Control messages that options asked for: address and interface of arrival, hop count. */
  override addControl(message: Datagram, receipt: Receipt): void {
    const hops = Uint8Array.of(HOPS, 0, 0, 0);
    const address = bytesOf(message.destination);
    if (this.family === AF_INET) {
      if (this.isOptionSet(IPPROTO_IP, IP_PKTINFO)) {
        const info = new Uint8Array(12);
        info[0] = this.stack.loopback.index;
        info.set(address.subarray(12), 4);
        info.set(address.subarray(12), 8);
        receipt.control.push({ level: IPPROTO_IP, type: IP_PKTINFO, data: info });
      }
      if (this.isOptionSet(IPPROTO_IP, IP_RECVTTL)) receipt.control.push({ level: IPPROTO_IP, type: IP_TTL, data: hops });
      return;
    }
    if (this.isOptionSet(IPPROTO_IPV6, IPV6_RECVPKTINFO)) {
      const info = new Uint8Array(20);
      info.set(address, 0);
      info[16] = this.stack.loopback.index;
      receipt.control.push({ level: IPPROTO_IPV6, type: IPV6_PKTINFO, data: info });
    }
    if (this.isOptionSet(IPPROTO_IPV6, IPV6_RECVHOPLIMIT)) receipt.control.push({ level: IPPROTO_IPV6, type: IPV6_HOPLIMIT, data: hops });
  }

  override release(): void {
    this.giveUpPort();
    this.queue = [];
  }
}

defineState(UdpSocket, 'UdpSocket', 1, extend(inetDatagramState, {}));

import { IFF_LOOPBACK, IFF_RUNNING, IFF_UP } from '../../abi/socket.ts';
import { bool, byteString, defineState, int, list, record, u32 } from '../../state/index.ts';
import { isIpv4, isLoopback4, LOOPBACK_4, LOOPBACK_6 } from './ip-address.ts';
import type { IpAddress } from './ip-address.ts';

/** An address of an interface and the length of its network's prefix, in bits of its own family. */
export interface InterfaceAddress {
  readonly address: IpAddress;
  readonly prefixBits: number;
}

/** The one interface of a container: `lo`. Whatever is sent comes back at once. */
export class LoopbackInterface {
  name = 'lo';
  index = 1;
  mtuBytes = 65_536;
  isUp = true;
  addresses: InterfaceAddress[] = [
    { address: LOOPBACK_4, prefixBits: 8 },
    { address: LOOPBACK_6, prefixBits: 128 },
  ];

  /** Packets and bytes that went through, each way. */
  packets = 0;
  bytes = 0;

  /** Counts a packet with its IP header. */
  count(lengthBytes: number): void {
    this.packets++;
    this.bytes += lengthBytes;
  }

  /** IFF_* bits of the ioctls and of netlink, without IFF_LOWER_UP. */
  flags(): number {
    return IFF_LOOPBACK | (this.isUp ? IFF_UP | IFF_RUNNING : 0);
  }

  /** Whether `address` is one of the container's own: what can be bound, and where packets arrive. */
  isLocal(address: IpAddress): boolean {
    if (!this.isUp) return false;
    return isLoopback4(address) || this.addresses.some((own) => own.address === address);
  }

  /** The first IPv4 address, or null. */
  firstIpv4(): InterfaceAddress | null {
    return this.addresses.find((own) => isIpv4(own.address)) ?? null;
  }
}

defineState(LoopbackInterface, 'LoopbackInterface', 1, {
  name: byteString,
  index: u32,
  mtuBytes: u32,
  isUp: bool,
  packets: int,
  bytes: int,
  addresses: list(record<InterfaceAddress>({ address: byteString, prefixBits: u32 })),
});

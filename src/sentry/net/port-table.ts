import { anyRef, defineState, list, map, u32 } from '../../state/index.ts';
import { ANY_4, ANY_6, isAny, isIpv4 } from './ip-address.ts';
import type { IpAddress } from './ip-address.ts';

/** net.ipv4.ip_local_port_range. */
const FIRST_EPHEMERAL = 32_768;
const LAST_EPHEMERAL = 60_999;

/** Whoever has a port: a socket, or a connection in TIME_WAIT. */
export interface PortUser {
  readonly localIp: IpAddress;
  readonly localPort: number;
  /** SO_REUSEADDR, SO_REUSEPORT; user id of the owner, for the latter. */
  readonly reusesAddress: boolean;
  readonly reusesPort: boolean;
  readonly ownerUid: number;
  /** IPV6_V6ONLY. */
  readonly isV6Only: boolean;
  isListening(): boolean;
}

/** Who has which port of one protocol. */
export class PortTable {
  users = new Map<number, PortUser[]>();
  nextEphemeral = FIRST_EPHEMERAL;

  at(port: number): readonly PortUser[] {
    return this.users.get(port) ?? NOBODY;
  }

  add(user: PortUser): void {
    const present = this.users.get(user.localPort);
    if (present === undefined) this.users.set(user.localPort, [user]);
    else present.push(user);
  }

  remove(user: PortUser): void {
    const present = this.users.get(user.localPort);
    const index = present?.indexOf(user) ?? -1;
    if (present === undefined || index < 0) return;
    present.splice(index, 1);
    if (present.length === 0) this.users.delete(user.localPort);
  }

  /** Whether `wanted` may have `port` beside those who have it. */
  isFree(port: number, wanted: PortUser): boolean {
    for (const user of this.at(port)) {
      if (user === wanted || !overlap(user, wanted)) continue;
      if (wanted.reusesPort && user.reusesPort && wanted.ownerUid === user.ownerUid) continue;
      if (wanted.reusesAddress && user.reusesAddress && !user.isListening()) continue;
      return false;
    }
    return true;
  }

  /** A port that nobody has, or 0 when all are taken. */
  ephemeral(): number {
    for (let tries = FIRST_EPHEMERAL; tries <= LAST_EPHEMERAL; tries++) {
      const port = this.nextEphemeral;
      this.nextEphemeral = port === LAST_EPHEMERAL ? FIRST_EPHEMERAL : port + 1;
      if (!this.users.has(port)) return port;
    }
    return 0;
  }
}

const NOBODY: readonly PortUser[] = [];

/** Whether a packet could be for both. */
function overlap(a: PortUser, b: PortUser): boolean {
  if (a.localIp === b.localIp) return true;
  if (!isAny(a.localIp) && !isAny(b.localIp)) return false;
  return covers(a, b) || covers(b, a);
}

/** Whether `wide`, bound to an any-address, receives what goes to the address of `other`. */
function covers(wide: PortUser, other: PortUser): boolean {
  if (wide.localIp === ANY_4) return isIpv4(other.localIp) || (other.localIp === ANY_6 && !other.isV6Only);
  if (wide.localIp !== ANY_6) return false;
  return !isIpv4(other.localIp) || !wide.isV6Only;
}

/** How well `user` fits a packet to `address`: 0 not at all, more for a narrower address. */
export function fit(user: PortUser, address: IpAddress): number {
  if (user.localIp === address) return 3;
  if (user.localIp === ANY_4) return isIpv4(address) ? 2 : 0;
  if (user.localIp !== ANY_6) return 0;
  if (!isIpv4(address)) return 2;
  return user.isV6Only ? 0 : 1;
}

defineState(PortTable, 'PortTable', 1, { users: map(u32, list(anyRef<PortUser>())), nextEphemeral: u32 });

import { big, defineState, i32, int, list, record, u32 } from '../../../state/index.ts';
import { SIGRTMIN, signalBit } from '../../../abi/signal.ts';

/** What siginfo_t carries, for every kind of signal; fields that a kind lacks are 0. */
export interface SignalInfo {
  signal: number;
  /** si_code. */
  code: number;
  errno: number;
  /** Sender, or the child for SIGCHLD. */
  pid: number;
  uid: number;
  /** SIGCHLD: exit status or signal. */
  status: number;
  /** si_value, all 64 bits; si_addr for faults; timer id and overrun below for SI_TIMER. */
  value: bigint;
  address: number;
  timerId: number;
  overrun: number;
  utimeTicks: number;
  stimeTicks: number;
}

/** A siginfo with everything 0 but what is given. */
export function signalInfo(signal: number, code: number, fields: Partial<SignalInfo> = {}): SignalInfo {
  return {
    signal, code, errno: 0, pid: 0, uid: 0, status: 0, value: 0n, address: 0, timerId: 0, overrun: 0, utimeTicks: 0, stimeTicks: 0,
    ...fields,
  };
}

/** Signals that wait for one thread, or for any thread of a group. */
export class SignalQueue {
  /** In order of arrival; standard signals at most once. */
  infos: SignalInfo[] = [];
  /** The signals in `infos`. */
  pending = 0n;

  /**
   * Adds a signal.
   * @returns false when it was a standard signal already pending, which is then lost
   */
  add(info: SignalInfo): boolean {
    const bit = signalBit(info.signal);
    if (info.signal < SIGRTMIN && (this.pending & bit) !== 0n) return false;
    this.infos.push(info);
    this.pending |= bit;
    return true;
  }

  /** Takes the next signal among `wanted`: the lowest number first, oldest first within one; null when there is none. */
  take(wanted: bigint): SignalInfo | null {
    if ((this.pending & wanted) === 0n) return null;
    let best = -1;
    for (let i = 0; i < this.infos.length; i++) {
      const signal = this.infos[i]!.signal;
      if ((wanted & signalBit(signal)) === 0n) continue;
      if (best < 0 || rank(signal) < rank(this.infos[best]!.signal)) best = i;
    }
    const [info] = this.infos.splice(best, 1);
    this.recount();
    return info!;
  }

  /** Drops every signal in `set`. */
  discard(set: bigint): void {
    if ((this.pending & set) === 0n) return;
    this.infos = this.infos.filter((info) => (signalBit(info.signal) & set) === 0n);
    this.recount();
  }

  recount(): void {
    this.pending = 0n;
    for (const info of this.infos) this.pending |= signalBit(info.signal);
  }
}

/** Faults come before other signals, as in Linux: SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGSYS. */
function rank(signal: number): number {
  return signal === 11 || signal === 7 || signal === 4 || signal === 5 || signal === 8 || signal === 31 ? signal - 100 : signal;
}

export const signalInfoKind = record<SignalInfo>({
  signal: u32, code: i32, errno: i32, pid: i32, uid: u32, status: i32, value: big, address: int, timerId: i32, overrun: i32,
  utimeTicks: int, stimeTicks: int,
});

defineState(SignalQueue, 'SignalQueue', 1, { infos: list(signalInfoKind), pending: big });

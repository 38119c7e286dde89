import { SI_TIMER, SIGBUS, SIGCHLD, SIGFPE, SIGILL, SIGSEGV, SIGTRAP } from '../../../abi/signal.ts';
import type { SignalInfo } from './signal-queue.ts';

/** Writes `info` as siginfo_t (64-bit layout) at the start of `view`, 128 bytes that are zero. */
export function writeSigInfo(view: DataView, info: SignalInfo): void {
  view.setInt32(0, info.signal, true);
  view.setInt32(4, info.errno, true);
  view.setInt32(8, info.code, true);
  const { signal, code } = info;
  const isFault = code > 0 && (signal === SIGSEGV || signal === SIGBUS || signal === SIGILL || signal === SIGFPE || signal === SIGTRAP);
  if (isFault) {
    view.setBigUint64(16, BigInt(info.address), true);
  } else if (code === SI_TIMER) {
    view.setInt32(16, info.timerId, true);
    view.setInt32(20, info.overrun, true);
    view.setBigUint64(24, BigInt.asUintN(64, info.value), true);
  } else {
    view.setInt32(16, info.pid, true);
    view.setUint32(20, info.uid, true);
    if (signal === SIGCHLD) {
      view.setInt32(24, info.status, true);
      view.setBigInt64(32, BigInt(info.utimeTicks), true);
      view.setBigInt64(40, BigInt(info.stimeTicks), true);
    } else {
      view.setBigUint64(24, BigInt.asUintN(64, info.value), true);
    }
  }
}

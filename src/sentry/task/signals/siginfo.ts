import { SI_KERNEL, SI_TIMER, SIGBUS, SIGCHLD, SIGFPE, SIGILL, SIGSEGV, SIGTRAP } from '../../../abi/signal.ts';
import { signalInfo } from './signal-queue.ts';
import type { SignalInfo } from './signal-queue.ts';

/** Writes `info` as siginfo_t (64-bit layout) at the start of `view`, 128 bytes that are zero. */
export function writeSigInfo(view: DataView, info: SignalInfo): void {
  view.setInt32(0, info.signal, true);
  view.setInt32(4, info.errno, true);
  view.setInt32(8, info.code, true);
  const { signal, code } = info;
  const isFault = isFaultInfo(signal, code);
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

/** Whether si_addr is what siginfo_t holds: not for codes of the kernel itself, among them those of ptrace. */
function isFaultInfo(signal: number, code: number): boolean {
  if (code <= 0 || code >= SI_KERNEL || (signal === SIGTRAP && code === SIGTRAP)) return false;
  return signal === SIGSEGV || signal === SIGBUS || signal === SIGILL || signal === SIGFPE || signal === SIGTRAP;
}

/** Reads siginfo_t (64-bit layout) from the start of `view`, 128 bytes. */
export function readSigInfo(view: DataView): SignalInfo {
  const signal = view.getInt32(0, true) & 0x7f;
  const info = signalInfo(signal, view.getInt32(8, true), { errno: view.getInt32(4, true) });
  if (isFaultInfo(signal, info.code)) {
    info.address = Number(view.getBigUint64(16, true));
  } else if (info.code === SI_TIMER) {
    info.timerId = view.getInt32(16, true);
    info.overrun = view.getInt32(20, true);
    info.value = view.getBigUint64(24, true);
  } else {
    info.pid = view.getInt32(16, true);
    info.uid = view.getUint32(20, true);
    if (signal === SIGCHLD) {
      info.status = view.getInt32(24, true);
      info.utimeTicks = Number(view.getBigInt64(32, true));
      info.stimeTicks = Number(view.getBigInt64(40, true));
    } else {
      info.value = view.getBigUint64(24, true);
    }
  }
  return info;
}

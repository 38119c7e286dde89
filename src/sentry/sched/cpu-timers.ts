import { RLIMIT_CPU } from '../../abi/process.ts';
import { SI_KERNEL, SIGKILL, SIGXCPU } from '../../abi/signal.ts';
import { signalInfo } from '../task/signals/signal-queue.ts';
import type { IntervalTimer } from '../task/interval-timer.ts';
import type { ThreadGroup } from '../task/thread-group.ts';

const ITIMER_VIRTUAL = 1;
const ITIMER_PROF = 2;

/** After a turn of one of its threads: fires interval timers that count CPU time, and enforces RLIMIT_CPU. */
export function checkCpuTime(group: ThreadGroup): void {
  const virtual = group.intervalTimers[ITIMER_VIRTUAL] ?? null;
  const profile = group.intervalTimers[ITIMER_PROF] ?? null;
  const [soft, hard] = group.limits[RLIMIT_CPU]!;
  if (virtual === null && profile === null && soft === Infinity && hard === Infinity) return;
  let userNs = group.ownUsage.userNs;
  let busyNs = userNs + group.ownUsage.systemNs;
  for (const task of group.tasks) {
    userNs += task.userNs;
    busyNs += task.userNs + task.systemNs;
  }
  if (virtual !== null) fireIfDue(virtual, userNs);
  if (profile !== null) fireIfDue(profile, busyNs);
  if (busyNs >= hard * 1e9) {
    group.sendSignal(signalInfo(SIGKILL, SI_KERNEL));
  } else if (busyNs >= soft * 1e9) {
    group.sendSignal(signalInfo(SIGXCPU, SI_KERNEL));
    group.limits[RLIMIT_CPU] = [soft + 1, hard]; // told again each second, as in Linux
  }
}

function fireIfDue(timer: IntervalTimer, countedNs: number): void {
  if (!timer.isCounting || countedNs < timer.deadlineNs) return;
  timer.group.sendSignal(signalInfo(timer.signal, SI_KERNEL));
  if (timer.intervalNs === 0) {
    timer.isCounting = false;
    return;
  }
  const missed = Math.floor((countedNs - timer.deadlineNs) / timer.intervalNs);
  timer.deadlineNs += (missed + 1) * timer.intervalNs;
}

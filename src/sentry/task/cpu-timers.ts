import { RLIMIT_CPU } from '../../abi/process.ts';
import { SIGKILL, SIGXCPU, SI_KERNEL } from '../../abi/signal.ts';
import { cpuTimeNs, usageOf } from './cpu-time.ts';
import { signalInfo } from './signals/signal-queue.ts';
import type { PosixTimer } from './interval-timer.ts';
import type { Task } from './task.ts';
import type { ThreadGroup } from './thread-group.ts';

const NS_PER_SECOND = 1e9;
const VIRTUAL = 1;

/**
 * Fires what has become due by the CPU time of `group`: ITIMER_VIRTUAL, ITIMER_PROF, timers on CPU clocks, RLIMIT_CPU. Called after
 * one of its threads has run, while `group.countsCpuTime`.
 */
export function checkCpuTimers(group: ThreadGroup): void {
  const usage = usageOf(group);
  const totalNs = usage.userNs + usage.systemNs;
  let isCounting = false;
  group.intervalTimers.forEach((timer, which) => {
    if (timer === null || !timer.isCounting) return;
    const nowNs = which === VIRTUAL ? usage.userNs : totalNs;
    if (nowNs >= timer.deadlineNs) {
      timer.isCounting = timer.intervalNs !== 0;
      while (timer.isCounting && timer.deadlineNs <= nowNs) timer.deadlineNs += timer.intervalNs;
      group.sendSignal(signalInfo(timer.signal, SI_KERNEL));
    }
    if (timer.isCounting) isCounting = true;
  });
  for (const timer of group.posixTimers.values()) {
    if (!timer.isCounting) continue;
    const nowNs = countedNs(timer, totalNs);
    if (nowNs >= timer.deadlineNs) timer.fire(nowNs);
    if (timer.isCounting) isCounting = true;
  }
  const [softSeconds, hardSeconds] = group.limits[RLIMIT_CPU]!;
  if (totalNs >= hardSeconds * NS_PER_SECOND) {
    group.sendSignal(signalInfo(SIGKILL, SI_KERNEL));
  } else if (totalNs >= softSeconds * NS_PER_SECOND) {
    group.limits[RLIMIT_CPU] = [softSeconds + 1, hardSeconds]; // asked again each second
    group.sendSignal(signalInfo(SIGXCPU, SI_KERNEL));
  }
  group.countsCpuTime = isCounting || softSeconds !== Infinity || hardSeconds !== Infinity;
}

/** What the clock of a CPU timer shows: its thread's time, or the whole group's. */
export function countedNs(timer: PosixTimer, groupNs: number): number {
  const { countedThread } = timer;
  return countedThread === null ? groupNs : threadTimeNs(countedThread);
}

/** As `countedNs`, for a call. */
export function timerNowNs(timer: PosixTimer): number {
  return countedNs(timer, cpuTimeNs(timer.group));
}

function threadTimeNs(thread: Task): number {
  return thread.userNs + thread.systemNs;
}

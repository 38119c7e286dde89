/** signal(7) and sigaction(2), as riscv64 has them. */
export const SIGHUP = 1;
export const SIGINT = 2;
export const SIGQUIT = 3;
export const SIGILL = 4;
export const SIGTRAP = 5;
export const SIGABRT = 6;
export const SIGBUS = 7;
export const SIGFPE = 8;
export const SIGKILL = 9;
export const SIGUSR1 = 10;
export const SIGSEGV = 11;
export const SIGUSR2 = 12;
export const SIGPIPE = 13;
export const SIGALRM = 14;
export const SIGTERM = 15;
export const SIGSTKFLT = 16;
export const SIGCHLD = 17;
export const SIGCONT = 18;
export const SIGSTOP = 19;
export const SIGTSTP = 20;
export const SIGTTIN = 21;
export const SIGTTOU = 22;
export const SIGURG = 23;
export const SIGXCPU = 24;
export const SIGXFSZ = 25;
export const SIGVTALRM = 26;
export const SIGPROF = 27;
export const SIGWINCH = 28;
export const SIGIO = 29;
export const SIGPWR = 30;
export const SIGSYS = 31;
export const SIGRTMIN = 32;
export const SIGRTMAX = 64;

const NAMES = [
  '', 'HUP', 'INT', 'QUIT', 'ILL', 'TRAP', 'ABRT', 'BUS', 'FPE', 'KILL', 'USR1', 'SEGV', 'USR2', 'PIPE', 'ALRM', 'TERM', 'STKFLT',
  'CHLD', 'CONT', 'STOP', 'TSTP', 'TTIN', 'TTOU', 'URG', 'XCPU', 'XFSZ', 'VTALRM', 'PROF', 'WINCH', 'IO', 'PWR', 'SYS',
];

/** `SIGKILL`, `SIGRTMIN+3`, … */
export function signalName(signal: number): string {
  if (signal < NAMES.length) return `SIG${NAMES[signal]}`;
  return signal === SIGRTMIN ? 'SIGRTMIN' : `SIGRTMIN+${signal - SIGRTMIN}`;
}

/**
 * The signal that `name` means: a number, or a name with or without `SIG`, in any case.
 * @returns null when there is none
 */
export function signalByName(name: string): number | null {
  if (/^\d+$/.test(name)) {
    const number = Number(name);
    return number >= 1 && number <= SIGRTMAX ? number : null;
  }
  const bare = name.toUpperCase().replace(/^SIG/, '');
  const realtime = /^RTM(IN|AX)(?:([+-])(\d+))?$/.exec(bare);
  if (realtime !== null) {
    const base = realtime[1] === 'IN' ? SIGRTMIN : SIGRTMAX;
    const signal = base + (realtime[3] === undefined ? 0 : Number(`${realtime[2]}${realtime[3]}`));
    return signal >= SIGRTMIN && signal <= SIGRTMAX ? signal : null;
  }
  const index = NAMES.indexOf(bare);
  return index > 0 ? index : null;
}

export const SIG_DFL = 0;
export const SIG_IGN = 1;

export const SA_NOCLDSTOP = 0x1;
export const SA_NOCLDWAIT = 0x2;
export const SA_SIGINFO = 0x4;
export const SA_ONSTACK = 0x08000000;
export const SA_RESTART = 0x10000000;
export const SA_NODEFER = 0x40000000;
export const SA_RESETHAND = 0x80000000;

export const SIG_BLOCK = 0;
export const SIG_UNBLOCK = 1;
export const SIG_SETMASK = 2;

export const SS_ONSTACK = 1;
export const SS_DISABLE = 2;
export const SS_AUTODISARM = 0x80000000;
export const MINSIGSTKSZ = 2048;

export const SI_USER = 0;
export const SI_KERNEL = 0x80;
export const SI_QUEUE = -1;
export const SI_TIMER = -2;
export const SI_MESGQ = -3;
export const SI_ASYNCIO = -4;
export const SI_SIGIO = -5;
export const SI_TKILL = -6;

export const ILL_ILLOPC = 1;
export const TRAP_BRKPT = 1;
export const SEGV_MAPERR = 1;
export const SEGV_ACCERR = 2;
export const BUS_ADRALN = 1;
export const BUS_ADRERR = 2;
export const CLD_EXITED = 1;
export const CLD_KILLED = 2;
export const CLD_DUMPED = 3;
export const CLD_TRAPPED = 4;
export const CLD_STOPPED = 5;
export const CLD_CONTINUED = 6;

export const SIGINFO_BYTES = 128;

/** Bit of `signal` in a 64-bit signal set. */
export function signalBit(signal: number): bigint {
  return 1n << BigInt(signal - 1);
}
/** Signals that no mask blocks and no disposition changes. */
export const UNBLOCKABLE = signalBit(SIGKILL) | signalBit(SIGSTOP);

/** clock_gettime(2), timer_create(2), getitimer(2), adjtimex(2). */
export const CLOCK_REALTIME = 0;
export const CLOCK_MONOTONIC = 1;
export const CLOCK_PROCESS_CPUTIME_ID = 2;
export const CLOCK_THREAD_CPUTIME_ID = 3;
export const CLOCK_MONOTONIC_RAW = 4;
export const CLOCK_REALTIME_COARSE = 5;
export const CLOCK_MONOTONIC_COARSE = 6;
export const CLOCK_BOOTTIME = 7;
export const CLOCK_REALTIME_ALARM = 8;
export const CLOCK_BOOTTIME_ALARM = 9;
export const CLOCK_TAI = 11;

export const TIMER_ABSTIME = 1;

export const SIGEV_SIGNAL = 0;
export const SIGEV_NONE = 1;
export const SIGEV_THREAD = 2;
export const SIGEV_THREAD_ID = 4;
export const SIGEVENT_BYTES = 64;

export const ITIMER_REAL = 0;
export const ITIMER_VIRTUAL = 1;
export const ITIMER_PROF = 2;

export const NS_PER_SECOND = 1_000_000_000;
export const NS_PER_MICROSECOND = 1000;
/** Unit of times(2) and of /proc/PID/stat: USER_HZ is 100. */
export const NS_PER_TICK = 10_000_000;
/** Step of the coarse clocks. */
export const COARSE_NS = 4_000_000;

/** Bytes of `struct timex`. */
export const TIMEX_BYTES = 208;
/** adjtimex(2): the clock is not synchronized; and the bit of it in `status`. */
export const TIME_ERROR = 5;
export const STA_UNSYNC = 0x40;

/**
 * eventfd2(2), timerfd_create(2), signalfd4(2), epoll(7) and the splice(2) family: flags and layouts.
 *
 * @source  the manual pages; linux/eventpoll.h, linux/timerfd.h, linux/signalfd.h
 */

import { O_CLOEXEC, O_NONBLOCK } from './open.ts';

export const EFD_SEMAPHORE = 1;
export const EFD_CLOEXEC = O_CLOEXEC;
export const EFD_NONBLOCK = O_NONBLOCK;

export const TFD_CLOEXEC = O_CLOEXEC;
export const TFD_NONBLOCK = O_NONBLOCK;
export const TFD_TIMER_ABSTIME = 1;
export const TFD_TIMER_CANCEL_ON_SET = 2;
export const TFD_IOC_SET_TICKS = 0x40085400;

export const SFD_CLOEXEC = O_CLOEXEC;
export const SFD_NONBLOCK = O_NONBLOCK;
/** Bytes of `struct signalfd_siginfo`. */
export const SIGNALFD_SIGINFO_BYTES = 128;
/** Bytes of a signal set as the kernel takes it. */
export const SIGSET_BYTES = 8;

export const EPOLL_CLOEXEC = O_CLOEXEC;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;
/** Bytes of `struct epoll_event` on riscv64: events at 0, data at 8. */
export const EPOLL_EVENT_BYTES = 16;
export const EPOLL_MAX_EVENTS = Math.floor(0x7fffffff / EPOLL_EVENT_BYTES);
/** Epolls that may watch one another in a row. */
export const EPOLL_MAX_NESTS = 4;

export const SPLICE_F_MOVE = 1;
export const SPLICE_F_NONBLOCK = 2;
export const SPLICE_F_MORE = 4;
export const SPLICE_F_GIFT = 8;
export const SPLICE_F_ALL = 15;


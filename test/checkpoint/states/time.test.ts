/**
 * Timers and time-outs over a checkpoint and a restore.
 *
 * Where the clock goes on as if nothing had been, each comes after what was left. Where an hour on disk counts, all of them are
 * overdue: they come at once, and late; the time of the processor has not gone on.
 */
import { describe } from 'vitest';
import { programsSurvive } from './support.ts';

const late = (text: string) => text.replaceAll('in time', 'late');
const lateTimers = (text: string) => `USR1 late\n${late(text).replace('USR1 late\n', '').replace('about 600', 'none')}`;

/** Each signal comes before anything else; one for any number of intervals, and the next within one. */
const OVERDUE_ALARMS = `ALRM late
left of the first 1200 ms: of the interval
interval 500
ALRM late
seconds left of the alarm: 0
seconds left of none: 0
other: exit 0
ALRM late
[exit 0]
`;

describe('time survives', () => {
  programsSurvive('states-time', {
    alarms: ['an alarm and an interval timer, with what was left of them', () => OVERDUE_ALARMS],
    processor: 'timers of processor time, which do not count the time on disk',
    timers: ['POSIX timers that send a signal, start a thread, or do nothing', lateTimers],
    timerfd: ['a timerfd with two expirations unread, and one for tomorrow', (text) => late(text).replace('expirations 2', 'expirations of an hour more')],
    sleepers: ['seven kinds of sleep in the middle', late],
  });
});

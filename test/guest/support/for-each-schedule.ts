import { describe } from 'vitest';
import type { Schedule } from './schedules.ts';

/** Describes the same tests under each of `schedules`. */
export function forEachSchedule(schedules: readonly Schedule[], tests: (schedule: Schedule) => void): void {
  for (const schedule of schedules) describe(schedule.name, () => tests(schedule));
}

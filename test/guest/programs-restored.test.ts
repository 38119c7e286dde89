import { describe, expect, it } from 'vitest';
import { forEachSchedule } from './support/for-each-schedule.ts';
import { hasPrograms, linuxTranscript, programNames, runProgram } from './support/run-program.ts';
import { restoringSchedules } from './support/schedules.ts';

describe.skipIf(!hasPrograms)('guest programs that are restored all the time print what Linux prints', () => {
  forEachSchedule(restoringSchedules, (schedule) => {
    it.for(programNames)('%s', { timeout: 300_000 }, (name) => {
      expect(runProgram(name, schedule).transcript).toBe(linuxTranscript(name));
    });
  });
});

import { describe, expect, it } from 'vitest';
import { hasPrograms, linuxTranscript, programNames, runProgram } from './support/run-program.ts';
import { forEachSchedule } from './support/for-each-schedule.ts';
import { schedules } from './support/schedules.ts';

describe.skipIf(!hasPrograms)('guest programs print what Linux prints', () => {
  forEachSchedule(schedules, (schedule) => {
    it.for(programNames)('%s', (name) => {
      expect(runProgram(name, schedule).transcript).toBe(linuxTranscript(name));
    });
  });
});

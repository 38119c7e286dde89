import { expect, it } from 'vitest';
import { stasis } from './support/stasis.ts';

it('demo: every claim is true, and the story is there', () => {
  const run = stasis(['demo']);
  expect(run.stdout).toMatch(/All \d+ claims were true\.\n$/);
  expect(run.stdout).not.toContain('✗');
  expect(run.stdout.match(/^  Killing exec'd process, PID: \d+$/gm)?.length).toBeGreaterThanOrEqual(4);
  expect(run.status).toBe(0);
});

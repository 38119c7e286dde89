import { defineConfig } from 'vitest/config';

/** The kinds of test, each a folder of `test/`, and what must be built before its tests run. */
const projects = [
  { name: 'unit', needs: [] },
  { name: 'core', needs: ['core'] },
  { name: 'syscalls', needs: ['core'] },
  { name: 'guest', needs: ['core', 'image', 'guest'] },
  { name: 'checkpoint', needs: ['core', 'image', 'guest'] },
  { name: 'container', needs: ['core', 'image', 'guest'] },
  { name: 'web', needs: ['core', 'image', 'site'] },
  { name: 'cli', needs: ['core', 'image', 'guest', 'cli'] },
];

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: projects.map(({ name, needs }) => ({
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        globalSetup: needs.map((need) => `test/support/setup/${need}.ts`),
        environment: 'node',
        testTimeout: name === 'web' ? 120_000 : 60_000,
        hookTimeout: 120_000,
        // One page, one server, one browser: a second file would compete with it for the processor.
        fileParallelism: name !== 'web',
      },
    })),
  },
});

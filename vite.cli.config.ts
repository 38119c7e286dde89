import { defineConfig } from 'vite';

/** The command: `dist/cli.js`, one file for Node with nothing to install beside it. */
export default defineConfig({
  publicDir: false,
  cacheDir: 'build/vite',
  ssr: { noExternal: true },
  build: {
    ssr: 'src/cli/main.ts',
    outDir: 'dist',
    emptyOutDir: false,
    target: 'node20',
    minify: false,
    rolldownOptions: {
      output: { entryFileNames: 'cli.js', codeSplitting: false, banner: '#!/usr/bin/env node' },
    },
  },
});

import { defineConfig } from 'vite';

/** The command: `dist/cli.js`, and beside it what only some verbs load; nothing has to be installed. */
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
      output: { entryFileNames: 'cli.js', chunkFileNames: 'cli-[name].js', banner: (chunk) => (chunk.isEntry ? '#!/usr/bin/env node' : '') },
    },
  },
});

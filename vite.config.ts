import { defineConfig } from 'vite';

/** The playground: `web/` is its root, `public/` is served as is. Addresses are relative: any static host will do. */
export default defineConfig({
  root: 'web',
  base: './',
  publicDir: '../public',
  cacheDir: '../build/vite',
  build: {
    outDir: '../dist/site',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
  },
  worker: { format: 'es' },
  server: { fs: { allow: ['..'] } },
});

import { defineConfig } from 'vite';

/** The package: `dist/lib`, for any page, any worker and Node; what it depends on stays outside. */
export default defineConfig({
  publicDir: false,
  cacheDir: 'build/vite',
  build: {
    outDir: 'dist/lib',
    emptyOutDir: true,
    target: 'es2022',
    minify: false,
    lib: { entry: { index: 'src/index.ts' }, formats: ['es'] },
    rolldownOptions: { external: [/^node:/, 'comlink', 'idb', 'lit', /^@xterm\//] },
  },
});

// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

// Where a node (or the mock of dev/server.mjs) answers during development.
const node = process.env['SALUS_NODE'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: 'es2022',
    // tools/finish.mjs puts it in the place of dist/ once it is whole: a node that starts meanwhile finds one.
    outDir: 'dist.next',
    emptyOutDir: true,
    sourcemap: false,
    // The strict policy of the node forbids data: scripts and inline ones; nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      '/api': { target: node, changeOrigin: true },
      '/openapi.json': { target: node, changeOrigin: true },
    },
  },
  test: { include: ['src/**/*.test.{ts,tsx}'], environment: 'node' },
});

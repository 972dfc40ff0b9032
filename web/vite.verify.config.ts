// SPDX-License-Identifier: Apache-2.0
// The receipt verifier as ONE file that one can keep: script and style stand inside dist/verify.html.
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

// Puts the one script and the one style sheet of the build into the page itself.
function single_file(): Plugin {
  return {
    name: 'single-file',
    enforce: 'post',
    // After Vite's own hook, which still fills in what its lazy imports load.
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const page = bundle['verify.html'];
        if (!page || page.type !== 'asset') throw new Error('verify.html is not in the bundle');
        let html = String(page.source);
        for (const [name, file] of Object.entries(bundle)) {
          if (file.type === 'chunk') {
            if (file.code.includes('__VITE_PRELOAD__')) throw new Error('a lazy import is not filled in');
            const tag = new RegExp(`<script[^>]*src="[^"]*${name}"[^>]*></script>`);
            const code = file.code.replaceAll('</script', '<\\/script');
            html = html.replace(tag, '');
            html = html.replace('</body>', () => `<script type="module">${code}</script></body>`);
            Reflect.deleteProperty(bundle, name);
          } else if (name.endsWith('.css')) {
            const tag = new RegExp(`<link[^>]*href="[^"]*${name}"[^>]*>`);
            html = html.replace(tag, () => `<style>${String(file.source)}</style>`);
            Reflect.deleteProperty(bundle, name);
          }
        }
        page.source = html;
      },
    },
  };
}

export default defineConfig({
  plugins: [react(), single_file()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  publicDir: false,
  build: {
    target: 'es2022',
    outDir: 'dist.next',
    emptyOutDir: false,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: 'verify.html', output: { codeSplitting: false } },
  },
});

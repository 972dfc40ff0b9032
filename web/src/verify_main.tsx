// SPDX-License-Identifier: Apache-2.0
// The verifier alone, for the one file that people keep (vite.verify.config.ts). It has no network.
import './ui/salus.css';
import './verify_alone.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { useVerifier, Verifier } from './features/verify/verifier';
import { Logo } from './ui/icons';
import { locale, words } from './words';

document.documentElement.lang = locale;
const dark = matchMedia('(prefers-color-scheme: dark)').matches;
document.documentElement.dataset['mantineColorScheme'] = dark ? 'dark' : 'light';

function Alone() {
  const verifier = useVerifier();
  return (
    <main className="alone">
      <h1 className="page-title">
        <Logo /> {words.verify.title}
      </h1>
      <Verifier verifier={verifier} />
    </main>
  );
}

const root = document.getElementById('root');
if (!root) throw new Error('the page has no root');
createRoot(root).render(
  <StrictMode>
    <Alone />
  </StrictMode>,
);

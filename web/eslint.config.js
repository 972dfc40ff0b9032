// SPDX-License-Identifier: Apache-2.0
import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const features = ['signin', 'ward', 'patient', 'review', 'myhealth', 'ledger', 'verify', 'admin', 'audit', 'attacks'];

const only_client_fetches = [
  { name: 'fetch', message: 'Only src/client talks to the node: add a function there.' },
  { name: 'EventSource', message: 'There is one EventSource, in src/client/events.ts.' },
  { name: 'XMLHttpRequest', message: 'Only src/client talks to the node.' },
];
const no_text_in_components = [
  'error',
  {
    selector: 'JSXText[value=/[A-Za-z]{2,}/]',
    message: 'Words that people read stand in src/words, so that a translation is one file.',
  },
];

// The rule `no-restricted-imports` is the architecture: features know ui, client, verify and words,
// never each other; ui and client never know a feature.
const restricted = (patterns) => ({
  'no-restricted-imports': ['error', { patterns }],
});
const no_features = {
  group: ['@/features/*', '**/features/*', '@/app/*'],
  message: 'ui, client, verify and words stand below the features.',
};

export default tseslint.config(
  { ignores: ['dist', 'dist.*', 'node_modules', 'src/client/openapi.gen.ts', 'dev', 'tools'] },
  ...tseslint.configs.strict,
  {
    files: ['src/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': hooks },
    rules: {
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
      'no-restricted-globals': ['error', ...only_client_fetches],
      'no-restricted-syntax': no_text_in_components,
      'max-lines': ['error', { max: 300, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  { files: ['src/{ui,client,verify,words}/**'], rules: restricted([no_features]) },
  ...features.map((feature) => ({
    files: [`src/features/${feature}/**`],
    rules: restricted([
      {
        group: [
          '@/app/*',
          ...features.filter((other) => other !== feature).map((other) => `@/features/${other}/*`),
          '../*/*',
        ],
        message: 'Features never import each other: move what both need to ui or client.',
      },
    ]),
  })),
  { files: ['src/client/**'], rules: { 'no-restricted-globals': 'off' } },
  { files: ['src/words/**', 'src/**/*.test.{ts,tsx}'], rules: { 'max-lines': 'off' } },
);

// SPDX-License-Identifier: Apache-2.0
import { createTheme, type MantineColorsTuple } from '@mantine/core';

// The one accent. Every other colour belongs to a vital or to a severity (ui/salus.css).
const accent: MantineColorsTuple = [
  '#eaf1fa', '#d3e1f1', '#a6c3e4', '#76a3d7', '#5089cc', '#3878c4', '#2b6fc1', '#1f5eab', '#1f4e86', '#143f74',
];

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: { light: 8, dark: 6 },
  colors: {
    accent,
    dark: [
      '#e6edf3', '#c4ced8', '#9aa8b6', '#5f6e7d', '#3a4652', '#2a343f', '#1c252d', '#151c23', '#0d1217', '#080c10',
    ],
  },
  autoContrast: true,
  fontFamily:
    'Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "DejaVu Sans Mono", Menlo, Consolas, monospace',
  // Text is never below 14 px.
  fontSizes: { xs: '0.875rem', sm: '0.9375rem', md: '1rem', lg: '1.125rem', xl: '1.25rem' },
  defaultRadius: 'sm',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Badge: { defaultProps: { size: 'lg', variant: 'default', radius: 'sm' } },
    Skeleton: { defaultProps: { radius: 'sm' } },
  },
});

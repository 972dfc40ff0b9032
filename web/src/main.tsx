// SPDX-License-Identifier: Apache-2.0
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './ui/salus.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { App } from './app/app';
import { new_query_client } from './client/queries';
import { theme } from './ui/theme';
import { direction, locale } from './words';

document.documentElement.lang = locale;
document.documentElement.dir = direction;

const root = document.getElementById('root');
if (!root) throw new Error('the page has no root');
createRoot(root).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <Notifications position="bottom-right" limit={4} />
      <QueryClientProvider client={new_query_client()}>
        <BrowserRouter>
          <App />
        </BrowserRouter>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);

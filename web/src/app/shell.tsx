// SPDX-License-Identifier: Apache-2.0
// What stands around every page: the pages one may open, who one is, and the state of the connection.
import { ActionIcon, useMantineColorScheme } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Suspense, useEffect } from 'react';
import { NavLink, Outlet, useLocation, useNavigate } from 'react-router';
import { api } from '@/client/api';
import { live_store } from '@/client/live';
import { keys } from '@/client/queries';
import type { Role } from '@/client/types';
import { tell_failure } from '@/ui/bits';
import { Logo, MoonIcon, SignOutIcon, SunIcon } from '@/ui/icons';
import { Loading } from '@/ui/states';
import { word_for, words } from '@/words';
import { FaultBoundary } from './fault_boundary';
import { useConnectionState, useSession } from './session';
import { note_signed_in } from './signed_in';
import './shell.css';

const w = words.app;

interface Place {
  to: string;
  label: string;
  roles: readonly Role[] | 'all';
}
const places: readonly Place[] = [
  { to: '/my-health', label: w.my_health, roles: ['patient'] },
  { to: '/ward', label: w.ward, roles: ['doctor', 'nurse'] },
  { to: '/review', label: w.review, roles: ['doctor'] },
  { to: '/admin', label: w.admin, roles: ['administrator'] },
  { to: '/audit', label: w.audit, roles: ['auditor'] },
  { to: '/attacks', label: w.attacks, roles: ['administrator', 'auditor'] },
  { to: '/ledger', label: w.ledger, roles: 'all' },
  { to: '/verify', label: w.verify, roles: 'all' },
];
export const places_of = (role: Role): readonly Place[] =>
  places.filter((place) => place.roles === 'all' || place.roles.includes(role));
export const home_of = (role: Role): string => places_of(role)[0]?.to ?? '/ledger';

export function SchemeToggle() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const dark =
    colorScheme === 'dark' ||
    (colorScheme === 'auto' && document.documentElement.dataset['mantineColorScheme'] === 'dark');
  return (
    <ActionIcon
      variant="subtle"
      size="lg"
      color="gray"
      aria-label={dark ? w.light : w.dark}
      title={dark ? w.light : w.dark}
      onClick={() => setColorScheme(dark ? 'light' : 'dark')}
    >
      {dark ? <SunIcon /> : <MoonIcon />}
    </ActionIcon>
  );
}

export function Brand() {
  return (
    <NavLink to="/" className="brand" aria-label={w.name}>
      <Logo />
      <span>{w.name}</span>
    </NavLink>
  );
}

function Connection() {
  const state = useConnectionState();
  return (
    <span className="connection" data-state={state} role="status" aria-live="polite" aria-label={words.connection.label}>
      <span className="dot" aria-hidden="true" />
      {words.connection[state]}
    </span>
  );
}

function ConnectionBanner() {
  const state = useConnectionState();
  if (state !== 'lost' && state !== 'offline') return null;
  return (
    <div className="connection-banner" role="alert">
      <strong>{words.connection[state]}.</strong> {words.connection.lost_long}
    </div>
  );
}

function SignOut() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const sign_out = async (): Promise<void> => {
    try {
      await api.logout();
    } catch (error) {
      tell_failure(words.state.error, error);
      return;
    }
    note_signed_in(false);
    live_store.clear();
    queries.clear();
    await navigate('/signin');
  };
  return (
    <ActionIcon variant="subtle" size="lg" color="gray" aria-label={w.sign_out} title={w.sign_out} onClick={() => void sign_out()}>
      <SignOutIcon />
    </ActionIcon>
  );
}

// Any answer "sign in first" ends the session here too; the shell's parent then shows sign in.
function useSessionEnd(): void {
  const queries = useQueryClient();
  useEffect(
    () =>
      queries.getQueryCache().subscribe((event) => {
        const error = event.query.state.error as { code?: string } | null;
        if (event.type !== 'updated' || error?.code !== 'unauthenticated') return;
        if (event.query.queryKey[0] === keys.me[0]) return;
        void queries.invalidateQueries({ queryKey: keys.me });
      }),
    [queries],
  );
}

export function Shell() {
  const { me } = useSession();
  const location = useLocation();
  useSessionEnd();
  useEffect(() => note_signed_in(true), []);
  const wall = new URLSearchParams(location.search).get('wall') === '1';
  return (
    <div className="shell" data-wall={wall}>
      <a className="skip" href="#main">
        {w.skip}
      </a>
      <header className="bar">
        <Brand />
        <nav aria-label={w.navigation} className="places">
          {places_of(me.role).map((place) => (
            <NavLink key={place.to} to={place.to} className="place">
              {place.label}
            </NavLink>
          ))}
        </nav>
        <div className="side">
          {me.demo ? (
            <span className="tag demo" title={w.demo_hint}>
              {w.demo}
            </span>
          ) : null}
          <Connection />
          <span className="who" title={me.login}>
            <span>{me.name}</span>
            <span className="muted">{word_for(words.roles, me.role)}</span>
          </span>
          <SchemeToggle />
          <SignOut />
        </div>
      </header>
      <ConnectionBanner />
      {wall ? (
        <div className="wall-connection">
          <Connection />
        </div>
      ) : null}
      <main id="main" tabIndex={-1} className="main">
        {/* A fault ends one page, not what stands around it; another page starts anew. */}
        <FaultBoundary key={location.pathname}>
          <Suspense fallback={<Loading rows={4} height={110} />}>
            <Outlet />
          </Suspense>
        </FaultBoundary>
      </main>
    </div>
  );
}

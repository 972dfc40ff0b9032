// SPDX-License-Identifier: Apache-2.0
import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useLocation, useNavigate, useSearchParams } from 'react-router';
import { api } from '@/client/api';
import { ApiError } from '@/client/http';
import { keys, useInfo } from '@/client/queries';
import type { DemoLogin, Role } from '@/client/types';
import { useTitle } from '@/ui/bits';
import { count } from '@/ui/format';
import { Failure } from '@/ui/states';
import { word_for, words } from '@/words';
import './signin.css';

const w = words.signin;

// Those who look after patients first, then patients, then the rest; by name within.
const role_order: readonly Role[] = ['doctor', 'nurse', 'patient', 'family', 'administrator', 'auditor'];
const rank_of = (role: Role): number => (role_order.includes(role) ? role_order.indexOf(role) : role_order.length);
const by_role = (a: DemoLogin, b: DemoLogin): number =>
  rank_of(a.role) - rank_of(b.role) || a.name.localeCompare(b.name);

// Only a path of this app is followed: a link cannot send people elsewhere after they signed in.
const safe_path = (next: string | null): string | null =>
  next !== null && /^\/(?![/\\])/.test(next) && !next.startsWith('/signin') ? next : null;

function Failed({ error }: { error: unknown }) {
  if (!(error instanceof ApiError) || error.code !== 'unauthenticated') return <Failure error={error} />;
  return (
    <div className="notice" data-kind="bad" role="alert">
      <h2>{w.wrong}</h2>
      <p>{w.wrong_do}</p>
    </div>
  );
}

function Ended() {
  return (
    <div className="notice" role="status">
      <h2>{w.again}</h2>
      <p>{w.again_why}</p>
    </div>
  );
}

function DemoLogins({ logins, busy, sign_in }: {
  logins: readonly DemoLogin[];
  busy: boolean;
  sign_in: (login: string, password: string) => void;
}) {
  return (
    <section className="panel demo-logins" aria-labelledby="demo-title">
      <h2 id="demo-title">{w.demo_title}</h2>
      <p className="muted">{w.demo_text}</p>
      <div className="demo-grid">
        {[...logins].sort(by_role).map((demo) => (
          <button
            key={demo.login}
            type="button"
            className="demo-login"
            disabled={busy}
            onClick={() => sign_in(demo.login, demo.password)}
          >
            <span className="visually-hidden">{w.demo_as}</span>
            <strong>{demo.name}</strong>
            <span className="muted">{word_for(words.roles, demo.role)}</span>
          </button>
        ))}
      </div>
    </section>
  );
}

export default function SignIn({ home_of }: { home_of: (role: Role) => string }) {
  useTitle(w.title);
  const info = useInfo();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const { state } = useLocation() as { state: { ended?: boolean } | null };
  const [login, set_login] = useState('');
  const [password, set_password] = useState('');
  const [busy, set_busy] = useState(false);
  const [error, set_error] = useState<unknown>(null);

  const sign_in = async (with_login: string, with_password: string): Promise<void> => {
    set_busy(true);
    set_error(null);
    try {
      const me = await api.login(with_login, with_password);
      queries.clear();
      queries.setQueryData(keys.me, me);
      await navigate(safe_path(search.get('next')) ?? home_of(me.role), { replace: true });
    } catch (failure) {
      set_error(failure);
    } finally {
      set_busy(false);
    }
  };

  return (
    <div className="signin">
      <p className="muted tagline">{words.app.tagline}</p>
      <form
        className="panel"
        onSubmit={(event) => {
          event.preventDefault();
          void sign_in(login, password);
        }}
      >
        <h1 className="page-title">{w.title}</h1>
        {error !== null ? <Failed error={error} /> : state?.ended ? <Ended /> : null}
        <TextInput label={w.login} autoComplete="username" required withAsterisk={false} value={login} onChange={(event) => set_login(event.currentTarget.value)} />
        <PasswordInput label={w.password} autoComplete="current-password" required withAsterisk={false} value={password} onChange={(event) => set_password(event.currentTarget.value)} />
        <Button type="submit" size="md" loading={busy} fullWidth>
          {busy ? w.working : w.submit}
        </Button>
      </form>
      {info.error ? <Failure error={info.error} retry={() => void info.refetch()} /> : null}
      {info.data?.demo && info.data.demo_logins?.length ? (
        <DemoLogins logins={info.data.demo_logins} busy={busy} sign_in={(a, b) => void sign_in(a, b)} />
      ) : null}
      <p className="muted signin-foot">
        {w.verify_text} <Link to="/verify">{words.app.verify}</Link>
        {info.data ? <span className="mono">{w.chain(info.data.chain_id, count(info.data.height))}</span> : null}
      </p>
    </div>
  );
}

// SPDX-License-Identifier: Apache-2.0
// The states every page has besides its content: loading, empty, failed, not allowed.
import { Button, Skeleton } from '@mantine/core';
import type { ReactNode } from 'react';
import { ApiError } from '@/client/http';
import { words } from '@/words';

const w = words.state;

export function Loading({ rows = 3, height = 64 }: { rows?: number; height?: number }) {
  return (
    <div role="status" aria-label={w.loading} style={{ display: 'grid', gap: 12 }}>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} height={height} />
      ))}
    </div>
  );
}

export function Empty({ title, text, children }: { title: string; text?: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {text ? <p>{text}</p> : null}
      {children}
    </div>
  );
}

interface Explanation {
  title: string;
  text: string;
  kept?: string;
}

/// What happened, what was kept, what to do: for each way in which the node refuses.
export function explain(error: unknown): Explanation {
  if (!(error instanceof ApiError)) return { title: w.broken, text: w.broken_do };
  switch (error.code) {
    case 'unreachable':
      return { title: w.unreachable, text: w.unreachable_do, kept: w.unreachable_kept };
    case 'unauthenticated':
      return { title: w.signed_out, text: w.signed_out_do, kept: w.kept };
    case 'not_authorised':
      return { title: w.no_right, text: w.no_right_do };
    case 'consent_missing':
      return { title: w.no_consent, text: w.no_consent_do };
    case 'wrong_doctor':
      return { title: w.wrong_doctor, text: w.wrong_doctor_do };
    case 'not_found':
      return { title: w.not_found, text: w.not_found_do };
    case 'busy':
      return { title: w.busy, text: w.busy_do, kept: w.kept };
    case 'storage_full':
      return { title: w.storage_full, text: w.storage_full_do };
    default:
      return { title: w.error, text: error.message || w.broken_do, kept: w.kept };
  }
}

export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const explanation = explain(error);
  const code = error instanceof ApiError ? error.code : null;
  return (
    <div className="notice" data-kind="bad" role="alert">
      <h2>{explanation.title}</h2>
      <p>{explanation.text}</p>
      {explanation.kept ? <p className="muted">{explanation.kept}</p> : null}
      {code ? <p className="muted mono">{w.code(code === 'not_authorised' && error instanceof Error ? `${code}: ${error.message}` : code)}</p> : null}
      {retry ? (
        <Button variant="default" mt={8} onClick={retry}>
          {w.retry}
        </Button>
      ) : null}
    </div>
  );
}

export function NoRight({ text }: { text: string }) {
  return (
    <>
      <h1 className="page-title" style={{ marginBlockEnd: 16 }}>{w.no_right}</h1>
      <div className="notice" role="alert">
        <p>{text}</p>
        <p className="muted">{w.missing_right}</p>
      </div>
    </>
  );
}

interface Asked<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
}

/// Shows the skeleton, the failure, or the content. Content already there stays when asking again fails:
/// the failure is then said above it.
export function Answered<T>({ query, rows, height, children }: {
  query: Asked<T>;
  rows?: number;
  height?: number;
  children: (data: T) => ReactNode;
}) {
  if (query.data === undefined) {
    if (query.error) return <Failure error={query.error} retry={() => void query.refetch()} />;
    return <Loading rows={rows} height={height} />;
  }
  const denied =
    query.error instanceof ApiError && ['consent_missing', 'not_authorised', 'not_found', 'unauthenticated'].includes(query.error.code);
  // What may no longer be seen is not left standing.
  if (denied) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return (
    <>
      {query.error ? <Failure error={query.error} retry={() => void query.refetch()} /> : null}
      {children(query.data)}
    </>
  );
}

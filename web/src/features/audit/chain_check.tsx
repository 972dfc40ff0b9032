// SPDX-License-Identifier: Apache-2.0
import { Button, Progress } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '@/client/api';
import { ApiError } from '@/client/http';
import { keys } from '@/client/queries';
import type { ChainVerification } from '@/client/types';
import { tell_failure } from '@/ui/bits';
import { count } from '@/ui/format';
import { Answered } from '@/ui/states';
import { words } from '@/words';

const w = words.audit;
const key = [...keys.audit, 'chain'];

function Finding({ check }: { check: ChainVerification }) {
  if (check.state === 'idle') return <p className="muted">{w.verify_idle}</p>;
  if (check.state === 'running') {
    const part = check.total > 0 ? (100 * check.done) / check.total : 0;
    return (
      <div role="status">
        <p>{w.verify_running(count(check.done), count(check.total))}</p>
        <Progress value={part} size="lg" aria-label={w.progress} />
      </div>
    );
  }
  return (
    <div className="notice" data-kind={check.ok ? 'good' : 'bad'} role="status">
      <h2>{check.ok ? w.verify_ok : w.verify_bad}</h2>
      {check.finding ? <p>{check.finding}</p> : null}
      <p className="muted">{w.blocks_checked(count(check.done))}</p>
      {check.anchor ? (
        <p className="muted">
          {w.anchor}: {check.anchor}
        </p>
      ) : null}
    </div>
  );
}

export function ChainCheck() {
  const queries = useQueryClient();
  const [starting, set_starting] = useState(false);
  const query = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => api.chain_verification(signal),
    refetchInterval: (asked) => (asked.state.data?.state === 'running' ? 500 : false),
  });
  const start = async (): Promise<void> => {
    set_starting(true);
    try {
      await api.verify_chain();
    } catch (error) {
      tell_failure(error instanceof ApiError && (error.code === 'conflict' || error.code === 'busy') ? w.verify_busy : w.verify_not_started, error);
    }
    await queries.invalidateQueries({ queryKey: key });
    set_starting(false);
  };
  return (
    <div style={{ display: 'grid', gap: 14, maxInlineSize: 760 }}>
      <p style={{ margin: 0 }}>{w.verify_text}</p>
      <div>
        <Button size="md" loading={starting || query.data?.state === 'running'} onClick={() => void start()}>
          {w.verify}
        </Button>
      </div>
      <Answered query={query} rows={1} height={60}>
        {(data) => <Finding check={data} />}
      </Answered>
    </div>
  );
}

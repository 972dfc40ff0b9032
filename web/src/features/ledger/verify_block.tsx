// SPDX-License-Identifier: Apache-2.0
// The block on this page, recomputed from its stored bytes.
import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { api } from '@/client/api';
import { read_pin } from '@/client/pinned';
import { verify_block, type BlockVerdict } from '@/verify/block';
import { read_trust } from '@/verify/receipt';
import { CheckIcon, CrossIcon } from '@/ui/icons';
import { Failure } from '@/ui/states';
import { words } from '@/words';
import '@/ui/steps.css';

const w = words.ledger.check;

interface Checked {
  verdict: BlockVerdict;
  from_node: boolean;
}
async function check(height: number): Promise<Checked> {
  const pinned = read_pin();
  const [block, parent, trust] = await Promise.all([
    api.block_file(height),
    height > 1 ? api.block_file(height - 1) : null,
    pinned ? pinned.text : api.trust(),
  ]);
  return { verdict: verify_block(block, { height: BigInt(height), parent, trust: read_trust(trust) }), from_node: pinned ? pinned.from_node : true };
}

function Steps({ verdict }: { verdict: BlockVerdict }) {
  return (
    <ol className="steps">
      {verdict.steps.map((step) => (
        <li key={step.name} data-state={step.ok ? 'ok' : 'failed'}>
          <span className="step-mark">{step.ok ? <CheckIcon /> : <CrossIcon />}</span>
          <div>
            <p>
              {w.names[step.name]} <span className="step-state">{step.ok ? words.verify.step_ok : words.verify.step_failed}</span>
            </p>
            <p className="muted found-words">{step.words}</p>
          </div>
        </li>
      ))}
    </ol>
  );
}

const said = { verified: w.good, issuer_unknown: w.open, failed: w.bad };

export function VerifyBlock({ height }: { height: number }) {
  const run = useMutation({ mutationFn: () => check(height) });
  const outcome = run.data;
  return (
    <section className="panel" aria-labelledby="check-title">
      <h2 id="check-title">{w.title}</h2>
      <p className="muted">{w.text}</p>
      <div className="check-buttons">
        <Button onClick={() => run.mutate()} loading={run.isPending}>
          {outcome ? w.again : w.run}
        </Button>
        <Button component="a" href={api.block_file_address(height)} download={`salus-block-${height}.salus`} variant="default">
          {w.download}
        </Button>
      </div>
      <div aria-live="polite">
        {run.error ? <Failure error={run.error} retry={() => run.mutate()} /> : null}
        {outcome ? (
          <>
            <p className="check-outcome" data-status={outcome.verdict.status}>
              <strong>{said[outcome.verdict.status]}</strong> {outcome.from_node && outcome.verdict.status === 'verified' ? w.not_independent : null}
            </p>
            <Steps verdict={outcome.verdict} />
          </>
        ) : null}
      </div>
    </section>
  );
}

// SPDX-License-Identifier: Apache-2.0
// The public verifier inside the app: may also take a receipt and the node's own anchor from the node.
import { useEffect } from 'react';
import { useSearchParams } from 'react-router';
import { api } from '@/client/api';
import { as_report_id, as_transaction_id } from '@/client/ids';
import { PageHead, tell_failure } from '@/ui/bits';
import { words } from '@/words';
import { useVerifier, Verifier } from './verifier';

const w = words.verify;

export default function VerifyPage() {
  const [search] = useSearchParams();
  const verifier = useVerifier();
  const report = as_report_id(search.get('report'));
  const transaction = search.get('transaction');
  const { set_receipt } = verifier;
  useEffect(() => {
    const ask = report !== null ? api.receipt(report) : transaction ? api.transaction_receipt(as_transaction_id(transaction)) : null;
    if (!ask) return undefined;
    let wanted = true;
    ask.then(
      (text) => wanted && set_receipt(text),
      (error: unknown) => wanted && tell_failure(w.not_fetched, error),
    );
    return () => {
      wanted = false;
    };
  }, [report, transaction, set_receipt]);
  const take_node_anchor = (): void => {
    api.trust().then(
      (text) => verifier.set_trust(text, true),
      (error: unknown) => tell_failure(w.anchor_not_fetched, error),
    );
  };
  return (
    <>
      <PageHead title={w.title} />
      <Verifier verifier={verifier} node_anchor={take_node_anchor} keep="/verify.html" />
    </>
  );
}

// SPDX-License-Identifier: Apache-2.0
import { Button } from '@mantine/core';
import { Link } from 'react-router';
import { api } from '@/client/api';
import type { TransactionId } from '@/client/ids';
import { useTransaction } from '@/client/queries';
import type { Transaction } from '@/client/types';
import { Hash, PageHead, Stamp } from '@/ui/bits';
import { bytes, count } from '@/ui/format';
import { Answered } from '@/ui/states';
import { word_for, words } from '@/words';
import './ledger.css';

const w = words.ledger;
const looks_like_id = (text: string): boolean => /^[0-9a-f]{24,}$/.test(text) || /^b[a-z2-7]{40,}$/.test(text);

function Fields({ transaction }: { transaction: Transaction }) {
  return (
    <section className="panel" aria-labelledby="fields-title">
      <h2 id="fields-title">{w.fields}</h2>
      <dl className="facts">
        {transaction.fields.map((field) => (
          <div key={field.name} className="fact-row">
            <dt>{word_for({}, field.name)}</dt>
            <dd>
              {looks_like_id(field.value) ? <Hash text={field.value} what={field.name} whole /> : field.value}
              <p className="meaning">{field.meaning}</p>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Signatures({ transaction }: { transaction: Transaction }) {
  return (
    <section className="panel" aria-labelledby="signatures-title">
      <h2 id="signatures-title">{w.signatures}</h2>
      <div className="table-box">
        <table className="data">
          <thead>
            <tr>
              <th scope="col">{w.role}</th>
              <th scope="col">{w.signer}</th>
              <th scope="col">{w.custody}</th>
              <th scope="col">{w.value}</th>
            </tr>
          </thead>
          <tbody>
            {transaction.signatures.map((signature) => (
              <tr key={signature.signer}>
                <td>{signature.role ? word_for(words.roles, signature.role) : ''}</td>
                <td><Hash text={signature.signer} what={w.signer} /></td>
                <td>{signature.custody ? word_for(w.custodies, signature.custody) : ''}</td>
                <td><Hash text={signature.value} what={w.signature} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

export default function TransactionPage({ id }: { id: TransactionId }) {
  const query = useTransaction(id);
  return (
    <>
      <PageHead title={query.data ? word_for(w.kinds, query.data.kind) : w.transaction}>
        <Button component={Link} to={`/verify?transaction=${id}`} variant="default" title={w.verify_text}>
          {w.verify}
        </Button>
        <Button component="a" href={api.transaction_receipt_address(id)} download={`salus-receipt-${id.slice(0, 12)}.json`} variant="default" title={w.verify_not_yours}>
          {w.download}
        </Button>
      </PageHead>
      <Answered query={query} rows={6} height={50}>
        {(transaction) => (
          <div className="stack">
            {transaction.program ? <p className="notice">{w.by_program}</p> : null}
            <section className="panel">
              <dl className="facts">
                <dt>{w.transaction}</dt>
                <dd><Hash text={transaction.id} what={w.transaction} whole /></dd>
                <dt>{w.position}</dt>
                <dd>
                  <Link to={`/ledger/blocks/${transaction.height}`}>{w.position_text(count(transaction.index + 1), count(transaction.height))}</Link>
                </dd>
                <dt>{w.sealed}</dt>
                <dd><Stamp ms={transaction.time_ms} /></dd>
                <dt>{w.size}</dt>
                <dd>{bytes(transaction.size_bytes)}</dd>
              </dl>
            </section>
            <Fields transaction={transaction} />
            <Signatures transaction={transaction} />
          </div>
        )}
      </Answered>
    </>
  );
}

// SPDX-License-Identifier: Apache-2.0
// "Who can see what", as sentences that can be taken back.
import { Button, Modal } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { api } from '@/client/api';
import type { PersonId } from '@/client/ids';
import { keys, useConsents } from '@/client/queries';
import type { Consent } from '@/client/types';
import { tell, tell_failure } from '@/ui/bits';
import { count, date, full } from '@/ui/format';
import { useNow } from '@/ui/now';
import { Answered, Empty } from '@/ui/states';
import { word_for, words } from '@/words';
import { GrantForm } from './grant';

const w = words.my_health;
const what_of = (consent: Consent): string => word_for(w.categories, consent.category);

const by_name = (a: Consent, b: Consent): number => a.grantee.name.localeCompare(b.grantee.name) || a.until_ms - b.until_ms;

function sentence_of(consent: Consent): string {
  const who = consent.grantee.name;
  if (consent.revoked_height !== null) return w.consent_ended(who, what_of(consent));
  if (!consent.active) return w.consent_expired(who, what_of(consent));
  return w.consent_sentence(who, what_of(consent), word_for(w.purposes, consent.purpose));
}

function Item({ consent, withdraw }: { consent: Consent; withdraw: (() => void) | null }) {
  return (
    <li className="panel consent">
      <div>
        <p className="sentence">{sentence_of(consent)}</p>
        <p className="muted">
          {consent.grantee.role ? `${word_for(words.roles, consent.grantee.role)}, ` : ''}
          <span title={full(consent.until_ms)}>{w.consent_until(date(consent.until_ms))}</span>
          {' · '}
          <Link to={`/ledger/transactions/${consent.transaction}`}>
            {consent.revoked_height === null ? w.granted_at(count(consent.granted_height)) : w.withdrawn_at(count(consent.revoked_height))}
          </Link>
        </p>
      </div>
      {withdraw ? (
        <Button variant="default" onClick={withdraw}>
          {w.withdraw}
        </Button>
      ) : null}
    </li>
  );
}

function WithdrawDialog({ consent, close, id }: { consent: Consent | null; close: () => void; id: PersonId }) {
  const queries = useQueryClient();
  const [busy, set_busy] = useState(false);
  if (!consent) return null;
  const who = consent.grantee.name;
  const withdraw = async (): Promise<void> => {
    set_busy(true);
    try {
      await api.withdraw(consent.ref);
      tell(w.withdrawn(who));
      close();
    } catch (error) {
      tell_failure(w.withdraw_failed, error);
    } finally {
      set_busy(false);
      await queries.invalidateQueries({ queryKey: keys.consents(id) });
    }
  };
  return (
    <Modal opened onClose={close} title={w.withdraw_title(who)} centered>
      <p>{w.withdraw_text(who)}</p>
      <div className="dialog-buttons">
        <Button variant="default" onClick={close}>
          {w.keep}
        </Button>
        <Button data-autofocus loading={busy} onClick={() => void withdraw()}>
          {w.withdraw_yes}
        </Button>
      </div>
    </Modal>
  );
}

export function Consents({ id }: { id: PersonId }) {
  const query = useConsents(id);
  const now = useNow(10_000);
  const [leaving, set_leaving] = useState<Consent | null>(null);
  return (
    <>
      <p className="muted">{w.consent_intro}</p>
      <Answered query={query} rows={3} height={80}>
        {(data) => {
          const stands = (consent: Consent): boolean => consent.active && consent.until_ms > now;
          const active = data.items.filter(stands).sort(by_name);
          const past = data.items.filter((consent) => !stands(consent)).sort((a, b) => b.granted_height - a.granted_height);
          return (
            <>
              {active.length === 0 ? <Empty title={w.consent_none} text={w.consent_none_do} /> : null}
              <ul className="consents">
                {active.map((consent) => (
                  <Item key={consent.ref} consent={consent} withdraw={() => set_leaving(consent)} />
                ))}
              </ul>
              <GrantForm id={id} />
              {past.length > 0 ? (
                <>
                  <h2 className="panel-title">{w.past}</h2>
                  <ul className="consents past">
                    {past.map((consent) => (
                      <Item key={consent.ref} consent={{ ...consent, active: false }} withdraw={null} />
                    ))}
                  </ul>
                </>
              ) : null}
            </>
          );
        }}
      </Answered>
      <WithdrawDialog consent={leaving} close={() => set_leaving(null)} id={id} />
    </>
  );
}

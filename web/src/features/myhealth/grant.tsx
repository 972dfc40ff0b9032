// SPDX-License-Identifier: Apache-2.0
import { Button, NativeSelect, Select, SegmentedControl } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '@/client/api';
import { as_person_id, type PersonId } from '@/client/ids';
import { keys, usePeople } from '@/client/queries';
import type { Category, Purpose, Role } from '@/client/types';
import { tell, tell_failure } from '@/ui/bits';
import { date } from '@/ui/format';
import { Failure } from '@/ui/states';
import { word_for, words } from '@/words';

const w = words.my_health;
const day_ms = 86_400_000;
const grantee_roles: readonly Role[] = ['doctor', 'nurse', 'family', 'pharmacist', 'laboratory', 'insurer', 'researcher'];
const categories: readonly Category[] = ['vital_signs', 'laboratory', 'medication', 'imaging'];
const purposes: readonly Purpose[] = ['treatment', 'research', 'billing'];
const lengths: readonly { value: string; label: string; days: number }[] = [
  { value: '1', label: w.grant_day, days: 1 },
  { value: '7', label: w.grant_week, days: 7 },
  { value: '30', label: w.grant_month, days: 30 },
  { value: '365', label: w.grant_year, days: 365 },
];
const choice_of = (table: Readonly<Record<string, string>>, names: readonly string[]) =>
  names.map((value) => ({ value, label: word_for(table, value) }));

export function GrantForm({ id }: { id: PersonId }) {
  const queries = useQueryClient();
  const [opened, set_opened] = useState(false);
  const [role, set_role] = useState<Role>('doctor');
  const [grantee, set_grantee] = useState<string | null>(null);
  const [category, set_category] = useState<Category>('vital_signs');
  const [purpose, set_purpose] = useState<Purpose>('treatment');
  const [days, set_days] = useState('30');
  const [busy, set_busy] = useState(false);
  const people = usePeople(role, opened);

  if (!opened) {
    return (
      <Button size="md" onClick={() => set_opened(true)}>
        {w.grant}
      </Button>
    );
  }
  const until_ms = Date.now() + Number(days) * day_ms;
  const submit = async (): Promise<void> => {
    if (!grantee) return;
    set_busy(true);
    try {
      const from_ms = Date.now();
      const consent = await api.grant(id, { grantee: as_person_id(grantee), category, purpose, from_ms, until_ms });
      tell(w.granted(consent.grantee.name));
      set_opened(false);
      set_grantee(null);
    } catch (error) {
      tell_failure(w.grant_failed, error);
    } finally {
      set_busy(false);
      await queries.invalidateQueries({ queryKey: keys.consents(id) });
    }
  };
  return (
    <form
      className="panel grant"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <h2>{w.grant}</h2>
      {people.error ? <Failure error={people.error} retry={() => void people.refetch()} /> : null}
      <NativeSelect label={w.grant_role} data={choice_of(words.roles, grantee_roles)} value={role} onChange={(event) => { set_role(event.currentTarget.value as Role); set_grantee(null); }} />
      <Select
        label={w.grant_who}
        placeholder={w.grant_who_hint}
        searchable
        required
        nothingFoundMessage={w.grant_nobody}
        data={people.data?.items.map((person) => ({ value: person.id, label: person.name })) ?? []}
        value={grantee}
        onChange={set_grantee}
      />
      <NativeSelect label={w.grant_what} data={choice_of(w.categories, categories)} value={category} onChange={(event) => set_category(event.currentTarget.value as Category)} />
      <NativeSelect label={w.grant_why} data={choice_of(w.purposes, purposes)} value={purpose} onChange={(event) => set_purpose(event.currentTarget.value as Purpose)} />
      <div>
        <p className="label">{w.grant_until}</p>
        <SegmentedControl fullWidth aria-label={w.grant_until} data={lengths.map(({ value, label }) => ({ value, label }))} value={days} onChange={set_days} />
        <p className="muted">{w.consent_until(date(until_ms))}</p>
      </div>
      <div className="dialog-buttons">
        <Button variant="default" onClick={() => set_opened(false)}>
          {words.review.cancel}
        </Button>
        <Button type="submit" loading={busy} disabled={!grantee}>
          {busy ? w.grant_working : w.grant_submit}
        </Button>
      </div>
    </form>
  );
}

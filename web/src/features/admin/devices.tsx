// SPDX-License-Identifier: Apache-2.0
import { Button, Select } from '@mantine/core';
import { useState } from 'react';
import { api } from '@/client/api';
import { keys, usePages, usePeople } from '@/client/queries';
import type { Device, Grantee } from '@/client/types';
import { Hash } from '@/ui/bits';
import { DeviceActions, DeviceTag, LastHeard } from '@/ui/device_parts';
import { PairingDialog } from '@/ui/pairing_dialog';
import { Failure } from '@/ui/states';
import { SortedTable } from '@/ui/table';
import { word_for, words } from '@/words';

const w = words.admin;

const measures = (device: Device): string => device.vitals.map((vital) => word_for(words.vitals_short, vital)).join(', ');

/// Chooses the patient, then shows the ticket.
function AddDevice() {
  const people = usePeople('patient', true);
  const [chosen, set_chosen] = useState<Grantee | null>(null);
  const [open, set_open] = useState(false);
  return (
    <>
      {people.error ? <Failure error={people.error} retry={() => void people.refetch()} /> : null}
      <form
        className="add-device"
        onSubmit={(event) => {
          event.preventDefault();
          set_open(true);
        }}
      >
        <Select
          label={words.pairing.for_patient}
          placeholder={words.pairing.for_patient_hint}
          searchable
          nothingFoundMessage={words.pairing.nobody}
          data={people.data?.items.map((person) => ({ value: person.id, label: person.name })) ?? []}
          value={chosen?.id ?? null}
          onChange={(id) => set_chosen(people.data?.items.find((person) => person.id === id) ?? null)}
        />
        <Button type="submit" disabled={!chosen}>
          {words.pairing.add}
        </Button>
      </form>
      {open && chosen ? <PairingDialog patient={chosen.id} name={chosen.name} close={() => set_open(false)} /> : null}
    </>
  );
}

export function Devices() {
  const query = usePages([...keys.admin, 'devices'], (cursor, signal) => api.admin_devices(cursor, signal));
  return (
    <>
      <AddDevice />
      <SortedTable
        query={query}
        row_key={(device) => device.id}
        empty={words.devices.none}
        none_match={w.none_match}
        search_label={w.search}
        text_of={(device) => `${device.label} ${device.patient.name} ${measures(device)} ${word_for(words.devices.states, device.state)} ${device.id}`}
        columns={[
          { title: w.patient, order: (device) => `${device.patient.name || '\uffff'} ${device.kind === 'pda' ? 0 : 1} ${device.label}`, cell: (device) => device.patient.name || w.unpaired },
          {
            title: w.device,
            order: (device) => device.label,
            cell: (device) => (
              <>
                <strong>{device.label}</strong>
                {device.kind === 'pda' ? <span className="muted"> {word_for(words.devices.kinds, device.kind)}</span> : null}
              </>
            ),
          },
          { title: w.measures, cell: measures },
          { title: w.sends_to, cell: (device) => (device.sealed_to ? word_for(words.devices.sealed_short, device.sealed_to) : '') },
          { title: w.last_heard, order: (device) => -(device.last_seen_ms ?? 0), cell: (device) => <LastHeard device={device} /> },
          { title: w.state, order: (device) => word_for(words.devices.states, device.state), cell: (device) => <DeviceTag state={device.state} /> },
          { title: w.id, cell: (device) => <Hash text={device.id} what={w.id} /> },
          { title: w.change, cell: (device) => <DeviceActions device={device} compact /> },
        ]}
      />
    </>
  );
}

// SPDX-License-Identifier: Apache-2.0
import { Button, Modal } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '@/client/api';
import { keys, usePages } from '@/client/queries';
import type { Device } from '@/client/types';
import { Ago, Hash, tell, tell_failure } from '@/ui/bits';
import { PagedTable } from '@/ui/table';
import { word_for, words } from '@/words';

const w = words.admin;

export function Devices() {
  const queries = useQueryClient();
  const key = [...keys.admin, 'devices'];
  const query = usePages(key, (cursor, signal) => api.admin_devices(cursor, signal));
  const [leaving, set_leaving] = useState<Device | null>(null);
  const change = async (device: Device, suspended: boolean): Promise<void> => {
    set_leaving(null);
    try {
      await api.suspend(device.id, suspended);
      tell(suspended ? w.suspend_done(device.label) : w.resume_done(device.label));
    } catch (error) {
      tell_failure(w.failed, error);
    }
    await queries.invalidateQueries({ queryKey: key });
  };
  return (
    <>
      <PagedTable
        query={query}
        row_key={(device) => device.id}
        empty={words.state.empty}
        columns={[
          { title: w.device, cell: (device) => <strong>{device.label}</strong> },
          { title: w.patient, cell: (device) => device.patient.name || w.unpaired },
          { title: w.measures, cell: (device) => device.vitals.map((vital) => word_for(words.vitals_short, vital)).join(', ') },
          { title: w.last_heard, cell: (device) => (device.last_seen_ms === null ? words.patient.device_never : <Ago ms={device.last_seen_ms} />) },
          {
            title: w.state,
            cell: (device) => (
              <span className="tag" data-kind={device.suspended ? 'bad' : 'good'}>
                {device.suspended ? w.suspended : w.active}
              </span>
            ),
          },
          { title: w.id, cell: (device) => <Hash text={device.id} what={w.id} /> },
          {
            title: w.change,
            cell: (device) => (
              <Button size="compact-md" variant="default" onClick={() => (device.suspended ? void change(device, false) : set_leaving(device))}>
                {device.suspended ? w.resume : w.suspend}
              </Button>
            ),
          },
        ]}
      />
      {leaving ? (
        <Modal opened onClose={() => set_leaving(null)} title={w.suspend_title(leaving.label)} centered>
          <p>{w.suspend_text}</p>
          <div style={{ display: 'flex', justifyContent: 'flex-end', gap: 10 }}>
            <Button variant="default" onClick={() => set_leaving(null)}>
              {w.cancel}
            </Button>
            <Button data-autofocus onClick={() => void change(leaving, true)}>
              {w.suspend}
            </Button>
          </div>
        </Modal>
      ) : null}
    </>
  );
}

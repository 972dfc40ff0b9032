// SPDX-License-Identifier: Apache-2.0
// The patient's own devices: how they stand, pausing them, and adding one.
import { Button } from '@mantine/core';
import { useState } from 'react';
import type { PersonId } from '@/client/ids';
import { usePatientDevices } from '@/client/queries';
import type { Device } from '@/client/types';
import { DeviceActions, DeviceTag, is_ended, LastHeard, purpose_of } from '@/ui/device_parts';
import { PairingDialog } from '@/ui/pairing_dialog';
import { Answered, Empty } from '@/ui/states';
import { word_for, words } from '@/words';

const w = words.devices;

// What holds for most of them is said once, above the list.
function Item({ device }: { device: Device }) {
  const by_staff = device.state === 'suspended' && !device.may.includes('active');
  return (
    <li className="panel">
      <div className="report-line">
        <h2>{device.label}</h2>
        <DeviceTag state={device.state} />
      </div>
      <p>
        {purpose_of(device)} {device.sealed_to === 'cloud' && !is_ended(device) ? word_for(w.sealed, 'cloud') : null}
      </p>
      <p className="muted">
        {device.last_seen_ms === null ? null : `${w.heard}: `}
        <LastHeard device={device} />
      </p>
      {by_staff ? <p>{w.by_staff}</p> : null}
      <DeviceActions device={device} />
    </li>
  );
}

// The hub that the others send through stands first.
const by_label = (a: Device, b: Device): number => Number(b.kind === 'pda') - Number(a.kind === 'pda') || a.label.localeCompare(b.label);

export function Devices({ id }: { id: PersonId }) {
  const query = usePatientDevices(id);
  const [pairing, set_pairing] = useState(false);
  return (
    <>
      <Answered query={query} rows={2} height={80}>
        {(data) => {
          const used = data.items.filter((device) => !is_ended(device)).sort(by_label);
          const ended = data.items.filter(is_ended);
          return (
            <>
              <Button size="md" onClick={() => set_pairing(true)}>
                {words.pairing.add}
              </Button>
              {used.some((device) => device.sealed_to === 'pda') ? <p className="muted">{word_for(w.sealed, 'pda')}</p> : null}
              {used.length === 0 ? <Empty title={w.none} text={w.none_do} /> : null}
              <ul className="consents">
                {used.map((device) => (
                  <Item key={device.id} device={device} />
                ))}
              </ul>
              {ended.length > 0 ? (
                <>
                  <h2 className="panel-title">{w.ended}</h2>
                  <ul className="consents">
                    {ended.map((device) => (
                      <Item key={device.id} device={device} />
                    ))}
                  </ul>
                </>
              ) : null}
            </>
          );
        }}
      </Answered>
      {pairing ? <PairingDialog patient={id} close={() => set_pairing(false)} /> : null}
    </>
  );
}

// SPDX-License-Identifier: Apache-2.0
// What the pages about devices share: how a device stands, and changing it with a second step.
import { Button, Menu, Modal } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '@/client/api';
import { keys } from '@/client/queries';
import type { Device, DeviceState } from '@/client/types';
import { word_for, words } from '@/words';
import { Ago, tell, tell_failure } from './bits';
import { list_of, within_sentence } from './format';
import './device_parts.css';

const w = words.devices;

/// Revoked and retired are final.
export const is_ended = (device: Device): boolean => device.state === 'revoked' || device.state === 'retired';

export function DeviceTag({ state }: { state: DeviceState }) {
  return (
    <span className="tag" data-kind={state === 'active' ? 'good' : state === 'retired' ? undefined : 'bad'}>
      {word_for(w.states, state)}
    </span>
  );
}

export function LastHeard({ device }: { device: Device }) {
  return device.last_seen_ms === null ? w.never : <Ago ms={device.last_seen_ms} />;
}

/// "Measures heart rate and oxygen saturation."
export function purpose_of(device: Pick<Device, 'vitals'>): string {
  if (device.vitals.length === 0) return w.hub_text;
  return w.measures(list_of(device.vitals.map((vital) => within_sentence(word_for(words.vitals, vital)))));
}

function ChangeDialog({ device, state, close }: { device: Device; state: DeviceState; close: () => void }) {
  const queries = useQueryClient();
  const [busy, set_busy] = useState(false);
  const change = async (): Promise<void> => {
    set_busy(true);
    try {
      await api.change_device(device.id, state);
      tell(w.done[state](device.label));
      close();
    } catch (error) {
      tell_failure(w.failed, error);
      set_busy(false);
    }
    await queries.invalidateQueries({ queryKey: keys.devices });
    await queries.invalidateQueries({ queryKey: [...keys.admin, 'devices'] });
  };
  const harmful = state !== 'active';
  return (
    <Modal opened onClose={close} title={w.ask[state](device.label)} centered>
      <p>{w.effects[state]}</p>
      {device.kind === 'pda' && harmful ? <p>{w.hub_effects}</p> : null}
      <div className="device-buttons">
        <Button variant="default" onClick={close} data-autofocus={harmful || undefined}>
          {w.cancel}
        </Button>
        <Button loading={busy} onClick={() => void change()} data-autofocus={harmful ? undefined : true}>
          {word_for(w.actions, state)}
        </Button>
      </div>
    </Modal>
  );
}

/// A choice for each state that the asker may give the device; each asks once more. `compact`: in a menu.
export function DeviceActions({ device, compact = false }: { device: Device; compact?: boolean }) {
  const [wanted, set_wanted] = useState<DeviceState | null>(null);
  if (device.may.length === 0) return null;
  return (
    <>
      {compact ? (
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <Button size="compact-sm" variant="default" aria-label={w.change_of(device.label)}>
              {w.change}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {device.may.map((state) => (
              <Menu.Item key={state} onClick={() => set_wanted(state)}>
                {word_for(w.actions, state)}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      ) : (
        <div className="device-actions" role="group" aria-label={w.change_of(device.label)}>
          {device.may.map((state) => (
            <Button key={state} size="compact-md" variant="default" onClick={() => set_wanted(state)}>
              {word_for(w.actions, state)}
            </Button>
          ))}
        </div>
      )}
      {wanted ? <ChangeDialog device={device} state={wanted} close={() => set_wanted(null)} /> : null}
    </>
  );
}

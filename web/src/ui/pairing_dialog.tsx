// SPDX-License-Identifier: Apache-2.0
// Pairing: shows a ticket as a picture and as a code to type, and says when a device used it.
import { Button, Modal } from '@mantine/core';
import { useCallback, useEffect, useState, type ReactNode } from 'react';
import { api } from '@/client/api';
import type { PersonId } from '@/client/ids';
import { live_store } from '@/client/live';
import { useInfo } from '@/client/queries';
import type { DeviceEvent, PairingTicket } from '@/client/types';
import { words } from '@/words';
import { Copy, tell, tell_failure } from './bits';
import { purpose_of } from './device_parts';
import { duration } from './format';
import { CheckIcon } from './icons';
import { useNow } from './now';
import { QrPicture } from './qr';
import { Failure, Loading } from './states';
import './device_parts.css';

const w = words.pairing;
/// A picture that a phone reads at arm's length and that fits a small screen.
const picture_pixels = 264;

type Step =
  | { at: 'asking' }
  | { at: 'failed'; error: unknown }
  | { at: 'shown'; ticket: PairingTicket }
  | { at: 'paired'; device: DeviceEvent };

/// Ends what is shown no more: who kept a picture of it cannot use it. A device that used it already keeps its answer (409), and
/// a ticket that is over is unknown (404); without an answer it ends by itself after ten minutes.
function withdraw(ticket: PairingTicket): void {
  api.withdraw_ticket(ticket.id).catch(() => undefined);
}

/// A ticket, asked for at once and again by `again`; and the device that used it. It ends with the dialog.
function usePairing(patient: PersonId): { step: Step; again: () => void } {
  const [step, set_step] = useState<Step>({ at: 'asking' });
  const [round, set_round] = useState(0);
  useEffect(() => {
    let wanted = true;
    let shown: PairingTicket | null = null;
    set_step({ at: 'asking' });
    api.open_ticket(patient).then(
      (ticket) => {
        if (!wanted) return withdraw(ticket);
        shown = ticket;
        set_step({ at: 'shown', ticket });
      },
      (error: unknown) => wanted && set_step({ at: 'failed', error }),
    );
    return () => {
      wanted = false;
      if (shown) withdraw(shown);
    };
  }, [patient, round]);
  useEffect(
    () =>
      live_store.subscribe_devices((event) =>
        set_step((known) => (known.at === 'shown' && known.ticket.id === event.ticket ? { at: 'paired', device: event } : known)),
      ),
    [],
  );
  const again = useCallback(() => set_round((before) => before + 1), []);
  return { step, again };
}

function Demo() {
  const info = useInfo();
  if (!info.data?.demo) return null;
  return (
    <details className="pairing-demo">
      <summary>{w.demo}</summary>
      <p>{w.demo_text}</p>
      <p className="hash">
        <code>{w.demo_command}</code>
        <Copy text={w.demo_command} what={w.demo_what} />
      </p>
    </details>
  );
}

function Shown({ ticket, again }: { ticket: PairingTicket; again: () => void }) {
  const now = useNow(1_000);
  if (now >= ticket.until_ms) {
    return (
      <div className="notice" role="alert">
        <h3>{w.over}</h3>
        <p>{w.over_do}</p>
        <Button mt={8} onClick={again} data-autofocus>
          {w.again}
        </Button>
      </div>
    );
  }
  return (
    <>
      <ol className="pairing-steps">
        {w.steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <div className="pairing-ticket">
        <QrPicture text={ticket.text} label={w.picture} pixels_max={picture_pixels} />
        <div>
          <p className="muted">{w.code}</p>
          <p className="pairing-code">
            <code>{ticket.code.replaceAll('-', ' ')}</code>
            <Copy text={ticket.text} what={w.code_what} />
          </p>
          <p className="muted">{w.keep}</p>
        </div>
      </div>
      <p className="pairing-wait">
        <span className="pairing-dot" aria-hidden="true" />
        <span role="status">{w.waiting}</span>
        <span className="muted">{w.left(duration(ticket.until_ms - now))}</span>
      </p>
      <Demo />
    </>
  );
}

function Paired({ device, close, again }: { device: DeviceEvent; close: () => void; again: () => void }) {
  const [busy, set_busy] = useState(false);
  const refuse = async (): Promise<void> => {
    set_busy(true);
    try {
      await api.change_device(device.id, 'retired');
      tell(w.not_mine_done(device.label));
      close();
    } catch (error) {
      tell_failure(words.devices.failed, error);
      set_busy(false);
    }
  };
  return (
    <>
      <div className="notice" data-kind="good" role="status">
        <h3 className="pairing-done">
          <CheckIcon size={22} />
          {w.paired(device.label)}
        </h3>
        <p>{purpose_of(device)}</p>
        <p className="muted">{w.paired_text}</p>
      </div>
      <div className="device-buttons">
        <Button variant="subtle" loading={busy} onClick={() => void refuse()}>
          {w.not_mine}
        </Button>
        <Button variant="default" onClick={again}>
          {w.another}
        </Button>
        <Button onClick={close} data-autofocus>
          {w.finish}
        </Button>
      </div>
    </>
  );
}

function content_of(step: Step, again: () => void, close: () => void): ReactNode {
  switch (step.at) {
    case 'asking':
      return <Loading rows={1} height={picture_pixels} />;
    case 'failed':
      return <Failure error={step.error} retry={again} />;
    case 'shown':
      return <Shown ticket={step.ticket} again={again} />;
    case 'paired':
      return <Paired device={step.device} close={close} again={again} />;
  }
}

/// `name`: of the patient, where it is not the asker.
export function PairingDialog({ patient, name, close }: { patient: PersonId; name?: string; close: () => void }) {
  const { step, again } = usePairing(patient);
  return (
    <Modal opened onClose={close} title={name ? w.title_for(name) : w.title} centered size="lg" closeButtonProps={{ 'aria-label': w.cancel }}>
      <div className="pairing">{content_of(step, again, close)}</div>
    </Modal>
  );
}

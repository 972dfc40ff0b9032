// SPDX-License-Identifier: Apache-2.0
import { Button, Modal, Textarea } from '@mantine/core';
import { useState } from 'react';
import { words } from '@/words';

const w = words.review;

export function RefuseDialog({ opened, close, refuse }: {
  opened: boolean;
  close: () => void;
  refuse: (reason: string) => void;
}) {
  const [reason, set_reason] = useState('');
  const [asked, set_asked] = useState(false);
  const submit = (): void => {
    const text = reason.trim();
    set_asked(true);
    if (!text) return;
    set_reason('');
    set_asked(false);
    refuse(text);
  };
  return (
    <Modal opened={opened} onClose={close} title={w.refuse_title} centered>
      <form
        className="dialog"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <p className="muted">{w.refuse_why}</p>
        <div className="reasons">
          {w.reasons.map((text) => (
            <Button key={text} variant="default" size="compact-md" onClick={() => set_reason(text)}>
              {text}
            </Button>
          ))}
        </div>
        <Textarea
          label={w.reason}
          data-autofocus
          autosize
          minRows={2}
          maxLength={500}
          value={reason}
          error={asked && !reason.trim() ? w.reason_missing : undefined}
          onChange={(event) => set_reason(event.currentTarget.value)}
        />
        <div className="dialog-buttons">
          <Button variant="default" onClick={close}>
            {w.cancel}
          </Button>
          <Button type="submit">{w.refuse}</Button>
        </div>
      </form>
    </Modal>
  );
}

export function BatchDialog({ opened, count, close, approve }: {
  opened: boolean;
  count: number;
  close: () => void;
  approve: () => void;
}) {
  return (
    <Modal opened={opened} onClose={close} title={w.batch_title} centered>
      <div className="dialog">
        <p>{w.batch_text(count)}</p>
        <div className="dialog-buttons">
          <Button variant="default" onClick={close}>
            {w.cancel}
          </Button>
          <Button data-autofocus onClick={approve}>
            {w.approve}
          </Button>
        </div>
      </div>
    </Modal>
  );
}

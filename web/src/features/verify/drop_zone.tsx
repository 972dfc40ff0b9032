// SPDX-License-Identifier: Apache-2.0
import { useId, useState } from 'react';
import { FileIcon } from '@/ui/icons';
import { words } from '@/words';

const w = words.verify;

/// A file, dropped or chosen, or pasted text. What is too large to be right is not even read.
export function DropZone({ label, done, bytes_max, take, paste }: {
  label: string;
  done: string | null;
  bytes_max: number;
  take: (bytes: Uint8Array) => void;
  paste?: string;
}) {
  const id = useId();
  const [over, set_over] = useState(false);
  const [fault, set_fault] = useState<string | null>(null);
  const read = async (file: File | undefined): Promise<void> => {
    if (!file) return;
    if (file.size > bytes_max) {
      set_fault(w.too_big);
      return;
    }
    set_fault(null);
    take(new Uint8Array(await file.arrayBuffer()));
  };
  return (
    <>
      <label
        htmlFor={id}
        className="drop"
        data-over={over}
        data-done={done !== null}
        onDragOver={(event) => {
          event.preventDefault();
          set_over(true);
        }}
        onDragLeave={() => set_over(false)}
        onDrop={(event) => {
          event.preventDefault();
          set_over(false);
          void read(event.dataTransfer.files[0]);
        }}
      >
        <FileIcon />
        <span>{done ?? label}</span>
        <input
          id={id}
          type="file"
          accept=".json,.salus,.txt,application/json,application/octet-stream,text/plain"
          onChange={(event) => {
            void read(event.currentTarget.files?.[0]);
            event.currentTarget.value = '';
          }}
        />
      </label>
      {fault ? (
        <p className="fault" role="alert">
          {fault}
        </p>
      ) : null}
      {paste ? (
        <details>
          <summary>{w.or_paste}</summary>
          <textarea aria-label={paste} rows={4} spellCheck={false} onChange={(event) => event.currentTarget.value && take(new TextEncoder().encode(event.currentTarget.value))} />
        </details>
      ) : null}
    </>
  );
}

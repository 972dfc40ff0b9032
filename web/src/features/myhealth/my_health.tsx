// SPDX-License-Identifier: Apache-2.0
// The patient's own page, for a phone first and in plain words.
import { Tabs } from '@mantine/core';
import { useSearchParams } from 'react-router';
import type { Me } from '@/client/types';
import { PageHead } from '@/ui/bits';
import { word_for, words } from '@/words';
import { AccessLog } from './access';
import { Consents } from './consents';
import { Devices } from './devices';
import { ExportButton } from './export';

import { Reports } from './records';
import { Vitals } from './vitals';
import './my_health.css';

const w = words.my_health;
const parts = ['vitals', 'consents', 'access', 'reports', 'devices'] as const;

export default function MyHealth({ me }: { me: Me }) {
  const [search, set_search] = useSearchParams();
  const asked = search.get('part');
  const part = parts.find((each) => each === asked) ?? 'vitals';
  return (
    <div className="my-health">
      <PageHead title={w.hello(me.name)}>
        <ExportButton me={me} />
      </PageHead>
      <Tabs value={part} onChange={(value) => value && set_search({ part: value })} keepMounted={false}>
        <Tabs.List aria-label={w.sections}>
          {parts.map((each) => (
            <Tabs.Tab key={each} value={each}>
              {word_for(w.tabs, each)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="vitals"><Vitals id={me.id} /></Tabs.Panel>
        <Tabs.Panel value="consents"><Consents id={me.id} /></Tabs.Panel>
        <Tabs.Panel value="access"><AccessLog id={me.id} /></Tabs.Panel>
        <Tabs.Panel value="reports"><Reports id={me.id} /></Tabs.Panel>
        <Tabs.Panel value="devices"><Devices id={me.id} /></Tabs.Panel>
      </Tabs>
    </div>
  );
}

// SPDX-License-Identifier: Apache-2.0
import { Tabs } from '@mantine/core';
import { useSearchParams } from 'react-router';
import { PageHead } from '@/ui/bits';
import { words } from '@/words';
import { ChainCheck } from './chain_check';
import { AccessLog, RefusedOperations } from './logs';

const w = words.audit;
const parts = ['access', 'refused', 'chain'] as const;

export default function Audit() {
  const [search, set_search] = useSearchParams();
  const part = parts.find((each) => each === search.get('part')) ?? 'access';
  return (
    <>
      <PageHead title={w.title} />
      <p className="muted" style={{ marginBlock: '-6px 12px' }}>{w.intro}</p>
      <Tabs value={part} onChange={(value) => value && set_search({ part: value })} keepMounted={false}>
        <Tabs.List aria-label={w.sections} mb={14}>
          {parts.map((each) => (
            <Tabs.Tab key={each} value={each}>
              {w[each]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="access" className="panel"><AccessLog /></Tabs.Panel>
        <Tabs.Panel value="refused" className="panel"><RefusedOperations /></Tabs.Panel>
        <Tabs.Panel value="chain" className="panel"><ChainCheck /></Tabs.Panel>
      </Tabs>
    </>
  );
}

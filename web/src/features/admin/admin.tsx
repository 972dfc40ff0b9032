// SPDX-License-Identifier: Apache-2.0
// Administration: plain lists; nothing destructive without a second step.
import { Tabs } from '@mantine/core';
import { useSearchParams } from 'react-router';
import { PageHead } from '@/ui/bits';
import { words } from '@/words';
import { Devices } from './devices';
import { Miners, NodeHealth, People, RefusedFrames, StorageUse } from './lists';

const w = words.admin;
const parts = ['people', 'devices', 'miners', 'refusals', 'storage', 'health'] as const;

export default function Admin() {
  const [search, set_search] = useSearchParams();
  const part = parts.find((each) => each === search.get('part')) ?? 'people';
  return (
    <>
      <PageHead title={w.title} />
      <Tabs value={part} onChange={(value) => value && set_search({ part: value })} keepMounted={false}>
        <Tabs.List aria-label={w.sections} mb={14}>
          {parts.map((each) => (
            <Tabs.Tab key={each} value={each}>
              {w[each]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="people" className="panel"><People /></Tabs.Panel>
        <Tabs.Panel value="devices" className="panel"><Devices /></Tabs.Panel>
        <Tabs.Panel value="miners" className="panel"><Miners /></Tabs.Panel>
        <Tabs.Panel value="refusals" className="panel"><RefusedFrames /></Tabs.Panel>
        <Tabs.Panel value="storage" className="panel"><StorageUse /></Tabs.Panel>
        <Tabs.Panel value="health" className="panel"><NodeHealth /></Tabs.Panel>
      </Tabs>
    </>
  );
}

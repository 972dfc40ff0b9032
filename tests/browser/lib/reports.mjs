// SPDX-License-Identifier: Apache-2.0
import { becomes } from './check.mjs';

/// A report of the followed patient, approved by their doctor just now.
export async function approve_one(world) {
  const patient = await world.followed();
  const { api } = await world.person(patient.doctor.login);
  let own;
  await becomes(`a report of ${patient.name} waits`, async () => {
    const waiting = (await api.get('/reports?state=pending&limit=500')).json.items;
    own = waiting.find((each) => each.readable && each.patient.id === patient.id);
    return own !== undefined;
  }, 60_000);
  const answer = await api.post(`/reports/${own.id}/approve`);
  if (answer.status !== 200) throw new Error(`the report was not approved: ${answer.text}`);
  return answer.json;
}

/// One that an earlier walk had approved, or a new one.
export async function approved_one(world) {
  world.approved ??= await approve_one(world);
  return world.approved;
}

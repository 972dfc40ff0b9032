// SPDX-License-Identifier: Apache-2.0
// What the node answers: the types that openapi-typescript makes of src/api/openapi.json (npm run
// types), with brands on the ids. Times are ms since 1970.
import type { AlarmId, ConsentRef, DeviceId, HeaderHash, LedgerId, ReportId, TransactionId } from './ids';
import type { components } from './openapi.gen';

type Schemas = components['schemas'];
/// T with the types of some members replaced.
type With<T, Changes> = Omit<T, keyof Changes> & Changes;

export interface Page<T> {
  items: T[];
  next?: string | null;
}

export type Role = Schemas['Role'];
export type VitalName = Schemas['VitalName'];
export type Quality = Schemas['Quality'];
export type Priority = Schemas['Priority'];
export type Category = Schemas['Category'];
export type Purpose = Schemas['Purpose'];
export type DemoLogin = Schemas['DemoLogin'];
export type Info = Schemas['Info'];
export type VitalInfo = Schemas['VitalInfo'];
export type Limits = Schemas['Limits'];
export type Live = Schemas['Live'];
export type Reading = Schemas['LiveReading'];
export type Series = Schemas['Series'];
export type Strip = Schemas['Strip'];
export type ReportVital = Schemas['VitalSummary'];
/// `submitting`: signed, and on its way into a block.
export type ReportState = Schemas['ReportState'];
export type Health = Schemas['Health'];
export type Storage = Schemas['Storage'];
export type Refusals = Schemas['RefusedFramesList'];
export type ChainVerification = Schemas['VerifyState'];

export type Named = With<Schemas['PersonRef'], { id: LedgerId }>;
export type Person = With<Schemas['Person'], { id: LedgerId }>;
export type Grantee = With<Schemas['PersonWithRole'], { id: LedgerId }>;
export type Me = With<Schemas['Me'], { id: LedgerId }>;
export type Alarm = With<Schemas['Alarm'], { id: AlarmId; patient: LedgerId }>;
export type WardPatient = With<Schemas['WardPatient'], { id: LedgerId; alarms: Alarm[] }>;
export type Patient = With<Schemas['Patient'], { id: LedgerId; alarms: Alarm[] }>;
interface ReportIds {
  id: ReportId;
  patient: Named & { bed: string };
  alarms: Alarm[];
  transaction: TransactionId | null;
}
export type Report = With<Schemas['Report'], ReportIds>;
export type ReportDetail = With<Schemas['ReportDetail'], ReportIds>;
export type Consent = With<
  Schemas['Consent'],
  { ref: ConsentRef; transaction: TransactionId; grantee: Grantee }
>;
export type ConsentGrant = With<Schemas['GrantConsent'], { grantee: LedgerId }>;
export type Access = Schemas['Access'];
export type Device = With<Schemas['Device'], { id: DeviceId; patient: Named }>;
export type DeviceState = Schemas['DeviceState'];
export type PairingTicket = Schemas['PairingTicket'];
/// A device was paired, or its state changed.
export type DeviceEvent = With<Schemas['DeviceEvent'], { id: DeviceId; patient: LedgerId }>;
export type BlockSummary = With<Schemas['BlockSummary'], { hash: HeaderHash }>;
export type Block = With<
  Schemas['Block'],
  { hash: HeaderHash; items: With<Schemas['BlockItem'], { id: TransactionId }>[] }
>;
export type Transaction = With<Schemas['Transaction'], { id: TransactionId }>;
export type Mining = Schemas['Mining'];
export type FinishedRound = Schemas['FinishedRound'];
export type MinerRow = Schemas['Miner'];
export type Orphan = Schemas['Orphan'];
export type Found = Schemas['SearchHit'];
export type RefusedOperation = Schemas['RefusedOperation'];
export type Attack = Schemas['Attack'];
export type VitalsEvent = With<Schemas['VitalsEvent'], { patient: LedgerId }>;

// SPDX-License-Identifier: Apache-2.0
// Every page of the web app: [name, login or null, address]. `patient` has id and login, `doctor` is a
// login, `report` an approved one with its block's height and its transaction.

const parts = {
  my_health: ['vitals', 'consents', 'access', 'reports', 'devices'],
  admin: ['people', 'devices', 'miners', 'refusals', 'storage', 'health'],
  audit: ['access', 'refused', 'chain'],
};

export const pages_of = ({ patient, doctor, report }) => [
  ['signin', null, '/signin'],
  ['ward', 'nurse.kim', '/ward'],
  ['ward-wall', 'nurse.kim', '/ward?wall=1'],
  ['patient', doctor, `/patients/${patient.id}`],
  ['patient-own', patient.login, `/patients/${patient.id}`],
  ['review', doctor, '/review'],
  ['review-approved', doctor, '/review?state=approved'],
  ['review-refused', doctor, '/review?state=refused'],
  ...parts.my_health.map((part) => [`my-health-${part}`, patient.login, `/my-health?part=${part}`]),
  ['ledger', 'auditor', '/ledger'],
  ...(report ? [
    ['block', 'auditor', `/ledger/blocks/${report.height}`],
    ['transaction', 'auditor', `/ledger/transactions/${report.transaction}`],
    ['verify-checked', patient.login, `/verify?report=${report.id}`],
  ] : []),
  ['verify', null, '/verify'],
  ...parts.admin.map((part) => [`admin-${part}`, 'admin', `/admin?part=${part}`]),
  ...parts.audit.map((part) => [`audit-${part}`, 'auditor', `/audit?part=${part}`]),
  ['attacks', 'auditor', '/attacks'],
  ['no-right', 'auditor', '/review'],
  ['no-patient', 'auditor', `/patients/${patient.id}`],
  ['unknown', 'auditor', '/no/such/page'],
];

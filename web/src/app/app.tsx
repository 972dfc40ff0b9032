// SPDX-License-Identifier: Apache-2.0
// Routes. Each page is its own chunk; the URL holds what is shown.
import { lazy, Suspense, useEffect, type ReactNode } from 'react';
import { Navigate, Outlet, Route, Routes, useLocation, useParams } from 'react-router';
import { ApiError } from '@/client/http';
import { as_person_id, as_transaction_id } from '@/client/ids';
import { useMe } from '@/client/queries';
import type { Role } from '@/client/types';
import { PageHead } from '@/ui/bits';
import { Failure, Loading, NoRight } from '@/ui/states';
import { word_for, words } from '@/words';
import { SessionProvider, useSession } from './session';
import { FaultBoundary } from './fault_boundary';
import { Brand, home_of, SchemeToggle, Shell } from './shell';
import { was_signed_in } from './signed_in';

const load = {
  sign_in: () => import('@/features/signin/signin'),
  ward: () => import('@/features/ward/ward'),
  patient: () => import('@/features/patient/patient'),
  review: () => import('@/features/review/review'),
  my_health: () => import('@/features/myhealth/my_health'),
  ledger: () => import('@/features/ledger/ledger'),
  block: () => import('@/features/ledger/block'),
  transaction: () => import('@/features/ledger/transaction'),
  verify: () => import('@/features/verify/verify_page'),
  admin: () => import('@/features/admin/admin'),
  audit: () => import('@/features/audit/audit'),
  attacks: () => import('@/features/attacks/attacks'),
};
const SignIn = lazy(load.sign_in);
const Ward = lazy(load.ward);
const PatientPage = lazy(load.patient);
const Review = lazy(load.review);
const MyHealth = lazy(load.my_health);
const Ledger = lazy(load.ledger);
const BlockPage = lazy(load.block);
const TransactionPage = lazy(load.transaction);
const Verify = lazy(load.verify);
const Admin = lazy(load.admin);
const Audit = lazy(load.audit);
const Attacks = lazy(load.attacks);

// The other pages, fetched while nothing else is to do: they then open at once, and also while the node
// is away. One that does not come now is fetched, and its failure told, when it is opened.
function usePagesAtHand(role: Role | undefined): void {
  useEffect(() => {
    if (role === undefined) return undefined;
    const clinician = role === 'doctor' || role === 'nurse';
    const wanted = [
      load.ledger, load.block, load.transaction, load.verify,
      ...(clinician ? [load.ward, load.patient] : []),
      ...(role === 'doctor' ? [load.review] : []),
      ...(role === 'patient' ? [load.my_health, load.patient] : []),
      ...(role === 'administrator' ? [load.admin, load.attacks] : []),
      ...(role === 'auditor' ? [load.audit, load.attacks] : []),
    ];
    const timer = setTimeout(() => void Promise.allSettled(wanted.map((each) => each())), 2_000);
    return () => clearTimeout(timer);
  }, [role]);
}

function SignedIn() {
  const me = useMe();
  usePagesAtHand(me.data?.role);
  const location = useLocation();
  if (me.error instanceof ApiError && me.error.code === 'unauthenticated') {
    const next = encodeURIComponent(location.pathname + location.search);
    return <Navigate to={location.pathname === '/' ? '/signin' : `/signin?next=${next}`} state={{ ended: was_signed_in() }} replace />;
  }
  if (me.data === undefined) {
    return (
      <main className="main">
        {me.error ? <Failure error={me.error} retry={() => void me.refetch()} /> : <Loading rows={4} height={90} />}
      </main>
    );
  }
  return (
    <SessionProvider me={me.data} key={me.data.id}>
      <Shell />
    </SessionProvider>
  );
}

function For({ roles, children }: { roles: readonly Role[]; children: ReactNode }) {
  const { me } = useSession();
  if (!roles.includes(me.role)) return <NoRight text={words.state.no_right_role(word_for(words.roles, me.role))} />;
  return children;
}

function Home() {
  const { me } = useSession();
  return <Navigate to={home_of(me.role)} replace />;
}

function ThePatient() {
  const { id } = useParams();
  const { me } = useSession();
  return <PatientPage id={as_person_id(id ?? '')} role={me.role} key={id} />;
}
function TheBlock() {
  const { height } = useParams();
  return <BlockPage height={Number(height)} key={height} />;
}
function TheTransaction() {
  const { id } = useParams();
  return <TransactionPage id={as_transaction_id(id ?? '')} key={id} />;
}
function MyPage() {
  const { me } = useSession();
  return <MyHealth me={me} />;
}

// The verifier is public: it has no session around it, and none is asked for.
function PublicPage() {
  return (
    <main className="main" id="main">
      <header className="public-head">
        <Brand />
        <SchemeToggle />
      </header>
      <Suspense fallback={<Loading rows={3} height={110} />}>
        <Outlet />
      </Suspense>
    </main>
  );
}
function VerifyPlace() {
  const me = useMe();
  if (me.data) {
    return (
      <SessionProvider me={me.data} key={me.data.id}>
        <Shell />
      </SessionProvider>
    );
  }
  if (me.isPending) return <main className="main"><Loading rows={3} height={110} /></main>;
  return <PublicPage />;
}

export function App() {
  return (
    <FaultBoundary>
      <Routes>
        <Route element={<PublicPage />}>
          <Route path="/signin" element={<SignIn home_of={home_of} />} />
        </Route>
        <Route element={<VerifyPlace />}>
          <Route path="/verify" element={<Verify />} />
        </Route>
        <Route element={<SignedIn />}>
          <Route index element={<Home />} />
          <Route path="/ward" element={<For roles={['doctor', 'nurse']}><Ward /></For>} />
          <Route path="/patients/:id" element={<ThePatient />} />
          <Route path="/review" element={<For roles={['doctor']}><Review /></For>} />
          <Route path="/my-health" element={<For roles={['patient']}><MyPage /></For>} />
          <Route path="/ledger" element={<Ledger />} />
          <Route path="/ledger/blocks/:height" element={<TheBlock />} />
          <Route path="/ledger/transactions/:id" element={<TheTransaction />} />
          <Route path="/admin" element={<For roles={['administrator']}><Admin /></For>} />
          <Route path="/audit" element={<For roles={['auditor']}><Audit /></For>} />
          <Route path="/attacks" element={<For roles={['administrator', 'auditor']}><Attacks /></For>} />
          <Route path="*" element={<><PageHead title={words.app.not_found} /><p>{words.app.not_found_do}</p></>} />
        </Route>
      </Routes>
    </FaultBoundary>
  );
}

// SPDX-License-Identifier: Apache-2.0
// Routes. Each page is its own chunk; the URL holds what is shown.
import { Component, lazy, Suspense, type ReactNode } from 'react';
import { Navigate, Outlet, Route, Routes, useLocation, useParams } from 'react-router';
import { Button } from '@mantine/core';
import { ApiError } from '@/client/http';
import { as_person_id, as_transaction_id } from '@/client/ids';
import { useMe } from '@/client/queries';
import type { Role } from '@/client/types';
import { PageHead } from '@/ui/bits';
import { Empty, Failure, Loading, NoRight } from '@/ui/states';
import { word_for, words } from '@/words';
import { SessionProvider, useSession } from './session';
import { home_of, SchemeToggle, Shell } from './shell';

const SignIn = lazy(() => import('@/features/signin/signin'));
const Ward = lazy(() => import('@/features/ward/ward'));
const PatientPage = lazy(() => import('@/features/patient/patient'));
const Review = lazy(() => import('@/features/review/review'));
const MyHealth = lazy(() => import('@/features/myhealth/my_health'));
const Ledger = lazy(() => import('@/features/ledger/ledger'));
const BlockPage = lazy(() => import('@/features/ledger/block'));
const TransactionPage = lazy(() => import('@/features/ledger/transaction'));
const Verify = lazy(() => import('@/features/verify/verify_page'));
const Admin = lazy(() => import('@/features/admin/admin'));
const Audit = lazy(() => import('@/features/audit/audit'));

// A fault of the page itself: said, and mended by a reload.
class FaultBoundary extends Component<{ children: ReactNode }, { fault: unknown }> {
  override state: { fault: unknown } = { fault: null };
  static getDerivedStateFromError(fault: unknown): { fault: unknown } {
    return { fault };
  }
  override render(): ReactNode {
    if (this.state.fault === null) return this.props.children;
    return (
      <div className="main">
        <Failure error={this.state.fault} />
        <Button mt={12} onClick={() => window.location.reload()}>
          {words.state.reload}
        </Button>
      </div>
    );
  }
}

function SignedIn() {
  const me = useMe();
  const location = useLocation();
  if (me.error instanceof ApiError && me.error.code === 'unauthenticated') {
    const next = encodeURIComponent(location.pathname + location.search);
    return <Navigate to={location.pathname === '/' ? '/signin' : `/signin?next=${next}`} replace />;
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
      <div style={{ display: 'flex', justifyContent: 'flex-end' }}>
        <SchemeToggle />
      </div>
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
          <Route path="*" element={<><PageHead title={words.app.not_found} /><Empty title={words.app.not_found} text={words.app.not_found_do} /></>} />
        </Route>
      </Routes>
    </FaultBoundary>
  );
}

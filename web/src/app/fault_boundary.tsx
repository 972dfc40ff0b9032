// SPDX-License-Identifier: Apache-2.0
import { Component, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { ApiError } from '@/client/http';
import { Failure } from '@/ui/states';
import { words } from '@/words';

// A page's own script that could not be fetched: the node is away, or holds a newer version by now.
const unfetched = (fault: unknown): boolean => fault instanceof TypeError && /dynamically imported module|Importing a module/i.test(fault.message);

/// A fault of the page itself: said, and mended by a reload.
export class FaultBoundary extends Component<{ children: ReactNode }, { fault: unknown }> {
  override state: { fault: unknown } = { fault: null };
  static getDerivedStateFromError(fault: unknown): { fault: unknown } {
    return { fault };
  }
  override render(): ReactNode {
    const { fault } = this.state;
    if (fault === null) return this.props.children;
    return (
      <div className="main">
        <Failure error={unfetched(fault) ? new ApiError(0, 'unreachable', String(fault)) : fault} />
        <Button mt={12} onClick={() => window.location.reload()}>
          {words.state.reload}
        </Button>
      </div>
    );
  }
}

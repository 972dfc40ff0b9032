// SPDX-License-Identifier: Apache-2.0
// The few pictures the app needs, drawn here: no icon font, no other origin. All are decoration
// beside words or beside an aria-label.
import type { ReactNode } from 'react';
import type { Priority } from '@/client/types';

function icon(path: ReactNode, size = 20) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {path}
    </svg>
  );
}

export const CopyIcon = () => icon(<><rect x="9" y="9" width="11" height="11" rx="2" /><path d="M5 15V6a2 2 0 0 1 2-2h9" /></>, 18);
export const CheckIcon = ({ size = 18 }: { size?: number }) => icon(<path d="M4 12.5l5 5L20 6.5" />, size);
export const CrossIcon = ({ size = 18 }: { size?: number }) => icon(<path d="M6 6l12 12M18 6L6 18" />, size);
export const DashIcon = ({ size = 18 }: { size?: number }) => icon(<path d="M6 12h12" />, size);
export const SunIcon = () => icon(<><circle cx="12" cy="12" r="4" /><path d="M12 2v2M12 20v2M2 12h2M20 12h2M4.9 4.9l1.4 1.4M17.7 17.7l1.4 1.4M4.9 19.1l1.4-1.4M17.7 6.3l1.4-1.4" /></>);
export const MoonIcon = () => icon(<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z" />);
export const SignOutIcon = () => icon(<><path d="M14 4h4a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-4" /><path d="M4 12h11M11 8l4 4-4 4" /></>);
export const SoundIcon = () => icon(<><path d="M4 9.5v5h3.5L12 19V5L7.5 9.5z" /><path d="M16 9a4 4 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11" /></>);
export const MutedIcon = () => icon(<><path d="M4 9.5v5h3.5L12 19V5L7.5 9.5z" /><path d="M16 9.5l5 5M21 9.5l-5 5" /></>);
export const SearchIcon = () => icon(<><circle cx="11" cy="11" r="6.5" /><path d="M16 16l4.5 4.5" /></>);
export const BackIcon = () => icon(<path d="M15 5l-7 7 7 7" />);
export const ForwardIcon = () => icon(<path d="M9 5l7 7-7 7" />);
export const FileIcon = ({ size = 24 }: { size?: number }) => icon(<><path d="M6 3h8l5 5v13H6z" /><path d="M14 3v5h5" /></>, size);
export const Logo = () => (
  <svg width="30" height="30" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect width="32" height="32" rx="7" fill="#1f4e86" />
    <path d="M4 17h6l3-8 5 15 3-9 1.5 2H28" fill="none" stroke="#fff" strokeWidth="2.4" strokeLinecap="round" strokeLinejoin="round" />
  </svg>
);

/// A shape for each priority, so that colour is never alone: triangle, diamond, circle, square.
export function PriorityShape({ priority, size = 16 }: { priority: Priority; size?: number }) {
  const shapes: Record<Priority, ReactNode> = {
    high: <path d="M8 1.2L15.4 14.4H0.6z" />,
    medium: <path d="M8 0.6L15.4 8 8 15.4 0.6 8z" />,
    low: <circle cx="8" cy="8" r="7" />,
    technical: <rect x="1.4" y="1.4" width="13.2" height="13.2" rx="2" />,
  };
  return (
    <svg width={size} height={size} viewBox="0 0 16 16" fill="currentColor" aria-hidden="true" focusable="false">
      {shapes[priority]}
    </svg>
  );
}

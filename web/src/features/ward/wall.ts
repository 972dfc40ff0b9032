// SPDX-License-Identifier: Apache-2.0
// How beds are laid out on a wall: all of them without scrolling, as large as they can be.
import { useLayoutEffect, useState, type RefObject } from 'react';

export interface Layout {
  columns: number;
  /// What every length of a tile is multiplied with.
  zoom: number;
  /// Too many beds for whole tiles: trend, unit and age go, name, alarm and figures stay.
  dense: boolean;
}
interface Size {
  width: number;
  height: number;
}

// What one tile takes at zoom 1, with the gap beside it: measured, in CSS pixels.
const whole: Size = { width: 428, height: 300 };
const tight: Size = { width: 380, height: 190 };
// Below this the figures cannot be read from 3 m; the wall then scrolls.
const zoom_least = 0.6;
const zoom_most = 2.4;
const whole_from = 0.8;

function best(beds: number, room: Size, tile: Size): { columns: number; zoom: number } {
  let found = { columns: 1, zoom: 0 };
  for (let columns = 1; columns <= beds; columns += 1) {
    const rows = Math.ceil(beds / columns);
    const zoom = Math.min(room.width / (columns * tile.width), room.height / (rows * tile.height));
    if (zoom > found.zoom) found = { columns, zoom };
  }
  return { columns: found.columns, zoom: Math.min(zoom_most, Math.max(zoom_least, found.zoom)) };
}

export function layout_of(beds: number, room: Size): Layout {
  const large = best(beds, room, whole);
  if (large.zoom >= whole_from) return { ...large, dense: false };
  return { ...best(beds, room, tight), dense: true };
}

/// The layout for the room from `box` to the end of the window; null while there is no wall.
export function useWallLayout(box: RefObject<HTMLElement | null>, beds: number, wall: boolean): Layout | null {
  const [layout, set_layout] = useState<Layout | null>(null);
  useLayoutEffect(() => {
    if (!wall || beds === 0) {
      set_layout(null);
      return undefined;
    }
    const fit = (): void => {
      const head = box.current?.parentElement;
      if (!head) return;
      const top = head.getBoundingClientRect().top + window.scrollY;
      set_layout(layout_of(beds, { width: head.clientWidth, height: window.innerHeight - top - 10 }));
    };
    fit();
    window.addEventListener('resize', fit);
    return () => window.removeEventListener('resize', fit);
  }, [box, beds, wall]);
  return layout;
}

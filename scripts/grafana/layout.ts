// Places of panels on Grafana's grid of 24 columns: left to right, a new line when one is full. Pure.
import type { Panel } from './model.ts';
import type { PlacedLater } from './panels.ts';

const COLUMNS = 24;

/** The panels with ids from 1 on and their places. */
export function placed(panels: readonly PlacedLater[]): Panel[] {
  let [x, y, lineHeight] = [0, 0, 0];
  return panels.map(({ width, height, ...panel }, index) => {
    if (x + width > COLUMNS) [x, y, lineHeight] = [0, y + lineHeight, 0];
    const gridPos = { x, y, w: width, h: height };
    [x, lineHeight] = [x + width, Math.max(lineHeight, height)];
    return { id: index + 1, gridPos, ...panel };
  });
}

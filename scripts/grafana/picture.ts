// A dashboard as a picture, drawn from recorded answers of its panels: what the queries say, not how Grafana looks. Pure.
import type { Answer, Series } from './live/ask.ts';
import type { Dashboard, Panel } from './model.ts';
import { linesIn, statesIn, tableIn } from './picture-parts.ts';
import { type Box, escaped, numberText, STYLE } from './picture-style.ts';

const COLUMN = 46;
const ROW = 26;
const GAP = 4;
const HEAD = 40;

export interface Recorded {
  /** Seconds that the answers cover. */
  readonly seconds: number;
  readonly answers: readonly Answer[];
}

/** A whole document. */
export function pictureOf(dashboard: Dashboard, { seconds, answers }: Recorded): string {
  const rows = Math.max(...dashboard.panels.map(({ gridPos }) => gridPos.y + gridPos.h));
  const [width, height] = [24 * COLUMN, rows * ROW + HEAD];
  const about = `${dashboard.title}: drawn from the answers to its queries in a run of ${seconds} seconds; not a screenshot.`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="12" role="img" aria-label="${escaped(about)}">`,
    `<style>${STYLE}</style>`,
    `<text x="8" y="18" font-size="15" font-weight="600">${escaped(dashboard.title)}</text>`,
    `<text class="small" x="8" y="33">${escaped(about)}</text>`,
    ...dashboard.panels.map((panel) => panelOf(panel, answers, seconds)),
    '</svg>',
    '',
  ].join('\n');
}

function panelOf(panel: Panel, all: readonly Answer[], seconds: number): string {
  const { x, y, w, h } = panel.gridPos;
  const [left, top] = [x * COLUMN, y * ROW + HEAD];
  if (panel.type === 'row') {
    return `<text x="${left + 8}" y="${top + 18}" font-size="14" font-weight="600">${escaped(panel.title)}</text>`;
  }
  const size = { width: w * COLUMN - GAP, height: h * ROW - GAP };
  const answers = (panel.targets ?? []).map(({ refId }) =>
    all.find((answer) => answer.panel === panel.title && answer.refId === refId),
  );
  const known = answers.flatMap((answer) => answer ?? []);
  const box: Box = { x: 8, y: 26, width: size.width - 16, height: size.height - 34 };
  return [
    `<g transform="translate(${left + 2} ${top + 2})"><title>${escaped(`${panel.title}. ${panel.description ?? ''}`)}</title>`,
    `<rect class="panel" width="${size.width}" height="${size.height}" rx="3"/>`,
    `<text x="8" y="17" font-weight="600">${escaped(panel.title.replace(': $metric', ''))}</text>`,
    contentOf(panel, known, { box, seconds }),
    '</g>',
  ].join('');
}

function contentOf(
  panel: Panel,
  answers: readonly Answer[],
  { box, seconds }: { readonly box: Box; readonly seconds: number },
): string {
  const { unit = 'short' } = (panel.fieldConfig as { defaults: { unit?: string } }).defaults;
  const named = answers.flatMap((answer) =>
    answer.series.map((series) => ({ ...series, name: nameOf(answer, series) })),
  );
  switch (panel.type) {
    case 'stat':
      return bigNumber(panel, named, box, unit);
    case 'table':
      return tableIn(box, named, unit);
    case 'state-timeline':
      return statesIn(box, named, { seconds, zero: zeroOf(panel) });
    case 'timeseries':
    case 'row':
    default:
      return linesIn(box, named, { seconds, unit });
  }
}

/** How a 0 of states is drawn: as bad as the panel says. */
function zeroOf({ fieldConfig }: Panel): 'bad' | 'off' {
  const { thresholds } = (fieldConfig as { defaults: { thresholds: { steps: readonly { color: string }[] } } })
    .defaults;
  return thresholds.steps[0]?.color === 'semi-dark-red' ? 'bad' : 'off';
}

function nameOf({ legend }: Answer, { labels }: Series): string {
  return legend.replace(/\{\{(\w+)\}\}/g, (_, label: string) => labels[label] ?? '');
}

function bigNumber(
  panel: Panel,
  [first]: readonly (Series & { readonly name: string })[],
  box: Box,
  unit: string,
): string {
  const value = first?.points.at(-1)?.[1];
  const isName = (panel.options as { textMode?: string }).textMode === 'name';
  const text = value === undefined ? '' : isName ? (first?.name ?? '') : numberText(value, unit);
  const size = isName ? 14 : 30;
  return `<text x="${box.x + box.width / 2}" y="${box.y + box.height / 2 + size / 3}" font-size="${size}" text-anchor="middle">${escaped(text)}</text>`;
}

// One line of the overview. Drawn again only when its target, its place or its age in words has changed.
import { Component } from 'preact';
import type { Alarm, TargetRow } from '../api-types.ts';
import { ALARM_WORDS, isGrave } from './alarm-words.ts';
import { agoText, padded, percentText, UNKNOWN } from './format.ts';
import { keyOf } from './rows.ts';
import { type Column, targetHref } from './route.ts';
import { Sparkline } from './sparkline.tsx';

/** As styles/overview.css has them. */
export const ROW_HEIGHTS = { wide: 34, narrow: 86, head: 30 } as const;

export const COLUMN_TITLES: Readonly<Record<Column, string>> = {
  alarms: 'Alarm',
  target: 'Target',
  workload: 'Workload',
  size: 'Size',
  load: 'Load',
  metrics: 'Metrics',
  why: 'Why',
  changed: 'Changed',
};

export interface RowProps {
  readonly row: TargetRow;
  /** Among all that are listed. */
  readonly index: number;
  /** In pixels. */
  readonly top: number;
  readonly isSelected: boolean;
  /** The controller's time in tens of seconds: ages in words change no faster. */
  readonly minute: number;
}

export class Row extends Component<RowProps> {
  override shouldComponentUpdate(next: RowProps): boolean {
    const { row, index, top, isSelected, minute } = this.props;
    return (
      row !== next.row ||
      index !== next.index ||
      top !== next.top ||
      isSelected !== next.isSelected ||
      minute !== next.minute
    );
  }

  override render({ row, index, top, isSelected, minute }: RowProps) {
    const key = keyOf(row);
    return (
      <div
        class={isSelected ? 'row selected' : 'row'}
        role="row"
        id={`row-${key}`}
        data-key={key}
        aria-rowindex={index + 2}
        aria-selected={isSelected}
        style={{ transform: `translateY(${top}px)` }}
      >
        <div class="cell alarms" role="gridcell">
          <AlarmSign alarms={row.alarms} />
        </div>
        <div class="cell target" role="gridcell">
          <a href={targetHref(row.namespace, row.name)} tabIndex={-1} title={key}>
            <bdi class="namespace">{row.namespace}</bdi>
            <span class="slash">/</span>
            <bdi class="name">{row.name}</bdi>
          </a>
        </div>
        <div class="cell workload" role="gridcell" title={row.workload}>
          <bdi>{row.workload}</bdi>
        </div>
        <div class="cell size" role="gridcell">
          <Sparkline sizes={row.sizes} />
          <Sizes row={row} />
        </div>
        <div class="cell load" role="gridcell">
          <Load ratio={row.ratio} />
        </div>
        <div class="cell metrics" role="gridcell" title={row.metrics}>
          <bdi>{row.metrics}</bdi>
        </div>
        <div class="cell why" role="gridcell" title={row.why}>
          <bdi>{row.why}</bdi>
        </div>
        <div class="cell changed" role="gridcell" title={row.lastScaleTime}>
          {agoText(row.lastScaleTime, minute * 10_000)}
        </div>
      </div>
    );
  }
}

/** The gravest alarm, and how many more. */
export function AlarmSign({ alarms }: { readonly alarms: readonly Alarm[] }) {
  const [first, ...more] = alarms;
  if (!first) return null;
  return (
    <span class={isGrave(first) ? 'alarm grave' : 'alarm'} title={alarms.map(({ text }) => text).join('\n')}>
      {ALARM_WORDS[first.kind] ?? first.kind}
      {more.length > 0 && ` +${more.length}`}
    </span>
  );
}

/** `4 → 6`, or `4` when that is what is wanted. */
export function Sizes({ row: { current, desired, min, max, mode } }: { readonly row: TargetRow }) {
  const arrow =
    current === undefined || desired === undefined || desired === current ? '' : desired > current ? 'up' : 'down';
  return (
    <span class="sizes">
      <b>{padded(current ?? UNKNOWN, 3)}</b>
      <span class={`desired ${arrow}`}>{arrow !== '' && ` → ${desired}`}</span>
      <span
        class="bounds"
        title={mode === 'Recommend' ? 'mode: Recommend. Decided, not written.' : 'Smallest and largest size'}
      >
        {mode === 'Recommend' ? 'advice' : `${min ?? UNKNOWN}…${max ?? UNKNOWN}`}
      </span>
    </span>
  );
}

/** Value over target of the metric that decided, as a number and a bar that is full at the target. */
function Load({ ratio }: { readonly ratio: number | undefined }) {
  const filled = Math.max(0, Math.min(1, (ratio ?? 0) / 2));
  return (
    <>
      <span class="percent">{padded(percentText(ratio), 5)}</span>
      <span class="bar" aria-hidden="true">
        {ratio !== undefined && (
          <i class={ratio > 1.1 ? 'over' : undefined} style={{ transform: `scaleX(${filled})` }} />
        )}
      </span>
    </>
  );
}

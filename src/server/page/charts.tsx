// The charts of one target: load against target, sizes with bounds and windows, and each metric by itself.
import { useMemo } from 'preact/hooks';
import type { JournalView, TargetDetail } from '../api-types.ts';
import type { TimelinePoint } from '../../record/timeline.ts';
import { Chart, type Line } from './chart.tsx';
import { columnsOf, type Columns, inRange, loadOf, metricNames, SIZE_READINGS, topOfSizes } from './chart-data.ts';
import type { Mark, Overlay, Stretch } from './chart-paint.ts';
import { bytesText, durationText, numberText, percentText, plural, UNKNOWN } from './format.ts';
import { Notice } from './header.tsx';
import { amend } from './hooks.ts';
import { type Range, RANGES, type TargetRoute } from './route.ts';

const HEIGHTS = { load: 170, sizes: 240, metric: 150 } as const;
const METRIC_COLOURS = ['--line-1', '--line-2', '--line-3', '--line-4'] as const;
const DASHES: readonly (readonly number[] | undefined)[] = [undefined, [6, 3], [2, 3], [8, 3, 2, 3]];

const SIZE_LINES: readonly Line[] = [
  { name: 'max', colour: '--bound', width: 1, isStepped: true, bandTo: 1 },
  { name: 'min', colour: '--bound', width: 1, isStepped: true },
  { name: 'current', colour: '--line-1', width: 3, isStepped: true },
  { name: 'ready', colour: '--line-4', width: 1.5, dash: [8, 3, 2, 3], isStepped: true },
  { name: 'desired', colour: '--line-2', width: 1.5, dash: [6, 3], isStepped: true },
  { name: 'metrics ask', colour: '--line-3', width: 1.5, dash: [2, 3], isStepped: true },
];

export interface ChartsProps {
  readonly route: TargetRoute;
  readonly detail: TargetDetail | undefined;
  readonly selected: JournalView | undefined;
  readonly onSelect: (since: string | undefined) => void;
}

/** Load and sizes, and a chart for each metric: two panels, since the first has its place before anything is known. */
export function Charts({ route, detail, selected, onSelect }: ChartsProps) {
  const timeline = detail?.timeline;
  const points = useMemo(() => inRange(timeline ?? [], route.range), [timeline, route.range]);
  // As text, so that the same names are the same.
  const known = (detail?.record?.metrics ?? []).map(({ name }) => name).join('\n');
  const names = useMemo(() => metricNames(points, known.split('\n')), [points, known]);
  const overlay = useOverlay(detail, points, selected);
  const isDrawable = points.length > 1;
  return (
    <>
      <section class="charts" aria-label="Over time">
        <div class="panel-head">
          <h2>Over time</h2>
          <Ranges route={route} />
        </div>
        <div class="both">
          {isDrawable ? (
            <>
              <LoadChart points={points} names={names} overlay={overlay} onSelect={onSelect} />
              <SizeChart points={points} overlay={overlay} onSelect={onSelect} />
            </>
          ) : (
            <Notice>{missingText(detail)}</Notice>
          )}
        </div>
      </section>
      {isDrawable && (
        <section class="metrics-panel" aria-label="Metrics over time">
          <div class="panel-head">
            <h2>Each metric against its target</h2>
          </div>
          <div class="metric-charts">
            {names.length === 0 && <Notice>No metric could be read in this time, so there is no load to draw.</Notice>}
            {names.map((name, index) => (
              <MetricChart
                key={name}
                name={name}
                index={index}
                format={formatOf(detail, name)}
                {...{ points, overlay, onSelect }}
              />
            ))}
          </div>
        </section>
      )}
    </>
  );
}

function missingText(detail: TargetDetail | undefined): string {
  if (!detail) return 'Reading the time-line…';
  if (detail.controller.source === 'status') {
    return 'This process stands by and keeps no time-line: the leader has it. The last changes, from the status, are listed.';
  }
  if (detail.timeline.length === 0)
    return 'Nothing decided yet since this process leads. The first point comes with the next decision.';
  return 'One decision so far: a line needs two.';
}

function Ranges({ route }: { readonly route: TargetRoute }) {
  const titles: Readonly<Record<Range, string>> = { '5m': '5 min', '30m': '30 min', all: 'all' };
  return (
    <div class="ranges" role="group" aria-label="How far back">
      {RANGES.map((range) => (
        <button
          key={range}
          type="button"
          aria-pressed={route.range === range}
          onClick={() => amend({ ...route, range })}
        >
          {titles[range]}
        </button>
      ))}
    </div>
  );
}

/** The windows that count for the selected decision, else for the next one, and a mark for every change. */
function useOverlay(
  detail: TargetDetail | undefined,
  points: readonly TimelinePoint[],
  selected: JournalView | undefined,
): Overlay {
  const { journal, windows } = detail ?? {};
  const atMs = selected ? Date.parse(selected.record.time) : (points.at(-1)?.atMs ?? 0);
  const fromMs = points[0]?.atMs ?? 0;
  return useMemo(() => {
    const stretches: readonly Stretch[] = (
      [
        ['scale-down window', windows?.downSeconds ?? 0, '--window-down'],
        ['scale-up window', windows?.upSeconds ?? 0, '--window-up'],
      ] as const
    ).flatMap(([name, seconds, colour]) =>
      seconds > 0
        ? [{ fromMs: atMs - seconds * 1000, toMs: atMs, label: `${name} ${durationText(seconds * 1000)}`, colour }]
        : [],
    );
    return { stretches, marks: marksOf(journal ?? [], fromMs), selected: selected?.since };
  }, [journal, windows?.downSeconds, windows?.upSeconds, atMs, fromMs, selected]);
}

function marksOf(journal: readonly JournalView[], fromMs: number): readonly Mark[] {
  return journal.flatMap(({ kind, since, record: { time, currentReplicas, desiredReplicas } }) => {
    const atMs = Date.parse(time);
    return kind === 'change' && atMs >= fromMs ? [{ id: since, atMs, isUp: desiredReplicas > currentReplicas }] : [];
  });
}

interface OneProps {
  readonly points: readonly TimelinePoint[];
  readonly overlay: Overlay;
  readonly onSelect: (since: string | undefined) => void;
}

const most = (columns: Columns): number =>
  Math.max(0, ...columns.slice(1).flatMap((column) => column.map((value) => value ?? 0)));

function LoadChart({ points, names, overlay, onSelect }: OneProps & { readonly names: readonly string[] }) {
  const columns = useMemo(() => columnsOf(points, names.map(loadOf)), [points, names]);
  const lines = useMemo(() => names.map((name, index) => metricLine(name, index)), [names]);
  const withLevel = useMemo(() => ({ ...overlay, level: 100 }), [overlay]);
  const last = names.map((name, index) => `${name} ${percent(columns[index + 1]?.at(-1) ?? undefined)}`).join(', ');
  return (
    <Chart
      title="Load, in percent of the target"
      label={`Load in percent of the target over time. Last: ${last || 'no metric could be read'}.`}
      height={HEIGHTS.load}
      lines={lines}
      columns={columns}
      top={(shown) => Math.max(125, 1.15 * most(shown))}
      format={percent}
      overlay={withLevel}
      onPick={({ id }) => onSelect(id)}
    />
  );
}

function SizeChart({ points, overlay, onSelect }: OneProps) {
  const columns = useMemo(() => columnsOf(points, SIZE_READINGS), [points]);
  const last = points.at(-1);
  const changes = plural(overlay.marks.length, 'change');
  return (
    <Chart
      title="Size, in replicas"
      label={`Sizes over time, with ${changes}. Last: current ${last?.current ?? UNKNOWN}, desired ${last?.desired ?? UNKNOWN}, between ${last?.min ?? UNKNOWN} and ${last?.max ?? UNKNOWN}. The changes are listed beside it.`}
      height={HEIGHTS.sizes}
      lines={SIZE_LINES}
      columns={columns}
      top={() => topOfSizes(points)}
      format={wholeText}
      overlay={overlay}
      onPick={({ id }) => onSelect(id)}
    />
  );
}

function MetricChart({
  name,
  index,
  format,
  points,
  overlay,
  onSelect,
}: OneProps & {
  readonly name: string;
  readonly index: number;
  readonly format: (value: number | undefined) => string;
}) {
  const columns = useMemo(
    () => columnsOf(points, [({ metrics }) => metrics[name]?.value, ({ metrics }) => metrics[name]?.target]),
    [points, name],
  );
  const lines = useMemo<readonly Line[]>(
    () => [
      { ...metricLine('value', index), name: 'value' },
      { name: 'target', colour: '--target-line', width: 1.5, dash: [5, 4], isStepped: true },
    ],
    [index],
  );
  const bare = useMemo(() => ({ ...overlay, stretches: [] }), [overlay]);
  return (
    <Chart
      title={name}
      label={`The metric ${name} against its target over time. Last: ${format(columns[1]?.at(-1) ?? undefined)} against ${format(columns[2]?.at(-1) ?? undefined)}.`}
      height={HEIGHTS.metric}
      lines={lines}
      columns={columns}
      top={(shown) => 1.15 * most(shown)}
      format={format}
      overlay={bare}
      onPick={({ id }) => onSelect(id)}
    />
  );
}

/** How the record tells the metric: in percent of what was requested, in bytes, or as a number. */
function formatOf(detail: TargetDetail | undefined, name: string): (value: number | undefined) => string {
  const { target = '' } = detail?.record?.metrics?.find((one) => one.name === name) ?? {};
  if (target.endsWith('%')) return percent;
  return target.endsWith('i') ? bytesText : numberText;
}

function metricLine(name: string, index: number): Line {
  const colour = METRIC_COLOURS[index % METRIC_COLOURS.length] ?? '--line-1';
  const dash = DASHES[Math.floor(index / METRIC_COLOURS.length) % DASHES.length];
  return { name, colour, width: 2, isStepped: false, ...(dash && { dash }) };
}

const percent = (value: number | undefined): string => percentText(value === undefined ? undefined : value / 100);
/** Between two sizes there is none. */
const wholeText = (value: number | undefined): string =>
  value === undefined ? UNKNOWN : Number.isInteger(value) ? String(value) : '';

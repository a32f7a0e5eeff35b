// A chart over time by uPlot: its lines, what is painted behind and over them, and under it the numbers at the cursor, else the last.
// It says in words what it shows to those who cannot see it; all of it is also in the list of changes.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import type { Columns } from './chart-data.ts';
import { cssColour, paintMarks, type Mark, type Overlay, paintBands } from './chart-paint.ts';
import { axisTime, clockText, UNKNOWN } from './format.ts';

export interface Line {
  readonly name: string;
  /** A variable of styles/theme.css, such as `--line-1`. */
  readonly colour: string;
  readonly width: number;
  readonly dash?: readonly number[];
  readonly isStepped: boolean;
  /** Fills down to the line of this number. */
  readonly bandTo?: number;
}

export interface ChartProps {
  readonly title: string;
  /** What it shows, in a sentence. */
  readonly label: string;
  readonly height: number;
  readonly lines: readonly Line[];
  readonly columns: Columns;
  /** Top of the scale; the bottom is zero. */
  readonly top: (columns: Columns) => number;
  readonly format: (value: number | undefined) => string;
  readonly overlay: Overlay;
  /** Whether a change is selected by a click on it. */
  readonly onPick?: (mark: Mark) => void;
}

const PICK_PIXELS = 14;
const SYNC = 'time';

export function Chart(props: ChartProps) {
  const { title, label, height, lines, columns } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const latest = useRef(props);
  latest.current = props;
  const [cursor, setCursor] = useState<number | undefined>();
  const shape = JSON.stringify([lines, height]);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const make = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(latest, element.clientWidth, setCursor), latest.current.columns, element);
    };
    make();
    const observer = new ResizeObserver(() => {
      if (plot.current?.width !== element.clientWidth) plot.current?.setSize({ width: element.clientWidth, height });
    });
    observer.observe(element);
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', make);
    addEventListener('themechange', make);
    return () => {
      observer.disconnect();
      scheme.removeEventListener('change', make);
      removeEventListener('themechange', make);
      plot.current?.destroy();
      plot.current = null;
    };
  }, [shape]);
  useEffect(() => plot.current?.setData(columns), [columns]);
  useEffect(() => plot.current?.redraw(false), [props.overlay]);
  const index = cursor ?? columns[0].length - 1;
  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3>
        <Legend {...props} index={index} isCursor={cursor !== undefined} />
      </figcaption>
      <div ref={box} class="plot" role="img" aria-label={label} style={{ height: `${height}px` }} />
    </figure>
  );
}

function Legend({ lines, columns, format, index, isCursor }: ChartProps & { index: number; isCursor: boolean }) {
  const at = columns[0][index];
  return (
    <dl class="legend">
      {lines.map(({ name, colour, dash }, line) => (
        <div key={name}>
          <dt>
            <svg viewBox="0 0 18 8" aria-hidden="true">
              <path d="M0 4H18" style={{ stroke: `var(${colour})`, strokeDasharray: dash?.join(' ') ?? 'none' }} />
            </svg>
            <bdi>{name}</bdi>
          </dt>
          <dd>{format(columns[line + 1]?.[index] ?? undefined)}</dd>
        </div>
      ))}
      <div class="moment">
        <dt class="unseen">Time</dt>
        <dd>{at === undefined ? UNKNOWN : isCursor ? clockText(at * 1000) : 'last'}</dd>
      </div>
    </dl>
  );
}

function optionsOf(
  latest: { readonly current: ChartProps },
  width: number,
  onCursor: (index: number | undefined) => void,
): uPlot.Options {
  const { height, lines } = latest.current;
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  const axis = {
    stroke: cssColour('--muted'),
    grid: { stroke: cssColour('--grid'), width: 1 },
    ticks: { show: false },
  };
  const font = '11px system-ui, sans-serif';
  return {
    width,
    height,
    legend: { show: false },
    padding: [12, 8, 0, 0],
    cursor: { sync: { key: SYNC }, points: { size: 6 }, drag: { x: true, y: false } },
    scales: {
      y: { range: () => [0, Math.max(1, latest.current.top(latest.current.columns))] },
    },
    axes: [
      {
        ...axis,
        font,
        values: (_plot, seconds) => {
          const spanMs = ((seconds.at(-1) ?? 0) - (seconds[0] ?? 0)) * 1000;
          return seconds.map((at) => axisTime(at * 1000, spanMs));
        },
        space: 80,
        size: 26,
      },
      {
        ...axis,
        font,
        size: 46,
        gap: 4,
        values: (_plot, values) => values.map((value) => latest.current.format(value)),
      },
    ],
    series: [
      {},
      ...lines.map(({ name, colour, width: lineWidth, dash, isStepped }) => ({
        label: name,
        stroke: cssColour(colour),
        width: lineWidth,
        ...(dash && { dash: [...dash] }),
        ...(isStepped && stepped && { paths: stepped }),
        points: { show: false },
      })),
    ],
    bands: lines.flatMap(({ bandTo }, index) =>
      bandTo === undefined ? [] : [{ series: [index + 1, bandTo + 1] as [number, number], fill: cssColour('--band') }],
    ),
    hooks: {
      drawClear: [(plot) => paintBands(plot, latest.current.overlay)],
      draw: [(plot) => paintMarks(plot, latest.current.overlay)],
      setCursor: [({ cursor: { idx } }) => onCursor(idx ?? undefined)],
      ready: [(plot) => listen(plot, latest)],
    },
  };
}

/** A click near a mark picks it. */
function listen(plot: uPlot, latest: { readonly current: ChartProps }): void {
  const nearest = (x: number): Mark | undefined => {
    const distance = ({ atMs }: Mark): number => Math.abs(plot.valToPos(atMs / 1000, 'x') - x);
    const [first] = latest.current.overlay.marks.toSorted((a, b) => distance(a) - distance(b));
    return first && distance(first) <= PICK_PIXELS ? first : undefined;
  };
  plot.over.addEventListener('click', ({ offsetX }) => {
    const mark = nearest(offsetX);
    if (mark) latest.current.onPick?.(mark);
  });
  plot.over.addEventListener('mousemove', ({ offsetX }) => {
    plot.over.classList.toggle('picking', latest.current.onPick !== undefined && nearest(offsetX) !== undefined);
  });
}

// Panels as the dashboards write them: a title, the question it answers, a unit and its queries. Ids and places come from layout.ts.
import type { DataSource, Panel, Query } from './model.ts';

export type PlacedLater = Omit<Panel, 'id' | 'gridPos'> & { readonly width: number; readonly height: number };
/** A query and the legend of its series. */
export type Ask = readonly [expr: string, legend: string];

export const DATASOURCE: DataSource = { type: 'prometheus', uid: '${datasource}' };

interface Texts {
  readonly title: string;
  /** What it shows and how to read it. */
  readonly about: string;
  /** Of Grafana's list. */
  readonly unit: string;
  readonly width: number;
}

type Thresholds = readonly (readonly [from: number | null, colour: string])[];
const PLAIN: Thresholds = [[null, 'text']];
export const BAD_ABOVE_ZERO: Thresholds = [
  [null, 'green'],
  [1, 'orange'],
];

function queries(asks: readonly Ask[], kind: Pick<Query, 'instant' | 'range' | 'format'>): Query[] {
  return asks.map(([expr, legendFormat], index) => ({
    refId: String.fromCodePoint(65 + index),
    datasource: DATASOURCE,
    expr,
    legendFormat,
    ...kind,
  }));
}

function defaults(unit: string, thresholds: Thresholds, custom?: object) {
  return {
    unit,
    color: { mode: custom ? 'palette-classic' : 'thresholds' },
    thresholds: { mode: 'absolute', steps: thresholds.map(([value, color]) => ({ value, color })) },
    ...(custom && { custom }),
  };
}

/** One number. */
export function stat(texts: Texts, ask: Ask, thresholds: Thresholds = PLAIN, textMode = 'auto'): PlacedLater {
  return {
    type: 'stat',
    title: texts.title,
    description: texts.about,
    width: texts.width,
    height: 4,
    datasource: DATASOURCE,
    targets: queries([ask], { instant: true }),
    fieldConfig: { defaults: defaults(texts.unit, thresholds), overrides: [] },
    options: {
      colorMode: 'value',
      graphMode: 'none',
      justifyMode: 'auto',
      orientation: 'auto',
      textMode,
      reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
    },
  };
}

export interface GraphLook {
  readonly style?: 'line' | 'stacked' | 'stairs' | 'bars';
  /** Dashed lines, by legend: bounds and targets. */
  readonly dashed?: readonly string[];
  readonly max?: number;
}

/** Lines over time, from zero. */
export function graph(texts: Texts, asks: readonly Ask[], look: GraphLook = {}): PlacedLater {
  const { style = 'line', dashed = [], max } = look;
  const custom = {
    drawStyle: style === 'bars' ? 'bars' : 'line',
    lineInterpolation: style === 'stairs' ? 'stepAfter' : 'linear',
    lineWidth: 1,
    fillOpacity: style === 'stacked' ? 30 : style === 'bars' ? 60 : 0,
    showPoints: 'never',
    spanNulls: false,
    stacking: { mode: style === 'stacked' ? 'normal' : 'none', group: 'A' },
  };
  return {
    type: 'timeseries',
    title: texts.title,
    description: texts.about,
    width: texts.width,
    height: 8,
    datasource: DATASOURCE,
    targets: queries(asks, { range: true }),
    fieldConfig: {
      defaults: { ...defaults(texts.unit, PLAIN, custom), min: 0, ...(max !== undefined && { max }) },
      overrides: dashed.map((name) => ({
        matcher: { id: 'byName', options: name },
        properties: [
          { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 6] } },
          { id: 'custom.fillOpacity', value: 0 },
        ],
      })),
    },
    options: {
      legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
  };
}

/** Which words hold, over time: blue for 1; 0 has a colour of its own. */
export function states(texts: Texts, ask: Ask, zero = 'semi-dark-red'): PlacedLater {
  return {
    type: 'state-timeline',
    title: texts.title,
    description: texts.about,
    width: texts.width,
    height: 6,
    datasource: DATASOURCE,
    targets: queries([ask], { range: true }),
    fieldConfig: {
      defaults: defaults(
        texts.unit,
        [
          [null, zero],
          [1, 'semi-dark-blue'],
        ],
        { fillOpacity: 70, lineWidth: 0, spanNulls: false },
      ),
      overrides: [],
    },
    options: {
      mergeValues: true,
      showValue: 'never',
      rowHeight: 0.8,
      legend: { displayMode: 'list', placement: 'bottom', showLegend: false },
      tooltip: { mode: 'single', sort: 'none' },
    },
  };
}

/** A row for each series: its labels and its value, which gets a heading of its own. */
export function table(texts: Texts, expr: string, valueHeading: string): PlacedLater {
  return {
    type: 'table',
    title: texts.title,
    description: texts.about,
    width: texts.width,
    height: 8,
    datasource: DATASOURCE,
    targets: queries([[expr, '']], { instant: true, format: 'table' }),
    fieldConfig: { defaults: { ...defaults(texts.unit, PLAIN), custom: { align: 'auto' } }, overrides: linkToTarget() },
    options: { showHeader: true, cellHeight: 'sm', footer: { show: false, reducer: ['sum'], fields: '' } },
    transformations: [
      { id: 'organize', options: { excludeByName: { Time: true }, renameByName: { Value: valueHeading } } },
    ],
  };
}

/** From a row to the dashboard of its target. */
function linkToTarget() {
  const url =
    '/d/setpoint-target?var-datasource=${datasource}&var-job=${job}&var-namespace=${__data.fields.namespace}&var-name=${__data.fields.name}';
  const links = [{ title: 'This target', url }];
  return [{ matcher: { id: 'byName', options: 'name' }, properties: [{ id: 'links', value: links }] }];
}

/** A heading over the panels below it. */
export function heading(title: string): PlacedLater {
  return { type: 'row', title, width: 24, height: 1, collapsed: false, panels: [] };
}

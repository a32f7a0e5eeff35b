// What docs/dashboards.md says that a dashboard keeps to, as a list of what one does not.
import type { Dashboard, GridPosition, Panel } from '../../scripts/grafana/model.ts';
import { familyOf, labelsIn, metricsIn } from './promql.ts';

type Known = ReadonlyMap<string, ReadonlySet<string>>;

/** Units of Grafana's list that make sense here. */
const UNITS = new Set(['none', 'short', 's', 'percentunit', 'ops', 'reqps', 'wps', 'opm', 'bytes']);
/** Variables that Grafana fills in by itself. */
const BUILT_IN = new Set(['__rate_interval', '__data', '__all']);
const COLUMNS = 24;

/** What is wrong, a line each. */
export function faultsOf(dashboard: Dashboard, known: Known): string[] {
  return [
    ...headFaults(dashboard),
    ...gridFaults(dashboard.panels),
    ...dashboard.panels.flatMap((panel) => panelFaults(panel).map((fault) => `${panel.title}: ${fault}`)),
    ...dashboard.panels.flatMap((panel) => queryFaults(panel, known).map((fault) => `${panel.title}: ${fault}`)),
    ...variableFaults(dashboard),
  ];
}

function headFaults(dashboard: Dashboard): string[] {
  const faults: string[] = [];
  if (!/^[\w-]{1,40}$/.test(dashboard.uid)) faults.push(`uid ${dashboard.uid}`);
  if ('id' in dashboard) faults.push('has an id, which is for the database of one Grafana');
  if (dashboard.schemaVersion !== 39) faults.push(`schemaVersion ${dashboard.schemaVersion}`);
  if (!dashboard.description) faults.push('no description');
  return faults;
}

const overlaps = (a: GridPosition, b: GridPosition): boolean =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

function gridFaults(panels: readonly Panel[]): string[] {
  const faults: string[] = [];
  const titles = panels.filter(({ type }) => type !== 'row').map(({ title }) => title);
  if (new Set(titles).size !== titles.length) faults.push('two panels have one title');
  const ids = panels.map(({ id }) => id);
  if (new Set(ids).size !== ids.length) faults.push('two panels have one id');
  for (const [index, { title, gridPos, type }] of panels.entries()) {
    const { x, y, w, h } = gridPos;
    const isWhole = [x, y, w, h].every((value) => Number.isInteger(value) && value >= 0);
    if (!isWhole || w < 1 || h < 1 || x + w > COLUMNS) faults.push(`${title}: outside of the grid`);
    if (type === 'row' && (w !== COLUMNS || h !== 1)) faults.push(`${title}: a row is 24 wide and 1 high`);
    for (const other of panels.slice(index + 1)) {
      if (overlaps(gridPos, other.gridPos)) faults.push(`${title} lies on ${other.title}`);
    }
  }
  return faults;
}

const isDataSource = (value: unknown): boolean =>
  JSON.stringify(value) === '{"type":"prometheus","uid":"${datasource}"}';

function panelFaults(panel: Panel): string[] {
  if (panel.type === 'row') return panel.title ? [] : ['no title'];
  const { targets = [], fieldConfig } = panel;
  const { unit } = (fieldConfig as { defaults: { unit?: string } }).defaults;
  const faults: string[] = [];
  if (!panel.title || !panel.description) faults.push('no title or no description');
  if (unit === undefined || !UNITS.has(unit)) faults.push(`unit ${unit}`);
  if (targets.length === 0) faults.push('no query');
  if (new Set(targets.map(({ refId }) => refId)).size !== targets.length) faults.push('two queries have one refId');
  if (![panel, ...targets].every(({ datasource }) => isDataSource(datasource))) faults.push('another data source');
  return faults;
}

function queryFaults({ type, targets = [] }: Panel, known: Known): string[] {
  const families = new Set(known.keys());
  return targets.flatMap(({ expr, legendFormat, instant, range }) => {
    const faults: string[] = [];
    const names = metricsIn(expr).map((name) => familyOf(name, families));
    if (names.length === 0) faults.push('a query without a metric');
    for (const name of names) if (!known.has(name)) faults.push(`there is no metric ${name}`);
    const labels = new Set(names.flatMap((name) => [...(known.get(name) ?? [])]));
    for (const label of labelsIn(expr)) if (!labels.has(label)) faults.push(`none of its metrics has a label ${label}`);
    if (!expr.includes('job=~"$job"')) faults.push('looks at every job');
    if (Boolean(instant) === Boolean(range)) faults.push('neither instant nor over a range, or both');
    if (type !== 'table' && legendFormat === '') faults.push('no legend');
    for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
      if (!labels.has(label)) faults.push(`its legend names ${label}`);
    }
    if (/\brate\([^[]*\[(?!\$__rate_interval\])/.test(expr)) faults.push('a rate over a fixed time');
    return faults;
  });
}

function variableFaults(dashboard: Dashboard): string[] {
  const { list } = dashboard.templating;
  const names = list.map(({ name }) => name);
  const faults: string[] = [];
  if (new Set(names).size !== names.length) faults.push('two variables have one name');
  const text = JSON.stringify({ ...dashboard, templating: { list: list.map(({ query }) => query) } });
  const used = new Set([...text.matchAll(/\$\{?(\w+)/g)].map(([, name = '']) => name));
  for (const name of names) if (!used.has(name)) faults.push(`nothing uses the variable ${name}`);
  for (const name of used)
    if (!names.includes(name) && !BUILT_IN.has(name)) faults.push(`there is no variable ${name}`);
  return faults;
}

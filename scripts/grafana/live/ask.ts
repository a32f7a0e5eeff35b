// Asks a Prometheus what the panels of a dashboard ask it, with its variables filled in as Grafana fills them.
import type { Dashboard, Panel, Query } from '../model.ts';

/** One series: its labels, and its values as time and number. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly (readonly [seconds: number, value: number])[];
}

export interface Answer {
  readonly panel: string;
  readonly refId: string;
  readonly legend: string;
  /** As it was asked. */
  readonly expr: string;
  readonly series: readonly Series[];
}

export interface Window {
  readonly from: number;
  readonly to: number;
  readonly stepSeconds: number;
}

export type Values = Readonly<Record<string, string>>;

/** Longer than two scrapes of the live run, as Grafana makes it of the interval of the data source. */
const RATE_INTERVAL = '10s';

/** A text with its variables filled in. */
export function filledIn(text: string, values: Values): string {
  return text
    .replaceAll('$__rate_interval', RATE_INTERVAL)
    .replace(/\$\{?(\w+)\}?/g, (whole, name: string) => values[name] ?? whole);
}

interface Reply {
  readonly status: string;
  readonly error?: string;
  readonly data?: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value?: readonly [number, string];
      readonly values?: readonly (readonly [number, string])[];
    }[];
  };
}

/** @throws Error with the query and what Prometheus says against it. */
async function query(url: string, path: string, parameters: Readonly<Record<string, string>>): Promise<Series[]> {
  const answer = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`);
  const reply = (await answer.json()) as Reply;
  if (reply.status !== 'success') throw new Error(`${parameters['query']}: ${reply.error}`);
  return (reply.data?.result ?? []).map(({ metric, value, values = value ? [value] : [] }) => ({
    labels: metric,
    points: values.map(([seconds, number]) => [seconds, Number(number)] as const),
  }));
}

const hasValues = (series: readonly Series[]): boolean =>
  series.some(({ points }) => points.some(([, value]) => !Number.isNaN(value)));

/** A query at the end of the window; when it had nothing to say then, at the last time when it had. */
async function askLately(url: string, expr: string, { from, to, stepSeconds }: Window): Promise<Series[]> {
  for (let time = to; time >= from; time -= stepSeconds) {
    const series = await query(url, 'query', { query: expr, time: String(time) });
    if (hasValues(series)) return series;
  }
  return [];
}

async function ask(
  url: string,
  panel: Panel,
  asked: Query,
  context: { values: Values; window: Window },
): Promise<Answer> {
  const { window, values } = context;
  const expr = filledIn(asked.expr, values);
  const range = { query: expr, start: String(window.from), end: String(window.to), step: String(window.stepSeconds) };
  const series = asked.instant ? await askLately(url, expr, window) : await query(url, 'query_range', range);
  const kept = hasValues(series) ? series : [];
  return { panel: panel.title, refId: asked.refId, legend: asked.legendFormat, expr, series: kept };
}

/** Every query of every panel, in their order. */
export async function askDashboard(
  url: string,
  dashboard: Dashboard,
  values: Values,
  window: Window,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const panel of dashboard.panels) {
    for (const asked of panel.targets ?? []) answers.push(await ask(url, panel, asked, { values, window }));
  }
  return answers;
}

/** The marks of a dashboard: what its annotations ask for. */
export async function askMarks(url: string, dashboard: Dashboard, values: Values, window: Window): Promise<Series[]> {
  const range = { start: String(window.from), end: String(window.to), step: String(window.stepSeconds) };
  const all = dashboard.annotations.list.flatMap(({ expr }) => (expr === undefined ? [] : [expr]));
  const series = await Promise.all(
    all.map((expr) => query(url, 'query_range', { query: filledIn(expr, values), ...range })),
  );
  return series.flat();
}

/** What a variable offers to choose from. */
export async function askVariable(url: string, text: string, values: Values): Promise<string[]> {
  const match = /^label_values\((.*), (\w+)\)$/.exec(filledIn(text, values));
  if (!match) throw new Error(`${text}: only label_values(METRIC, LABEL) is understood`);
  const [, selector = '', label = ''] = match;
  const answer = await fetch(
    `${url}/api/v1/label/${label}/values?${new URLSearchParams({ 'match[]': selector }).toString()}`,
  );
  const reply = (await answer.json()) as { readonly data?: readonly string[] };
  return [...(reply.data ?? [])];
}

// The dashboards keep to Grafana's rules, as docs/dashboards.md lists them. That their queries have answers is for test/e2e.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Dashboard } from '../../../scripts/grafana/model.ts';
import { faultsOf } from '../../support/dashboard-rules.ts';
import { knownMetrics } from '../../support/known-metrics.ts';
import { labelsIn, metricsIn } from '../../support/promql.ts';

const FOLDER = join(import.meta.dirname, '../../../deploy/grafana');
const read = (file: string): Dashboard => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')) as Dashboard;
const FILES = ['overview.json', 'target.json'] as const;
let known: Awaited<ReturnType<typeof knownMetrics>>;

beforeAll(async () => {
  known = await knownMetrics();
});

describe.each(FILES)('deploy/grafana/%s', (file) => {
  it('keeps to the rules', () => {
    expect(faultsOf(read(file), known)).toEqual([]);
  });

  it('shows something', () => {
    expect(read(file).panels.filter(({ type }) => type !== 'row').length).toBeGreaterThan(15);
  });
});

describe('the two of them', () => {
  it('have names of their own, and links that lead somewhere', () => {
    const uids = FILES.map((file) => read(file).uid);
    expect(new Set(uids).size).toBe(2);
    const linked = FILES.flatMap((file) => [...JSON.stringify(read(file)).matchAll(/"\/d\/([\w-]+)/g)]);
    expect(linked.length).toBeGreaterThan(0);
    for (const [, uid] of linked) expect(uids).toContain(uid);
  });
});

describe('the rules find', () => {
  const change = (index: number, changes: object): Dashboard => {
    const dashboard = read('overview.json');
    const panels = dashboard.panels.map((panel, at) => (at === index ? { ...panel, ...changes } : panel));
    return { ...dashboard, panels };
  };
  const query = (expr: string, legendFormat = 'x') => ({
    targets: [
      { refId: 'A', datasource: { type: 'prometheus', uid: '${datasource}' }, expr, legendFormat, instant: true },
    ],
  });
  const dashboard = read('overview.json');

  it.each<[string, () => Dashboard, string]>([
    ['a panel on another', () => change(1, { gridPos: { x: 0, y: 0, w: 3, h: 4 } }), 'Targets lies on At maxReplicas'],
    ['a panel off the grid', () => change(7, { gridPos: { x: 22, y: 0, w: 3, h: 4 } }), 'Leader: outside of the grid'],
    ['an id twice', () => change(1, { id: 1 }), 'two panels have one id'],
    ['a title twice', () => change(1, { title: 'Targets' }), 'two panels have one title'],
    ['a fixed data source', () => change(0, { datasource: { type: 'prometheus', uid: 'P1' } }), 'another data source'],
    ['a unit that is none', () => change(0, { fieldConfig: { defaults: { unit: 'replicas' } } }), 'unit replicas'],
    ['an unknown metric', () => change(0, query('max(setpoint_nothing{job=~"$job"})')), 'no metric setpoint_nothing'],
    [
      'an unknown label',
      () => change(0, query('max by (pod) (setpoint_targets{job=~"$job"})')),
      'none of its metrics has a label pod',
    ],
    ['a query over all jobs', () => change(0, query('max(setpoint_targets)')), 'looks at every job'],
    ['no legend', () => change(0, query('max(setpoint_targets{job=~"$job"})', '')), 'no legend'],
    ['a legend of nothing', () => change(0, query('setpoint_targets{job=~"$job"}', '{{pod}}')), 'its legend names pod'],
    [
      'a fixed rate',
      () => change(0, query('rate(process_cpu_seconds_total{job=~"$job"}[1m])')),
      'a rate over a fixed time',
    ],
    ['an unknown variable', () => change(0, { title: '$nobody' }), 'there is no variable nobody'],
    [
      'a variable for nothing',
      () => ({
        ...dashboard,
        templating: { list: [...dashboard.templating.list, { name: 'idle', label: '', type: 'query', query: '' }] },
      }),
      'nothing uses the variable idle',
    ],
    ['an id of the whole', () => ({ ...dashboard, id: 7 }) as Dashboard, 'has an id'],
  ])('%s', (_what, make, fault) => {
    expect(faultsOf(make(), known).join('\n')).toContain(fault);
  });
});

describe('what a query names', () => {
  it.each([
    ['max by (le, a) (rate(x_bucket{b=~"c.*", d!="{e}"}[5m]))', ['x_bucket'], ['b', 'd', 'le', 'a']],
    ['time() - x > 0 and on (a) y{b="c"} offset 5m', ['x', 'y'], ['b', 'a']],
    ['histogram_quantile(0.9, sum(x))', ['x'], []],
    ['topk(3, x >= y or absent(z == 1))', ['x', 'y', 'z'], []],
  ])('%s', (expr, metrics, labels) => {
    expect(metricsIn(expr)).toEqual(metrics);
    expect(labelsIn(expr)).toEqual(labels);
  });
});

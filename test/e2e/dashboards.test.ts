// Dashboards and alerts on a real run: the demo's services under load and targets in every kind of trouble, the real controller, a real
// Prometheus. Every query of every panel has an answer; promtool agrees with the rules; two alerts fire.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askDashboard, askMarks, askVariable, type Values } from '../../scripts/grafana/live/ask.ts';
import { type LiveRun, runLive } from '../../scripts/grafana/live/run.ts';
import type { Dashboard } from '../../scripts/grafana/model.ts';
import { overview } from '../../scripts/grafana/overview.ts';
import { target } from '../../scripts/grafana/target.ts';

const ROOT = join(import.meta.dirname, '../..');
const RULES = join(ROOT, 'deploy/alerts/setpoint.rules.yaml');
/** What the alerts that are to fire wait for in this run, instead of minutes. Everything else of the rules is as it is deployed. */
const SHORT_FOR = '10s';
const FIRING = ['SetpointStuckAtMax', 'SetpointSourceDown'];
const run = promisify(execFile);

function withShortWaits(rules: string): string {
  return FIRING.reduce((text, alert) => {
    const changed = text.replace(
      new RegExp(`(alert: ${alert}\\n(?:(?!- alert:)[\\s\\S])*?for: )\\w+`),
      `$1${SHORT_FOR}`,
    );
    if (changed === text) throw new Error(`${alert} has no "for" to shorten`);
    return changed;
  }, rules);
}

interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: string;
}

let live: LiveRun;
beforeAll(async () => {
  live = await runLive(withShortWaits(readFileSync(RULES, 'utf8')));
}, 240_000);
afterAll(() => live?.close());

const CASES: readonly (readonly [string, Dashboard, Values])[] = [
  ['overview', overview(), { job: '.*', namespace: '.*' }],
  ['target', target(), { job: '.*', namespace: 'default', name: 'web', metric: '.*' }],
];

describe.each(CASES)('the dashboard %s', (_name, dashboard, values) => {
  it('has an answer to every query of every panel', async () => {
    const window = { from: live.from, to: live.to, stepSeconds: 2 };
    const answers = await askDashboard(live.prometheusUrl, dashboard, values, window);
    expect(answers.length).toBeGreaterThan(15);
    const empty = answers.filter(({ series }) => series.length === 0).map(({ panel, expr }) => `${panel}: ${expr}`);
    expect(empty).toEqual([]);
  });

  it('offers something to choose for every variable', async () => {
    for (const { name, query } of dashboard.templating.list) {
      if (typeof query !== 'object') continue;
      const offered = await askVariable(live.prometheusUrl, (query as { query: string }).query, values);
      expect(offered, name).not.toEqual([]);
    }
  });
});

describe('the dashboard of a target', () => {
  it('marks its changes', async () => {
    const window = { from: live.from, to: live.to, stepSeconds: 2 };
    const [, dashboard, values] = CASES[1]!;
    const marks = await askMarks(live.prometheusUrl, dashboard, values, window);
    expect(new Set(marks.map(({ labels }) => labels['direction']))).toEqual(new Set(['down', 'up']));
  });
});

describe('the rules', () => {
  it('are taken by promtool, and do what their tests say', async () => {
    const { stdout } = await run('promtool', ['check', 'rules', RULES]);
    expect(stdout).toMatch(/SUCCESS: \d+ rules found/);
    const tested = await run('promtool', ['test', 'rules', join(ROOT, 'deploy/alerts/setpoint.rules.test.yaml')]);
    expect(tested.stdout).toContain('SUCCESS');
  });

  it('fire for the target that is stuck and the source that is down, and for nothing else', async () => {
    const answer = await fetch(`${live.prometheusUrl}/api/v1/alerts`);
    const { alerts } = ((await answer.json()) as { data: { alerts: readonly Alert[] } }).data;
    const firing = alerts.filter(({ state }) => state === 'firing');
    expect(new Set(firing.map(({ labels }) => labels['alertname']))).toEqual(new Set(FIRING));
    expect(firing).toHaveLength(FIRING.length);
    const texts = firing.map(({ annotations }) => annotations['summary']);
    expect(texts).toContain('default/stuck is at maxReplicas and its metrics ask for more');
    expect(texts).toContain('The metric source prometheus/broken does not answer');
    // Those whose time has not come are on their way.
    const pending = alerts.filter(({ state }) => state === 'pending').map(({ labels }) => labels['alertname']);
    for (const alert of ['SetpointConflict', 'SetpointNoDecision', 'SetpointHeldByGuard']) {
      expect(pending).toContain(alert);
    }
    expect(pending).not.toContain('SetpointNoLeader');
  });
});

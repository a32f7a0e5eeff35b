// Records what the panels of both dashboards answer in a live run, for the pictures of docs/dashboards.md: node scripts/dashboard-answers.ts,
// then npm run generate. Two minutes; needs a Prometheus.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Answer, askDashboard } from './grafana/live/ask.ts';
import { runLive } from './grafana/live/run.ts';
import { overview } from './grafana/overview.ts';
import { target } from './grafana/target.ts';
import { RECORDED } from './pictures.ts';

const STEP_SECONDS = 2;
const root = join(import.meta.dirname, '..');

/** Times from the begin of the run, numbers to four digits, and no port of this run: the same story in fewer bytes. */
function trimmed(answer: Answer, from: number): Answer {
  const series = answer.series.map(({ labels, points }) => ({
    labels: Object.fromEntries(
      Object.entries(labels).map(([name, value]) => [name, name === 'instance' ? '10.0.0.7:8080' : value]),
    ),
    points: points.map(([at, value]) => [Math.round(at - from), Number(value.toPrecision(4))] as const),
  }));
  return { ...answer, expr: '', series };
}

const live = await runLive(readFileSync(join(root, 'deploy/alerts/setpoint.rules.yaml'), 'utf8'));
const window = { from: live.from, to: live.to, stepSeconds: STEP_SECONDS };
const ask = async (dashboard: ReturnType<typeof overview>, values: Record<string, string>) => {
  const answers = await askDashboard(live.prometheusUrl, dashboard, values, window);
  return answers.map((answer) => trimmed(answer, live.from));
};
const recorded = {
  seconds: Math.round(live.to - live.from),
  overview: await ask(overview(), { job: '.*', namespace: '.*' }),
  target: await ask(target(), { job: '.*', namespace: 'default', name: 'web', metric: '.*' }),
};
await live.close();
writeFileSync(join(root, RECORDED), `${JSON.stringify(recorded)}\n`);
console.log(`wrote ${RECORDED}: run npm run generate`);

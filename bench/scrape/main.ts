// `npm run bench:scrape`: what a scrape of /metrics takes of the event loop, over real HTTP, with 1,000 targets of three metrics each.
// The same series in a registry of the library stand beside it, for a ratio that holds on any machine.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { Gauge, Registry } from 'prom-client';
import { Metrics } from '../../src/record/metrics.ts';
import { startServer } from '../../src/server/server.ts';
import { roundOf } from './fleet.ts';

const TARGETS = 1_000;
const SCRAPES = 40;
/** Not counted: the first ones run code that is not compiled yet. */
const WARM_UP = 10;

interface Cost {
  readonly cpuMs: number;
  readonly longestMs: number;
  readonly bytes: number;
}

/** Scrapes again and again; `before` makes new figures, outside of what is measured. */
async function measure(
  text: () => Promise<string | Uint8Array<ArrayBuffer>>,
  before: (round: number) => void,
): Promise<Cost[]> {
  const server = await startServer({
    bindAddress: '127.0.0.1',
    port: 0,
    metrics: { contentType: 'text/plain', text },
    liveness: [],
    readiness: [],
  });
  const client = spawn(process.execPath, [join(import.meta.dirname, 'client.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const answers = createInterface({ input: client.stdout });
  const costs: Cost[] = [];
  for (let round = 0; round < WARM_UP + SCRAPES; round++) {
    before(round);
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const since = process.threadCpuUsage();
    client.stdin.write(`http://127.0.0.1:${server.port}/metrics\n`);
    const [bytes] = (await once(answers, 'line')) as [string];
    const { user, system } = process.threadCpuUsage(since);
    delay.disable();
    if (round >= WARM_UP)
      costs.push({ cpuMs: (user + system) / 1000, longestMs: delay.max / 1e6, bytes: Number(bytes) });
  }
  client.stdin.end();
  await server.close();
  return costs;
}

/** A registry of the library that holds the same series. */
function libraryOf(text: string): Registry {
  const registry = new Registry();
  const gauges = new Map<string, Gauge<string>>();
  for (const [, name = '', labels = '', value] of text.matchAll(/^(\w+)\{([^}]*)\} (\S+)$/gm)) {
    const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', word = '']) => [key, word] as const);
    const gauge =
      gauges.get(name) ?? new Gauge({ name, help: name, labelNames: pairs.map(([key]) => key), registers: [registry] });
    gauges.set(name, gauge);
    gauge.set(Object.fromEntries(pairs), Number(value));
  }
  return registry;
}

const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

function tell(what: string, costs: readonly Cost[]): number {
  const cpu = middle(costs.map(({ cpuMs }) => cpuMs));
  const longest = middle(costs.map(({ longestMs }) => longestMs));
  const highest = Math.max(...costs.map(({ cpuMs }) => cpuMs));
  const mib = (costs.at(-1)?.bytes ?? 0) / 2 ** 20;
  console.log(
    `${what.padEnd(22)} ${cpu.toFixed(1)} ms of the event loop (median of ${costs.length}; highest ${highest.toFixed(1)}), ` +
      `longest turn ${longest.toFixed(1)} ms, ${mib.toFixed(1)} MiB`,
  );
  return cpu;
}

const metrics = new Metrics({ perTarget: true, processMetrics: true, syncPeriodMs: 15_000 });
const newFigures = (round: number): void => {
  for (const report of roundOf(TARGETS, round)) metrics.concluded(report);
};
newFigures(0);
const text = String(await metrics.text());
const series = text.split('\n').filter((line) => line !== '' && !line.startsWith('#')).length;
console.log(`${TARGETS} targets with three metrics each: ${series} series; ${SCRAPES} scrapes over HTTP`);
const own = tell('Setpoint', await measure(() => metrics.text(), newFigures));
const registry = libraryOf(text);
const library = tell(
  "the library's registry",
  await measure(
    () => registry.metrics(),
    () => undefined,
  ),
);
console.log(`ratio: ${(own / library).toFixed(2)}`);

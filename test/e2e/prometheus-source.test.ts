// What a real Prometheus answers, as the source reads it.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  findPrometheus,
  HOW_TO_GET_PROMETHEUS,
  startPrometheus,
  type RunningPrometheus,
} from '../../scripts/demo/prometheus.ts';
import type { PrometheusMetric } from '../../src/api/spec.ts';
import { systemClock } from '../../src/base/clock.ts';
import { PrometheusServer } from '../../src/sources/prometheus.ts';

let prometheus: RunningPrometheus | undefined;
let source: PrometheusServer;
const absences: (string | undefined)[] = [];
const never = new AbortController().signal;

/** What is scraped: one value each of three pods. */
const scraped = createServer((_, response) => {
  response.setHeader('content-type', 'text/plain');
  response.end('# TYPE load gauge\nload{pod="a"} 1\nload{pod="b"} 2\nload{pod="c"} 3.5\n');
});

beforeAll(async () => {
  const binary = findPrometheus(process.env);
  if (binary === undefined) throw new Error(`no Prometheus: ${HOW_TO_GET_PROMETHEUS}`);
  scraped.listen(0, '127.0.0.1');
  await once(scraped, 'listening');
  const target = `127.0.0.1:${(scraped.address() as AddressInfo).port}`;
  prometheus = await startPrometheus(binary, { targets: [target], scrapeSeconds: 1 });
  source = new PrometheusServer(
    { name: 'default', url: prometheus.url, headers: {}, scrapeIntervalMs: 1000, timeoutMs: 5000 },
    {
      clock: systemClock,
      random: () => 1,
      observer: { sourceRequest: (_source, _ms, absence) => absences.push(absence) },
    },
  );
  const deadline = Date.now() + 30_000;
  while ((await read('sum(load)')).kind !== 'value') {
    if (Date.now() > deadline) throw new Error('Prometheus scraped nothing within 30 s');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
});
afterAll(async () => {
  source?.close();
  await prometheus?.close();
  scraped.closeAllConnections();
  scraped.close();
});

let ticks = 0;
async function read(query: string, timestampQuery?: string) {
  const metric: PrometheusMetric = {
    type: 'Prometheus',
    name: 'rps',
    target: { type: 'Value', valueMilli: 1000n },
    maxAgeSeconds: 180,
    direction: 'Both',
    query,
    source: 'default',
    ...(timestampQuery === undefined ? {} : { timestampQuery }),
  };
  const context = { namespace: 'a', name: 'b', podNames: new Set<string>(), selector: '', tickMs: 10_000 * ++ticks };
  return source.read(metric, context, never);
}

describe('a real Prometheus', () => {
  test.each([
    ['up', 1000n],
    ['vector(0)', 0n],
    ['scalar(vector(2.5))', 2500n],
    ['1e3', 1_000_000n],
    ['sum(load{pod=~"a|c"}) # a comment & more', 4500n],
    ['vector(0.1) + vector(0.2)', 301n],
    [`vector(1) + ${'0 + '.repeat(2000)}0`, 1000n],
  ])('a value of %#', async (query, valueMilli) => {
    const reading = await read(query);
    expect(reading).toEqual({ kind: 'value', valueMilli, atMs: undefined, scrapeIntervalMs: 1000, partial: false });
  });

  test('the age of the data comes from a timestamp query', async () => {
    const reading = await read('up', 'min(timestamp(load))');
    const ageMs = Date.now() - (reading.kind === 'value' ? (reading.atMs ?? 0) : 0);
    expect(ageMs).toBeGreaterThanOrEqual(0);
    expect(ageMs).toBeLessThan(5000);
  });

  test.each([
    ['nothing{}', 'Empty', 'the query gave no sample'],
    ['load', 'TooManySeries', 'the query gave several series: aggregate them to one'],
    ['vector(0) / 0', 'BadValue', 'the value is NaN: nothing was measured, or 0 was divided by 0'],
    ['vector(1) / 0', 'BadValue', 'the value is infinite: something was divided by 0'],
    ['vector(-1)', 'BadValue', 'the value is negative'],
    ['vector(1e300)', 'BadValue', 'the value is too large to be counted'],
    ['"text"', 'BadShape', 'the result is neither a scalar nor a vector: ask for one number'],
    ['up[1m]', 'BadShape', 'the result is neither a scalar nor a vector: ask for one number'],
    ['sum(', 'ErrorAnswer', 'HTTP 400 (bad_data)'],
    ['load * on(instance) load', 'ErrorAnswer', 'HTTP 422 (execution)'],
  ])('%s: %s', async (query, reason, message) => {
    expect(await read(query)).toEqual({ kind: 'absent', reason, message });
  });

  test('bad queries say nothing against the server: the next good one is asked', async () => {
    for (let count = 0; count < 10; count++) await read('sum(');
    expect(await read('up')).toMatchObject({ kind: 'value' });
    expect(absences).not.toContain('CircuitOpen');
  });
});

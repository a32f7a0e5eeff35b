// A metric source may do anything: it costs its own targets a reading with a named reason, in bounded time and memory, and nobody
// else anything. Real sockets, real clock; the deadline of the sources is set short.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PrometheusMetric } from '../../src/api/spec.ts';
import { systemClock } from '../../src/base/clock.ts';
import type { Reading } from '../../src/decide/types.ts';
import type { PrometheusConfig } from '../../src/sources/config.ts';
import { PrometheusServer } from '../../src/sources/prometheus.ts';
import type { ReadContext } from '../../src/sources/source.ts';
import { HostileServer, MISBEHAVIOURS, type Misbehaviour, respond, vector } from '../support/hostile-server.ts';

/** Short, so that the tests are; long against a pause of a busy machine. */
const TIMEOUT_MS = 400;
/** For answers that come at once: no pause of a busy machine may turn them into a `Timeout`. */
const PATIENT = { timeoutMs: 10_000 };
/** What a busy machine may add; what is cut off here would otherwise last for ever, or thirty seconds. */
const BUSY_MS = 2000;
const never = new AbortController().signal;

function config(url: string, more: Partial<PrometheusConfig> = {}): PrometheusConfig {
  return { name: 'default', url, headers: {}, scrapeIntervalMs: 30_000, timeoutMs: TIMEOUT_MS, ...more };
}

function source(url: string, more: Partial<PrometheusConfig> = {}): PrometheusServer {
  return new PrometheusServer(config(url, more), {
    clock: systemClock,
    random: () => 1,
    observer: { sourceRequest: () => undefined },
  });
}

const metric = (query = 'up', more: Partial<PrometheusMetric> = {}): PrometheusMetric => ({
  type: 'Prometheus',
  name: 'rps',
  target: { type: 'AverageValue', averageValueMilli: 100n },
  maxAgeSeconds: 180,
  direction: 'Both',
  query,
  source: 'default',
  ...more,
});

let ticks = 0;
const context = (): ReadContext => ({
  namespace: 'shop',
  name: 'web',
  podNames: new Set(),
  selector: '',
  // Ticks far apart: nothing is shared unless a test says so.
  tickMs: Date.now() + 10_000 * ++ticks,
});

async function reasonOf(reading: Promise<Reading>): Promise<string> {
  const answer = await reading;
  return answer.kind === 'absent' ? answer.reason : answer.kind;
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 5000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error('the condition did not come true within 5 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const server = new HostileServer(MISBEHAVIOURS);
let base = '';
beforeAll(async () => {
  base = await server.start();
  // axios is loaded with the first query.
  await source(`${base}/ok`, PATIENT).read(metric(), context(), never);
});
afterAll(() => server.stop());

describe('each way of misbehaving gives its named absence within the deadline', () => {
  const expected: readonly (readonly [keyof typeof MISBEHAVIOURS, string, string])[] = [
    ['hang', 'Timeout', 'F35'],
    ['hangAfterHeaders', 'Timeout', 'F35'],
    ['trickle', 'Timeout', 'F35'],
    ['trickleHeaders', 'Timeout', 'F35'],
    ['informational', 'Timeout', 'B59'],
    ['html', 'BadShape', 'B53'],
    ['htmlAsJson', 'BadShape', 'B53'],
    ['body200MB', 'TooLarge', 'F36'],
    ['chunked200MB', 'TooLarge', 'F36'],
    ['gzipBomb', 'BadShape', 'B58'],
    ['doubleGzip', 'BadShape', 'B58'],
    ['unknownEncoding', 'BadShape', 'B58'],
    ['nothing', 'Unreachable', 'F35'],
    ['reset', 'Unreachable', 'F35'],
    ['resetInBody', 'Unreachable', 'F35'],
    ['lengthTooLong', 'Unreachable', 'B59'],
    ['lengthTooShort', 'BadShape', 'B59'],
    ['badChunk', 'BadShape', 'B59'],
    ['endlessHeader', 'BadShape', 'B59'],
    ['notHttp', 'BadShape', 'B59'],
    ['status204', 'BadShape', 'B53'],
    ['status206', 'BadShape', 'B53'],
    ['status401', 'ErrorAnswer', 'B53'],
    ['status422', 'ErrorAnswer', 'B53'],
    ['status503', 'ErrorAnswer', 'F29'],
    ['error200', 'ErrorAnswer', 'B53'],
    ['bom', 'BadShape', 'B63'],
    ['utf16', 'BadShape', 'B63'],
    ['badUtf8', 'BadShape', 'B63'],
    ['deepJson', 'BadShape', 'B62'],
    ['manyKeys', 'BadShape', 'B62'],
    ['nan', 'BadValue', 'F32'],
    ['infinity', 'BadValue', 'F32'],
    ['negative', 'BadValue', 'F32'],
    ['tooGreat', 'BadValue', 'B55'],
    ['numberNotText', 'BadShape', 'B49'],
    ['empty', 'Empty', 'F32'],
    ['twoSeries', 'TooManySeries', 'B52'],
    ['hundredThousandSeries', 'TooLarge', 'B52'],
    ['matrix', 'BadShape', 'B51'],
  ];

  test('every way but the right one is in the list', () => {
    expect(expected.map(([way]) => way).toSorted()).toEqual(
      Object.keys(MISBEHAVIOURS)
        .filter((way) => way !== 'ok')
        .toSorted(),
    );
  });

  async function expectAbsence(way: string, reason: string, more: Partial<PrometheusConfig> = {}): Promise<void> {
    const begun = performance.now();
    const reading = await source(`${base}/${way}`, more).read(metric(), context(), never);
    expect(performance.now() - begun).toBeLessThan(TIMEOUT_MS + BUSY_MS);
    expect(reading).toMatchObject({ kind: 'absent', reason });
    const message = reading.kind === 'absent' ? reading.message : '';
    expect(message).not.toMatch(/secret|html/i);
    expect(message.length).toBeLessThanOrEqual(80);
  }

  const lasting = expected.filter(([, reason]) => reason === 'Timeout');
  test.concurrent.each(lasting)('%s: %s (%s)', (way, reason) => expectAbsence(way, reason));

  const answered = expected.filter(([, reason]) => reason !== 'Timeout');
  test.each(answered)('%s: %s (%s)', (way, reason) => expectAbsence(way, reason, PATIENT));

  test('yesterday’s sample keeps its stamp, so that the guard for stale samples sees it', async () => {
    const old = new HostileServer({ day: (socket) => respond(socket, vector('5', 86_400)) });
    const reading = await source(`${await old.start()}/day`, PATIENT).read(metric(), context(), never);
    expect(reading).toMatchObject({ kind: 'value', valueMilli: 5000n });
    if (reading.kind !== 'value') throw new Error('no value');
    expect((Date.now() - (reading.atMs ?? 0)) / 1000).toBeCloseTo(86_400, -1);
    await old.stop();
  });

  test('B60: a redirect is not followed, and the server it names sees nothing', async () => {
    const victim = new HostileServer(MISBEHAVIOURS);
    const target = await victim.start();
    const redirects = Object.fromEntries(
      ['301', '302', '307', '308'].map((status): [string, Misbehaviour] => [
        `r${status}`,
        (socket) => respond(socket, '', { location: `${target}/ok` }, `${status} Moved`),
      ]),
    );
    const lure = new HostileServer(redirects);
    const url = await lure.start();
    for (const way of Object.keys(redirects)) {
      const reading = await source(`${url}/${way}`, { ...PATIENT, headers: { 'X-Scope-OrgID': 'team-a' } }).read(
        metric(),
        context(),
        never,
      );
      expect(reading).toMatchObject({ reason: 'BadShape', message: expect.stringContaining('redirect') });
    }
    expect(victim.connections).toBe(0);
    await Promise.all([lure.stop(), victim.stop()]);
  });

  test('nobody there: Unreachable at once', async () => {
    const gone = new HostileServer({});
    const url = await gone.start();
    await gone.stop();
    const reading = await source(url, PATIENT).read(metric(), context(), never);
    expect(reading).toEqual({ kind: 'absent', reason: 'Unreachable', message: 'the connection was refused' });
  });
});

describe('bounds', () => {
  test('F36: ten answers of 200 MB leave memory where it was, and most is never sent', async () => {
    const pouring = new HostileServer(MISBEHAVIOURS);
    const url = await pouring.start();
    const pour = (way: string) => source(`${url}/${way}`, { timeoutMs: 5000 }).read(metric(), context(), never);
    // Buffers that are made once and kept are not what is measured.
    await pour('body200MB');
    const before = process.memoryUsage().rss;
    const reads = Array.from({ length: 10 }, (_, index) => pour(index % 2 ? 'body200MB' : 'chunked200MB'));
    expect(new Set(await Promise.all(reads.map(reasonOf)))).toEqual(new Set(['TooLarge']));
    await until(() => pouring.open === 0);
    // What was sent beyond the cap sat in the buffers of the sockets.
    expect(pouring.written).toBeLessThan(11 * 12 * 1024 * 1024);
    expect((process.memoryUsage().rss - before) / 1024 / 1024).toBeLessThan(60);
    await pouring.stop();
  });

  test('connections are bounded, reused, and closed after a cut-off', async () => {
    const calm = new HostileServer(MISBEHAVIOURS);
    const url = await calm.start();
    const good = source(`${url}/ok`, PATIENT);
    const reads = Array.from({ length: 100 }, (_, index) => good.read(metric(`q${index}`), context(), never));
    expect(new Set(await Promise.all(reads.map(reasonOf)))).toEqual(new Set(['value']));
    expect(calm.requests).toHaveLength(100);
    expect(calm.connections).toBeLessThanOrEqual(8);
    const hanging = source(`${url}/hang`);
    await Promise.all(Array.from({ length: 20 }, (_, index) => hanging.read(metric(`q${index}`), context(), never)));
    expect(calm.mostOpen).toBeLessThanOrEqual(16);
    good.close();
    await until(() => calm.open === 0);
    await calm.stop();
  });

  test('a source that hangs is asked a handful of times, then left alone, and says so at once', async () => {
    const dead = new HostileServer(MISBEHAVIOURS);
    const hanging = source(`${await dead.start()}/hang`);
    const first = await Promise.all(
      Array.from({ length: 40 }, (_, index) => reasonOf(hanging.read(metric(`q${index}`), context(), never))),
    );
    expect(new Set(first)).not.toContain('value');
    expect(dead.requests.length).toBeLessThanOrEqual(8);
    const asked = dead.requests.length;
    const begun = performance.now();
    const later = await Promise.all(
      Array.from({ length: 500 }, (_, index) => reasonOf(hanging.read(metric(`q${index}`), context(), never))),
    );
    expect(new Set(later)).toEqual(new Set(['CircuitOpen']));
    expect(performance.now() - begun).toBeLessThan(BUSY_MS);
    expect(dead.requests.length).toBe(asked);
    await dead.stop();
  });

  test.each(['reset', 'nothing', 'status503'] as const)('%s: three in a row, then no more requests', async (way) => {
    const broken = new HostileServer(MISBEHAVIOURS);
    const one = source(`${await broken.start()}/${way}`, PATIENT);
    const reasons: string[] = [];
    for (let round = 0; round < 5; round++) reasons.push(await reasonOf(one.read(metric(), context(), never)));
    expect(reasons.slice(3)).toEqual(['CircuitOpen', 'CircuitOpen']);
    expect(broken.requests).toHaveLength(3);
    await broken.stop();
  });

  test.each(['status422', 'status401', 'html', 'twoSeries', 'nan', 'body200MB'] as const)(
    '%s speaks of the query or the address, not of the health of the server: it is asked each time',
    async (way) => {
      const sound = new HostileServer(MISBEHAVIOURS);
      const one = source(`${await sound.start()}/${way}`, PATIENT);
      for (let round = 0; round < 5; round++) await one.read(metric(), context(), never);
      expect(sound.requests).toHaveLength(5);
      await sound.stop();
    },
  );

  test('one query for all who ask at one tick, also when it fails', async () => {
    const counting = new HostileServer(MISBEHAVIOURS);
    const url = await counting.start();
    for (const way of ['ok', 'status503', 'reset'] as const) {
      const before = counting.requests.length;
      const shared = context();
      const one = source(`${url}/${way}`, PATIENT);
      await Promise.all(Array.from({ length: 200 }, () => one.read(metric(), shared, never)));
      await one.read(metric(), shared, never);
      expect({ way, requests: counting.requests.length - before }).toEqual({ way, requests: 1 });
    }
    await counting.stop();
  });

  test('a bad source does not slow a good one', async () => {
    const good = source(`${base}/ok`, PATIENT);
    const bad = ['hang', 'trickle', 'body200MB', 'endlessHeader', 'deepJson', 'reset'].map((way) =>
      source(`${base}/${way}`),
    );
    const state = { done: false };
    const noise = Promise.all(
      bad.map(async (each) => {
        for (let round = 0; round < 4; round++) await each.read(metric(`q${round}`), context(), never);
      }),
    ).finally(() => {
      state.done = true;
    });
    const latencies: number[] = [];
    while (!state.done) {
      const begun = performance.now();
      expect(await reasonOf(good.read(metric(), context(), never))).toBe('value');
      latencies.push(performance.now() - begun);
    }
    await noise;
    latencies.sort((a, b) => a - b);
    expect(latencies.length).toBeGreaterThan(10);
    // The bad ones hold their own readers that long.
    expect(latencies[Math.floor(latencies.length * 0.95)]).toBeLessThan(TIMEOUT_MS);
  });

  test('a read that is called off ends at once and hangs up', async () => {
    const dead = new HostileServer(MISBEHAVIOURS);
    const url = await dead.start();
    const leaving = new AbortController();
    const reading = source(`${url}/hang`, { timeoutMs: 30_000 }).read(metric(), context(), leaving.signal);
    await until(() => dead.requests.length === 1);
    const begun = performance.now();
    leaving.abort(new Error('shutdown'));
    expect(await reasonOf(reading)).toBe('Timeout');
    expect(performance.now() - begun).toBeLessThan(BUSY_MS);
    await until(() => dead.open === 0);
    await dead.stop();
  });
});

describe('what is sent', () => {
  test('short queries by GET, long ones as a form by POST, both whole (B21)', async () => {
    const plain = new HostileServer(MISBEHAVIOURS);
    const asked = source(`${await plain.start()}/ok/prefix/`, { headers: { 'X-Scope-OrgID': 'team-a' } });
    const odd = 'sum(rate(x{a="b\'c"}[1m]))\n# comment & more %00 +ü';
    const long = `${odd} + ${'1 + '.repeat(1000)}1`;
    await asked.read(metric(odd), context(), never);
    await asked.read(metric(long), context(), never);
    const [get, post] = plain.requests;
    expect(get?.method).toBe('GET');
    expect(get?.path).toMatch(/^\/ok\/prefix\/api\/v1\/query\?/);
    const parameters = new URL(get?.path ?? '', 'http://x').searchParams;
    expect(Object.fromEntries(parameters)).toEqual({ query: odd, timeout: '360ms', limit: '2' });
    expect(post?.method).toBe('POST');
    expect(post?.path).toBe('/ok/prefix/api/v1/query');
    expect(new URLSearchParams(post?.body).get('query')).toBe(long);
    for (const request of plain.requests) {
      expect(request.head).toMatch(/^accept-encoding: identity$/im);
      expect(request.head).toMatch(/^x-scope-orgid: team-a$/im);
      expect(request.head).not.toMatch(/^authorization/im);
    }
    await plain.stop();
  });

  test('a query that looks like a URL goes to its own source', async () => {
    const plain = new HostileServer(MISBEHAVIOURS);
    const asked = source(`${await plain.start()}/ok`, PATIENT);
    expect(await reasonOf(asked.read(metric('http://169.254.169.254/latest'), context(), never))).toBe('value');
    expect(plain.requests).toHaveLength(1);
    await plain.stop();
  });

  test('an idle connection that the server closes in the moment it is taken costs nothing', async () => {
    let count = 0;
    const flaky = new HostileServer({
      once: (socket) => {
        count++;
        // Every second request meets a connection that is just being closed.
        if (count % 2 === 0) socket.resetAndDestroy();
        else respond(socket, vector('5'));
      },
    });
    const asked = source(`${await flaky.start()}/once`, PATIENT);
    for (let round = 0; round < 3; round++) {
      expect(await reasonOf(asked.read(metric(), context(), never))).toBe('value');
    }
    expect(count).toBe(5);
    await flaky.stop();
  });
});

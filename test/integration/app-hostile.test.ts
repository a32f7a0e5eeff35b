// Metric sources that misbehave in every known way, seen from the whole application: they shrink nothing, and cost nobody else more
// than a period. What each answer is taken for is tested in hostile-source.test.ts.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { HostileServer, MISBEHAVIOURS, respond, vector } from '../support/hostile-server.ts';
import { CPU, RealTimeStage } from '../support/real-time-app.ts';
import { pause } from '../support/running-app.ts';

let stage: RealTimeStage;
beforeEach(async () => {
  stage = await RealTimeStage.open();
});
afterEach(() => stage.close());

/** 100 for each replica. */
const query = (source: string) => ({
  type: 'Prometheus',
  prometheus: { query: 'sum(load)', source, target: { type: 'AverageValue', averageValue: '100' } },
});

describe('sources that misbehave in every way, beside a good one and cpu', () => {
  const PERIOD_MS = 2_000;
  const ways = Object.keys(MISBEHAVIOURS).filter((way) => way !== 'ok');

  it('shrink nothing, and make nobody else wait for longer than a period', async () => {
    let load = 400;
    const asked: number[] = [];
    const hostile = new HostileServer({
      ...MISBEHAVIOURS,
      yesterday: (socket) => respond(socket, vector('5', 86_400)),
      partial: (socket) => respond(socket, vector('5', 0, { warnings: ['a store is down'] })),
      good: (socket) => {
        asked.push(performance.now());
        respond(socket, vector(String(load)));
      },
    });
    const url = await hostile.start();
    const bad = [...ways, 'yesterday', 'partial'];
    const sources = [...bad, 'ok', 'good'].map((way) => ({
      name: way.toLowerCase(),
      url: `${url}/${way}`,
      timeout: '1s',
    }));
    const config = join(stage.folder, 'sources.yaml');
    writeFileSync(config, stringify({ prometheus: sources }));
    stage.installCrd();
    const period = { syncPeriodSeconds: PERIOD_MS / 1000 };
    for (const { name } of sources) {
      stage.deploy(name, 4);
      stage.scale(name, query(name), period);
    }
    stage.deploy('cpu', 4);
    stage.scale('cpu', CPU, period);
    stage.work(1000);
    const app = stage.start({ config });
    try {
      // Believed, 5 in all would be one replica: the honest twin of the hostile ones goes there.
      await stage.until('the honest one shrinks', () => stage.sizeOf('ok') === 1);
      await stage.until('all have been decided', () =>
        sources.every(({ name }) => 'conditions' in stage.statusOf(name)),
      );
      const before = hostile.requests.length;
      stage.cluster.audit.clear();
      asked.length = 0;
      const since = performance.now();
      await pause(2 * PERIOD_MS);
      load = 900;
      stage.work(2000);
      const changed = performance.now();
      await stage.until('good follows', () => stage.sizeOf('good') === 9);
      await stage.until('cpu follows', () => stage.sizeOf('cpu') === 8);
      // One period until they are decided anyhow, one that others may cost.
      expect(performance.now() - changed).toBeLessThan(2 * PERIOD_MS);
      for (const times of [asked, cpuReads()]) expect(longestGap(times, since)).toBeLessThan(2 * PERIOD_MS);
      expect(hostile.requests.length - before).toBeGreaterThan(ways.length);

      const sizes = Object.fromEntries(bad.map((way) => [way, stage.sizeOf(way.toLowerCase())]));
      expect(sizes).toEqual(Object.fromEntries(bad.map((way) => [way, 4])));
      expect(app.logs.filter((line) => line.startsWith('error'))).toEqual([]);
      expect(app.logs.join()).not.toContain('secret-of-the-answer');
    } finally {
      await app.stop();
      await hostile.stop();
    }
  });

  function cpuReads(): number[] {
    const shift = Date.now() - performance.now();
    return stage.cluster.audit.entries({ group: 'metrics.k8s.io' }).map(({ time }) => time - shift);
  }

  function longestGap(times: readonly number[], since: number): number {
    expect(times.length).toBeGreaterThan(2);
    return Math.max(...times.map((time, index) => time - (times[index - 1] ?? since)));
  }
});

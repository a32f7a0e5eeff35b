// The page's API of a real controller on a local cluster, over real HTTP: what it says, how soon, and what a standby says.
import { parse } from 'yaml';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask, detail, follow, list } from '../../support/page-client.ts';
import { CPU, RealTimeStage } from '../../support/real-time-app.ts';

let stage: RealTimeStage;
beforeEach(async () => {
  stage = await RealTimeStage.open();
  stage.installCrd();
  stage.deploy('web', 2);
  stage.scale('web', CPU);
  stage.work(500);
});
afterEach(() => stage.close());

const isDecided = async (port: number) => (await list(port)).targets[0]?.decidedAt !== undefined;

describe('the leader', () => {
  it('lists what it decided, tells a target in full, and its YAML', async () => {
    const app = stage.start();
    const port = await app.pagePort;
    await stage.until('a decision is listed', () => isDecided(port));

    const { controller, targets } = await list(port);
    expect(controller).toMatchObject({ source: 'leader', leader: expect.stringContaining('_') });
    expect(targets).toEqual([
      expect.objectContaining({
        namespace: 'shop',
        name: 'web',
        workload: 'Deployment/web',
        mode: 'Scale',
        current: 2,
        desired: 2,
        ready: 2,
        min: 1,
        max: 10,
        metrics: 'cpu: 50%/50%',
        ratio: 1,
        alarms: [],
      }),
    ]);
    const told = await detail(port, 'web');
    expect(told.record).toMatchObject({ currentReplicas: 2, winner: 'cpu', outcome: 'Unchanged' });
    expect(told.timeline[0]).toMatchObject({
      current: 2,
      min: 1,
      max: 10,
      metrics: { cpu: { value: 50, target: 50 } },
    });
    expect(told.conditions.map(({ type }) => type)).toContain('ScalingActive');
    expect(told.windows).toEqual({ upSeconds: 0, downSeconds: 0 });
    expect(told.sentences.length).toBeGreaterThan(0);

    const yaml = await ask(port, '/api/v1/targets/shop/web/yaml');
    expect(yaml.headers['content-type']).toBe('application/yaml; charset=utf-8');
    expect(parse(yaml.text)).toMatchObject({
      kind: 'ScaledTarget',
      metadata: { name: 'web' },
      spec: { maxReplicas: 10 },
    });
    expect(yaml.text).not.toContain('managedFields');
  });

  it('tells a decision within a second of it, with its change of size in the journal', async () => {
    const app = stage.start();
    const port = await app.pagePort;
    await stage.until('a decision is listed', () => isDecided(port));
    const all = await follow(port);
    const one = await follow(port, '/api/v1/events?namespace=shop&name=web');
    stage.work(1000);
    const isTold = () =>
      all.events.find(({ event, data }) => event === 'target' && 'desired' in data && data.desired === 4);
    await stage.until('told', () => isTold() !== undefined);
    const told = isTold();
    // The record's time is in whole seconds: it is at most one second before the moment of the decision.
    const decidedAtMs = Date.parse(told?.event === 'target' ? (told.data.decidedAt ?? '') : '');
    expect((told?.atMs ?? Infinity) - decidedAtMs).toBeLessThan(2000);
    await stage.until('told in detail', () =>
      one.events.some(({ data }) => 'entry' in data && data.entry?.kind === 'change'),
    );
    const { journal } = await detail(port, 'web');
    expect(journal.findLast(({ kind }) => kind === 'change')).toMatchObject({
      record: { currentReplicas: 2, desiredReplicas: 4, outcome: 'Written' },
    });
    expect(all.headers).toMatchObject({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    all.close();
    one.close();
  });

  it('says why nothing can be decided before the status is written, and in the same words', async () => {
    stage.scale('api', CPU);
    const held = stage.cluster.faults.add({ match: { name: 'api', subresource: 'status' }, fault: { kind: 'hang' } });
    const port = await stage.start().pagePort;
    const api = async () => (await list(port)).targets.find(({ name }) => name === 'api');
    await stage.until('its alarm is listed', async () => (await api())?.alarms.length === 1);
    const { why } = (await api()) ?? {};
    expect(why).toMatch(/^FailedGetScale: .*"api" not found/);
    expect(stage.statusOf('api')).toEqual({});
    held.remove();
    await stage.until('it is written', () => 'summary' in stage.statusOf('api'));
    expect(stage.statusOf('api')['summary']).toMatchObject({ why });
  });

  it('tells of targets that come and go', async () => {
    const port = await stage.start().pagePort;
    await stage.until('a decision is listed', () => isDecided(port));
    const stream = await follow(port);
    stage.deploy('api', 1);
    stage.scale('api', CPU);
    await stage.until('it came', () => stream.events.some(({ data }) => 'name' in data && data.name === 'api'));
    stage.cluster.store.delete('scaledtargets.setpoint.dev', 'shop', 'api');
    await stage.until('it went', () => stream.events.some(({ event }) => event === 'gone'));
    expect(stream.events.find(({ event }) => event === 'gone')?.data).toEqual({ namespace: 'shop', name: 'api' });
    expect((await ask(port, '/api/v1/targets/shop/api')).status).toBe(404);
    stream.close();
  });

  it('ends streams at once when the process stops', async () => {
    const app = stage.start();
    const stream = await follow(await app.pagePort);
    const stopping = app.stop();
    const since = performance.now();
    await stream.ended;
    expect(performance.now() - since).toBeLessThan(500);
    expect((await stopping).code).toBe(0);
  });
});

describe('a standby', () => {
  it('tells what the statuses say, live, and goes on as the leader', async () => {
    const leader = stage.start();
    const standby = stage.start();
    const ports = await Promise.all([leader.pagePort, standby.pagePort]);
    const lists = async () => Promise.all(ports.map((port) => list(port)));
    await stage.until('all are listed by both', async () =>
      (await lists()).every(({ targets }) => targets[0]?.decidedAt),
    );
    const standbyPort = (await lists())[0]?.controller.source === 'leader' ? ports[1] : ports[0];
    const leads = standbyPort === ports[1] ? leader : standby;
    const stream = await follow(standbyPort);
    stage.work(1000);
    const isTold = () => stream.events.some(({ data }) => 'desired' in data && data.desired === 4);
    await stage.until('the change comes by the status', isTold);
    const told = await detail(standbyPort, 'web');
    expect(told.controller).toMatchObject({ source: 'status', leader: expect.stringContaining('_') });
    expect(told.row).toMatchObject({ max: 10, alarms: [], workload: 'Deployment/web' });
    expect(told.journal.at(-1)).toMatchObject({ kind: 'change', record: { currentReplicas: 2, desiredReplicas: 4 } });
    const yaml = await ask(standbyPort, '/api/v1/targets/shop/web/yaml');
    expect(yaml.text).toContain('kind: ScaledTarget');

    await leads.stop();
    await stage.until('it leads', async () => (await list(standbyPort)).controller.source === 'leader');
    // Whoever follows reads everything again.
    await stage.until('said so', () => stream.events.some(({ event }) => event === 'resync'));
    stage.work(2000);
    await stage.until('decided by the new leader', async () => {
      const changes = (await detail(standbyPort, 'web')).journal.filter(({ kind }) => kind === 'change');
      return changes.length === 2 && changes[1]?.record.desiredReplicas === 8;
    });
    // The change of the leader before is still known.
    const changes = (await detail(standbyPort, 'web')).journal.filter(({ kind }) => kind === 'change');
    expect(changes.map(({ record }) => [record.currentReplicas, record.desiredReplicas])).toEqual([
      [2, 4],
      [4, 8],
    ]);
    stream.close();
  });
});

describe('answers', () => {
  it('are compressed where that is taken, and not sent again when nothing changed', async () => {
    for (let index = 0; index < 30; index++) stage.scale(`idle-${index}`, CPU);
    const port = await stage.start({ leaderElect: 'false', syncPeriod: '1h' }).pagePort;
    await stage.until('all decided', async () => {
      const { targets } = await list(port);
      return targets.length === 31 && targets.every(({ decidedAt, alarms }) => decidedAt ?? alarms.length > 0);
    });
    let plain = await ask(port, '/api/v1/targets');
    await stage.until('nothing changes any more', async () => {
      const again = await ask(port, '/api/v1/targets', { headers: { 'if-none-match': String(plain.headers.etag) } });
      if (again.status === 304) return again.text === '';
      plain = again;
      return false;
    });
    const zipped = await ask(port, '/api/v1/targets', { headers: { 'accept-encoding': 'br, gzip;q=0.5' } });
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(zipped.bytes.length).toBeLessThan(plain.bytes.length / 3);
    expect(JSON.parse(gunzipSync(zipped.bytes).toString())).toMatchObject({ targets: JSON.parse(plain.text).targets });
    const refused = await ask(port, '/api/v1/targets', { headers: { 'accept-encoding': 'gzip;q=0' } });
    expect(refused.headers['content-encoding']).toBeUndefined();
  });
});

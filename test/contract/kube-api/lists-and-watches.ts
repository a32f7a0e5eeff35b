// Lists with selectors and pages, and watches: what a reflector builds on.
import { beforeAll, describe, expect, test } from 'vitest';
import type { ApiBody } from '../../support/api-body.ts';
import { configMap, gauge } from './objects-under-test.ts';
import type { Answer, ApiSession } from './session.ts';

export function listsContract(api: ApiSession): void {
  const gauges = () => api.in('apis/contract.setpoint.dev/v1', 'gauges');
  const names = ({ body }: Answer) => body.items.map(({ metadata }) => metadata.name);

  describe('lists', () => {
    beforeAll(async () => {
      for (const [name, tier] of [
        ['l-1', 'a'],
        ['l-2', 'b'],
        ['l-3', 'a'],
        ['l-4', 'b'],
        ['l-5', 'c'],
      ] as const)
        await api.call('POST', gauges(), gauge(name, { size: 1 }, { labels: { list: 'yes', tier } }));
    });

    test('say what they are and of which version', async () => {
      const { body } = await api.get(gauges());
      expect(body).toMatchObject({ kind: 'GaugeList', apiVersion: 'contract.setpoint.dev/v1' });
      expect(body.metadata.resourceVersion).toMatch(/^[1-9]\d*$/);
      expect(body.items[0]).toMatchObject({ kind: 'Gauge', apiVersion: 'contract.setpoint.dev/v1' });
    });

    test('items of built-in kinds come without kind and version', async () => {
      await api.call('POST', api.in('api/v1', 'configmaps'), configMap('listed', {}));
      const { body } = await api.get(api.in('api/v1', 'configmaps'));
      expect(body).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
      expect(body.items[0]).not.toHaveProperty('kind');
      expect(body.items[0]).not.toHaveProperty('apiVersion');
    });

    test('an empty one has items, too', async () => {
      expect((await api.get(`${gauges()}?labelSelector=none`)).body.items).toEqual([]);
    });

    test('of all namespaces', async () => {
      const { body } = await api.get('/apis/contract.setpoint.dev/v1/gauges?labelSelector=list');
      expect(body.items.map(({ metadata }) => metadata.namespace)).toEqual(
        Array.from({ length: 5 }, () => api.namespace),
      );
    });

    test.each([
      ['list=yes,tier=a', ['l-1', 'l-3']],
      ['list==yes,tier!=a', ['l-2', 'l-4', 'l-5']],
      ['tier in (a, c)', ['l-1', 'l-3', 'l-5']],
      ['list,tier notin (a,b)', ['l-5']],
      ['list,!tier', []],
      ['list, tier', ['l-1', 'l-2', 'l-3', 'l-4', 'l-5']],
      ['tier=', []],
    ])('label selector %s', async (selector, expected) => {
      expect(names(await api.get(`${gauges()}?labelSelector=${encodeURIComponent(selector)}`))).toEqual(expected);
    });

    test.each(['a in b', '=a', 'a b', 'a in ()b'])('label selector %s is 400', async (selector) => {
      const answer = await api.get(`${gauges()}?labelSelector=${encodeURIComponent(selector)}`);
      expect(answer).toMatchObject({ status: 400, body: { reason: 'BadRequest' } });
    });

    test('field selectors on the name; others of a custom kind are 400', async () => {
      expect(names(await api.get(`${gauges()}?fieldSelector=metadata.name%3Dl-2`))).toEqual(['l-2']);
      expect(names(await api.get(`${gauges()}?labelSelector=list&fieldSelector=metadata.name!%3Dl-2`))).toEqual([
        'l-1',
        'l-3',
        'l-4',
        'l-5',
      ]);
      const other = await api.get(`${gauges()}?fieldSelector=spec.size%3D1`);
      expect(other).toMatchObject({ status: 400, body: { reason: 'BadRequest' } });
      expect(other.body.message).toContain('field label not supported: spec.size');
    });

    test('pages together are the list, of one version even while it changes', async () => {
      const url = `${gauges()}?labelSelector=list&limit=2`;
      const after = ({ body }: Answer) => `${url}&continue=${encodeURIComponent(body.metadata.continue ?? '')}`;
      const first = await api.get(url);
      expect(names(first)).toEqual(['l-1', 'l-2']);
      await api.call('DELETE', `${gauges()}/l-4`);
      const second = await api.get(after(first));
      expect(names(second)).toEqual(['l-3', 'l-4']);
      expect(second.body.metadata.resourceVersion).toBe(first.body.metadata.resourceVersion);
      const third = await api.get(after(second));
      expect(names(third)).toEqual(['l-5']);
      expect(third.body.metadata.continue ?? '').toBe('');
    });

    test('pages say how many are left, when nothing is selected', async () => {
      const all = (await api.get(gauges())).body.items.length;
      const { body: page } = await api.get(`${gauges()}?limit=2`);
      expect(page.metadata.remainingItemCount).toBe(all - 2);
      const { body: selected } = await api.get(`${gauges()}?limit=2&labelSelector=list`);
      expect(selected.metadata.continue).toBeTypeOf('string');
      expect(selected.metadata).not.toHaveProperty('remainingItemCount');
      const { body: whole } = await api.get(`${gauges()}?limit=500`);
      expect(whole.items).toHaveLength(all);
      expect(whole.metadata.continue ?? '').toBe('');
    });

    test('a continue token that nobody made is 400', async () => {
      expect((await api.get(`${gauges()}?limit=2&continue=nonsense`)).status).toBe(400);
    });

    test('versions: 0 and an older one give what is there now', async () => {
      const { body: now } = await api.get(`${gauges()}?labelSelector=list`);
      const version = now.metadata.resourceVersion;
      await api.patch(`${gauges()}/l-1`, 'merge', { metadata: { labels: { seen: 'yes' } } });
      const newer = await api.get(`${gauges()}?labelSelector=list&resourceVersion=${version}`);
      expect(names(newer)).toEqual(names({ ...newer, body: now }));
      expect(Number(newer.body.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(version));
      expect((await api.get(`${gauges()}?resourceVersion=0`)).status).toBe(200);
    });

    test('versions: exactly an older one gives what was there then', async () => {
      const { body } = await api.get(`${gauges()}?labelSelector=list`);
      const version = body.metadata.resourceVersion;
      await api.patch(`${gauges()}/l-2`, 'merge', { metadata: { labels: { list: null } } });
      const exact = await api.get(
        `${gauges()}?labelSelector=list&resourceVersion=${version}&resourceVersionMatch=Exact`,
      );
      expect(names(exact)).toContain('l-2');
      expect(exact.body.metadata.resourceVersion).toBe(version);
      expect(names(await api.get(`${gauges()}?labelSelector=list`))).not.toContain('l-2');
    });

    test.each([
      ['resourceVersion=abc', 400],
      ['resourceVersionMatch=Exact', 422],
      ['resourceVersion=1&resourceVersionMatch=Roughly', 422],
      ['resourceVersion=0&resourceVersionMatch=Exact', 422],
      ['limit=abc', 400],
      ['timeoutSeconds=abc', 400],
    ])('%s is %i', async (query, code) => {
      expect((await api.get(`${gauges()}?${query}`)).status).toBe(code);
    });

    test('a version of the future is 504 with the time to wait', async () => {
      const answer = await api.get(`${gauges()}?resourceVersion=900000000`);
      expect(answer).toMatchObject({
        status: 504,
        body: { reason: 'Timeout', details: { retryAfterSeconds: 1 } },
      });
      expect(answer.body.message).toContain('Too large resource version: 900000000, current: ');
      expect(answer.body.details.causes).toContainEqual(
        expect.objectContaining({ message: 'Too large resource version' }),
      );
    });
  });
}

export function watchesContract(api: ApiSession): void {
  const gauges = () => api.in('apis/contract.setpoint.dev/v1', 'gauges');
  const told = (events: readonly ApiBody[]) => events.map(({ type, object }) => [type, object.metadata.name]);
  const versionNow = async () => (await api.get(gauges())).body.metadata.resourceVersion;

  describe('watches', () => {
    test('resume after a version and tell each change once, in order', async () => {
      const version = await versionNow();
      await api.call('POST', gauges(), gauge('watched', { size: 1 }));
      const url = `${gauges()}?watch=true&resourceVersion=${version}&timeoutSeconds=20`;
      const events = await api.watch(url, 4, async () => {
        await api.patch(`${gauges()}/watched`, 'merge', { spec: { size: 2 } });
        await api.patch(`${gauges()}/watched/status`, 'merge', { status: { size: 2 } });
        await api.call('DELETE', `${gauges()}/watched`);
      });
      expect(events.map(({ type, object }) => [type, object.metadata.name, object.spec['size']])).toEqual([
        ['ADDED', 'watched', 1],
        ['MODIFIED', 'watched', 2],
        ['MODIFIED', 'watched', 2],
        ['DELETED', 'watched', 2],
      ]);
      const versions = events.map(({ object }) => Number(object.metadata.resourceVersion));
      expect(versions).toEqual([...new Set(versions)].toSorted((left, right) => left - right));
      expect(versions[0]).toBeGreaterThan(Number(version));
      expect(events[0]?.object).toMatchObject({ kind: 'Gauge', apiVersion: 'contract.setpoint.dev/v1' });
    });

    test('resume in the middle with what follows', async () => {
      const { body: first } = await api.call('POST', gauges(), gauge('resumed', { size: 1 }));
      const { body: second } = await api.patch(`${gauges()}/resumed`, 'merge', { spec: { size: 2 } });
      await api.patch(`${gauges()}/resumed`, 'merge', { spec: { size: 3 } });
      const from = async (version: string, count: number) => {
        const url = `${gauges()}?watch=1&resourceVersion=${version}&timeoutSeconds=20`;
        return (await api.watch(url, count)).map(({ object }) => object.spec['size']);
      };
      expect(await from(first.metadata.resourceVersion, 2)).toEqual([2, 3]);
      expect(await from(second.metadata.resourceVersion, 1)).toEqual([3]);
    });

    test.each(['', '&resourceVersion=0'])('without a version%s start with what is there', async (version) => {
      const events = await api.watch(
        `${gauges()}?watch=1&fieldSelector=metadata.name%3Dresumed&timeoutSeconds=20${version}`,
        1,
      );
      expect(told(events)).toEqual([['ADDED', 'resumed']]);
    });

    test('say nothing of changes that change nothing', async () => {
      const version = await versionNow();
      const url = `${gauges()}?watch=1&resourceVersion=${version}&timeoutSeconds=20`;
      const events = await api.watch(url, 1, async () => {
        await api.patch(`${gauges()}/resumed`, 'merge', { spec: { size: 3 } });
        await api.patch(`${gauges()}/resumed?dryRun=All`, 'merge', { spec: { size: 5 } });
        await api.patch(`${gauges()}/resumed`, 'merge', { spec: { size: 4 } });
      });
      expect(events.map(({ object }) => object.spec['size'])).toEqual([4]);
    });

    test('an object that leaves the selector is DELETED for it, as it was, and ADDED when it comes back', async () => {
      await api.call('POST', gauges(), gauge('moving', { size: 1 }, { labels: { side: 'left' } }));
      const url = `${gauges()}?watch=1&labelSelector=side%3Dleft&timeoutSeconds=20`;
      const events = await api.watch(url, 4, async () => {
        await api.patch(`${gauges()}/moving`, 'merge', { spec: { size: 2 } });
        await api.patch(`${gauges()}/moving`, 'merge', { metadata: { labels: { side: 'right' } } });
        await api.patch(`${gauges()}/moving`, 'merge', { metadata: { labels: { side: 'left' } } });
      });
      expect(events.map(({ type }) => type)).toEqual(['ADDED', 'MODIFIED', 'DELETED', 'ADDED']);
      expect(events[2]?.object.metadata.labels).toEqual({ side: 'left' });
      const versions = events.map(({ object }) => Number(object.metadata.resourceVersion));
      expect(versions).toEqual(versions.toSorted((left, right) => left - right));
    });

    test('of a built-in kind by a field that changes', async () => {
      const pods = api.in('api/v1', 'pods');
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'seen' },
        spec: { nodeName: 'no-such-node', containers: [{ name: 'app', image: 'registry.invalid/app:1' }] },
      };
      const url = `${pods}?watch=1&fieldSelector=status.phase%3DPending&timeoutSeconds=20`;
      const events = await api.watch(url, 2, async () => {
        await api.call('POST', pods, pod);
        await api.patch(`${pods}/seen/status`, 'merge', { status: { phase: 'Running' } });
      });
      expect(told(events)).toEqual([
        ['ADDED', 'seen'],
        ['DELETED', 'seen'],
      ]);
      await api.call('DELETE', `${pods}/seen`, { gracePeriodSeconds: 0 });
    });

    test('of one object by its name', async () => {
      const version = await versionNow();
      const url = `${gauges()}?watch=1&fieldSelector=metadata.name%3Dmoving&resourceVersion=${version}&timeoutSeconds=20`;
      const events = await api.watch(url, 1, async () => {
        await api.patch(`${gauges()}/resumed`, 'merge', { spec: { size: 7 } });
        await api.patch(`${gauges()}/moving`, 'merge', { spec: { size: 7 } });
      });
      expect(told(events)).toEqual([['MODIFIED', 'moving']]);
    });

    test('is not what is answered at the path of one object', async () => {
      const answer = await api.get(`${gauges()}/moving?watch=1&timeoutSeconds=20`);
      expect(answer).toMatchObject({ status: 200, body: { kind: 'Gauge', metadata: { name: 'moving' } } });
    });

    test('of all namespaces', async () => {
      const version = await versionNow();
      const url = `/apis/contract.setpoint.dev/v1/gauges?watch=1&resourceVersion=${version}&timeoutSeconds=20`;
      const events = await api.watch(url, 1, async () => {
        await api.patch(`${gauges()}/moving`, 'merge', { spec: { size: 8 } });
      });
      expect(events[0]?.object.metadata).toMatchObject({ name: 'moving', namespace: api.namespace });
    });

    test('with sendInitialEvents the start ends with a bookmark that says so', async () => {
      const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
      const selector = 'fieldSelector=metadata.name%3Dmoving';
      const events = await api.watch(`${gauges()}?${query}&${selector}&timeoutSeconds=20`, 2);
      expect(events.map(({ type }) => type)).toEqual(['ADDED', 'BOOKMARK']);
      expect(events[1]?.object).toMatchObject({
        kind: 'Gauge',
        metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } },
      });
      expect(Number(events[1]?.object.metadata.resourceVersion)).toBeGreaterThanOrEqual(
        Number(events[0]?.object.metadata.resourceVersion),
      );
    });

    test('sendInitialEvents without its match is 422', async () => {
      const answer = await api.get(`${gauges()}?watch=1&sendInitialEvents=true&timeoutSeconds=1`);
      expect({ status: answer.status, reason: answer.body.reason }).toEqual({ status: 422, reason: 'Invalid' });
      expect(answer.body.message).toContain('resourceVersionMatch');
    });

    test('bookmarks come at the latest before the end, and only with version and kind', async () => {
      const version = await versionNow();
      const url = `${gauges()}?watch=1&resourceVersion=${version}&labelSelector=none&allowWatchBookmarks=true&timeoutSeconds=4`;
      const events = await api.watch(url, Number.POSITIVE_INFINITY, async () => {
        await api.patch(`${gauges()}/moving`, 'merge', { spec: { size: 9 } });
      });
      const bookmark = events.at(-1);
      expect(bookmark).toMatchObject({
        type: 'BOOKMARK',
        object: { kind: 'Gauge', apiVersion: 'contract.setpoint.dev/v1' },
      });
      expect(events.every(({ type }) => type === 'BOOKMARK')).toBe(true);
      expect(bookmark?.object.metadata).not.toHaveProperty('name');
      expect(Number(bookmark?.object.metadata.resourceVersion)).toBeGreaterThan(Number(version));
    });

    test('without allowWatchBookmarks there are none', async () => {
      const url = `${gauges()}?watch=1&labelSelector=none&timeoutSeconds=3`;
      expect(await api.watch(url, Number.POSITIVE_INFINITY)).toEqual([]);
    });

    test('end by themselves after timeoutSeconds', async () => {
      const started = performance.now();
      await api.watch(`${gauges()}?watch=1&timeoutSeconds=1&labelSelector=none`, 1);
      expect(performance.now() - started).toBeGreaterThan(900);
    });

    test('the metadata alone, when asked for', async () => {
      const accept = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';
      const url = `${gauges()}?watch=1&fieldSelector=metadata.name%3Dmoving&timeoutSeconds=20`;
      const events = await api.watch(url, 1, undefined, { headers: { accept } });
      expect(events[0]?.object).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'moving' } });
      expect(events[0]?.object).not.toHaveProperty('spec');
    });

    test('a version that is none is refused', async () => {
      // A list answers 400 here.
      const answer = await api.get(`${gauges()}?watch=1&resourceVersion=abc&timeoutSeconds=1`);
      expect(answer).toMatchObject({ status: 500, body: { kind: 'Status', status: 'Failure', code: 500 } });
      expect(answer.body.message).toContain('resourceVersion: Invalid value: "abc"');
    });

    test('of a kind that nobody serves is 404', async () => {
      expect((await api.get(`${api.in('apis/apps/v1', 'nothings')}?watch=1&timeoutSeconds=1`)).status).toBe(404);
    });
  });

  describe('what has expired', () => {
    test('a watch from there is one ERROR event with a 410 in it', async () => {
      await api.connection.compact();
      const events = await api.watch(
        `${gauges()}?watch=1&resourceVersion=1&timeoutSeconds=20`,
        Number.POSITIVE_INFINITY,
      );
      expect(events).toHaveLength(1);
      expect(events[0]).toMatchObject({
        type: 'ERROR',
        object: { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Expired', code: 410 },
      });
      expect(events[0]?.object.message).toMatch(/^too old resource version: 1 \(\d+\)$/);
    });

    test('a list of exactly that version is HTTP 410', async () => {
      const answer = await api.get(`${gauges()}?resourceVersion=1&resourceVersionMatch=Exact`);
      expect(answer).toMatchObject({ status: 410, body: { kind: 'Status', reason: 'Expired', code: 410 } });
    });

    test('the next page of a list of that version is HTTP 410, with a token to go on inconsistently', async () => {
      const { body: page } = await api.get(`${gauges()}?limit=2`);
      const token = JSON.parse(Buffer.from(page.metadata.continue ?? '', 'base64').toString()) as { rv: number };
      const old = Buffer.from(JSON.stringify({ ...token, rv: 1 })).toString('base64url');
      const answer = await api.get(`${gauges()}?limit=2&continue=${old}`);
      expect(answer).toMatchObject({ status: 410, body: { reason: 'Expired' } });
      expect(answer.body.message).toContain('The provided continue parameter is too old');
      const next = answer.body.metadata.continue ?? '';
      const rest = await api.get(`${gauges()}?limit=500&continue=${encodeURIComponent(next)}`);
      const all = await api.get(gauges());
      expect(rest.body.items.map(({ metadata }) => metadata.name)).toEqual(
        all.body.items.map(({ metadata }) => metadata.name).slice(2),
      );
    });
  });
}

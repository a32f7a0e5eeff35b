// Other forms of an answer: the table that kubectl get prints, metadata only, YAML.
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { gauge } from './objects-under-test.ts';
import type { ApiSession } from './session.ts';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const PARTIAL = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';
const PARTIAL_LIST = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';

export function tablesContract(api: ApiSession): void {
  const gauges = () => api.in('apis/contract.setpoint.dev/v1', 'gauges');
  const shown = (accept: string, path: string) => api.get(path, { headers: { accept } });

  describe('forms', () => {
    beforeAll(async () => {
      await api.call('POST', gauges(), gauge('shown', { size: 4 }, { labels: { shown: 'yes' } }));
      await api.call('POST', gauges(), gauge('shown-2', { size: 0, unit: 'ms' }, { labels: { shown: 'yes' } }));
      await api.patch(`${gauges()}/shown/status`, 'merge', {
        status: { conditions: [{ type: 'Ready', status: 'True' }] },
      });
    });

    test('a table has the declared columns, the wide ones by their priority', async () => {
      const { body, contentType } = await shown(TABLE, `${gauges()}/shown`);
      expect(contentType).toBe('application/json');
      expect(body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
      expect(body.columnDefinitions.map(({ name, type, format, priority }) => [name, type, format, priority])).toEqual([
        ['Name', 'string', 'name', 0],
        ['Size', 'integer', '', 0],
        ['Ready', 'string', '', 0],
        ['Unit', 'string', '', 1],
        ['Age', 'date', '', 0],
      ]);
      expect(body.rows[0]?.cells).toEqual(['shown', 4, 'True', 'rps', expect.stringMatching(/^\d+s$/)]);
    });

    test('a table of a list, with null for what is not there', async () => {
      const { body } = await shown(TABLE, `${gauges()}?labelSelector=shown`);
      expect(body.rows.map(({ cells }) => cells.slice(0, 4))).toEqual([
        ['shown', 4, 'True', 'rps'],
        ['shown-2', 0, null, 'ms'],
      ]);
      expect(body.metadata.resourceVersion).toMatch(/^\d+$/);
    });

    test('a table in pages', async () => {
      const { body } = await shown(TABLE, `${gauges()}?labelSelector=shown&limit=1`);
      expect(body.rows).toHaveLength(1);
      expect(body.metadata.continue).toBeTypeOf('string');
    });

    test('rows carry the metadata, the whole object, or nothing', async () => {
      const object = async (query: string) => (await shown(TABLE, `${gauges()}/shown${query}`)).body.rows[0]?.object;
      expect(await object('')).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'shown' } });
      expect(await object('?includeObject=Object')).toMatchObject({ kind: 'Gauge', spec: { size: 4 } });
      expect(await object('?includeObject=None')).toBeNull();
    });

    test('a table of a built-in kind', async () => {
      const { body } = await shown(
        TABLE,
        `${api.in('apis/apps/v1', 'deployments')}?fieldSelector=metadata.name%3Dcreate`,
      );
      expect(body.columnDefinitions.map(({ name, priority }) => [name, priority])).toEqual([
        ['Name', 0],
        ['Ready', 0],
        ['Up-to-date', 0],
        ['Available', 0],
        ['Age', 0],
        ['Containers', 1],
        ['Images', 1],
        ['Selector', 1],
      ]);
      expect(body.rows[0]?.cells).toEqual([
        'create',
        '0/0',
        0,
        0,
        expect.stringMatching(/^\d+s$/),
        'app',
        'registry.invalid/app:1',
        'app=create',
      ]);
    });

    test('a client that takes both gets the first that can be had', async () => {
      const { body } = await shown(`${TABLE},application/json`, `${gauges()}/shown`);
      expect(body.kind).toBe('Table');
      const plain = await shown(`application/json;as=Chart;v=v1;g=meta.k8s.io,application/json`, `${gauges()}/shown`);
      expect(plain.body.kind).toBe('Gauge');
    });

    test('metadata only', async () => {
      const { body } = await shown(PARTIAL, `${gauges()}/shown`);
      expect(body).toMatchObject({
        kind: 'PartialObjectMetadata',
        apiVersion: 'meta.k8s.io/v1',
        metadata: { name: 'shown' },
      });
      expect(body).not.toHaveProperty('spec');
      const { body: list } = await shown(PARTIAL_LIST, `${gauges()}?labelSelector=shown`);
      expect(list).toMatchObject({ kind: 'PartialObjectMetadataList', apiVersion: 'meta.k8s.io/v1' });
      expect(list.items.map(({ metadata }) => metadata.name)).toEqual(['shown', 'shown-2']);
    });

    test('an error stays a Status whatever form was asked for', async () => {
      expect(await shown(TABLE, `${gauges()}/absent`)).toMatchObject({ status: 404, body: { kind: 'Status' } });
      expect(await shown(PARTIAL, `${gauges()}/absent`)).toMatchObject({ status: 404, body: { kind: 'Status' } });
    });

    test('YAML', async () => {
      const { contentType, text } = await shown('application/yaml', `${gauges()}/shown`);
      expect(contentType).toBe('application/yaml');
      expect(parse(text)).toMatchObject({ kind: 'Gauge', spec: { size: 4 } });
    });
  });
}

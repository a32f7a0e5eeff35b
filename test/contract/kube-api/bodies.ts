// What is sent: its type, its size, whether it can be read, and how strictly. No kind matters here.
import { describe, expect, test } from 'vitest';
import { configMap, gauge, workload } from './objects-under-test.ts';
import type { ApiSession } from './session.ts';

export function bodiesContract(api: ApiSession): void {
  const configMaps = () => api.in('api/v1', 'configmaps');
  const gauges = () => api.in('apis/contract.setpoint.dev/v1', 'gauges');
  const typed = (type: string) => ({ headers: { 'content-type': type } });

  describe('bodies', () => {
    test.each([
      ['half an object', '{"apiVersion": "v1", "kind"'],
      ['a list', '[]'],
      ['text', 'hello'],
      ['nothing', ''],
    ])('%s is 400', async (_, text) => {
      expect(await api.call('POST', configMaps(), text)).toMatchObject({
        status: 400,
        body: { kind: 'Status', reason: 'BadRequest', code: 400 },
      });
    });

    test('kind and version may be left out for a built-in kind, and not for a custom one', async () => {
      const bare = await api.call('POST', configMaps(), { metadata: { name: 'bare' } });
      expect(bare).toMatchObject({ status: 201, body: { kind: 'ConfigMap', apiVersion: 'v1' } });
      expect((await api.call('POST', configMaps(), {})).body).toMatchObject({ reason: 'Invalid', code: 422 });
      const { kind: _, ...custom } = gauge('bare', { size: 1 });
      const answer = await api.call('POST', gauges(), custom);
      expect(answer).toMatchObject({ status: 400, body: { reason: 'BadRequest' } });
      expect(answer.body.message).toContain(
        "the object provided is unrecognized (must be of type Gauge): Object 'Kind' is missing in ",
      );
    });

    test('half an object is 400 for a replacement, a patch and a custom kind, too', async () => {
      await api.call('POST', gauges(), gauge('read', { size: 1 }));
      expect((await api.call('PUT', `${gauges()}/read`, '{"a":')).status).toBe(400);
      expect((await api.patch(`${gauges()}/read`, 'merge', '{"a":')).status).toBe(400);
      expect((await api.patch(`${gauges()}/read`, 'jsonPatch', '{"op":"add"}')).status).toBe(400);
      expect((await api.call('POST', gauges(), '{"a":')).status).toBe(400);
    });

    test.each(['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'application/merge-patch+json'])(
      'creating with %s is 415',
      async (type) => {
        const answer = await api.call('POST', configMaps(), configMap('typed', {}), typed(type));
        expect(answer).toMatchObject({
          status: 415,
          body: { kind: 'Status', reason: 'UnsupportedMediaType', code: 415 },
        });
        expect(answer.body.message).toContain('application/json');
      },
    );

    test.each(['application/json', 'text/plain'])('patching with %s is 415', async (type) => {
      const answer = await api.call('PATCH', `${configMaps()}/any`, {}, typed(type));
      expect(answer).toMatchObject({ status: 415, body: { reason: 'UnsupportedMediaType' } });
    });

    test('JSON may name its charset', async () => {
      const answer = await api.call(
        'POST',
        configMaps(),
        configMap('charset', {}),
        typed('application/json; charset=utf-8'),
      );
      expect(answer.status).toBe(201);
    });

    test('YAML is taken', async () => {
      const text = 'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\ndata:\n  size: "5"\n';
      const answer = await api.call('POST', configMaps(), text, typed('application/yaml'));
      expect(answer).toMatchObject({ status: 201, body: { data: { size: '5' } } });
    });

    test('an answer that nobody can give is 406', async () => {
      expect((await api.get(configMaps(), { headers: { accept: 'image/png' } })).status).toBe(406);
    });

    test('large ones are taken, larger than 3 MiB are 413', async () => {
      const large = await api.call('POST', configMaps(), configMap('large', { text: 'x'.repeat(1_000_000) }));
      expect(large.status).toBe(201);
      const tooLarge = await api.call('POST', configMaps(), configMap('huge', { text: 'x'.repeat(3 * 1024 * 1024) }));
      expect(tooLarge).toMatchObject({ status: 413, body: { reason: 'RequestEntityTooLarge' } });
      const beyondKind = await api.call('POST', configMaps(), configMap('beyond', { text: 'x'.repeat(1_048_577) }));
      expect(beyondKind.status).toBe(422);
    });

    test('text comes back as it went in', async () => {
      const odd = { text: 'ä€😀 \u0001\t"\\</>&\u2028', '__proto__.x': 'own' };
      const { body } = await api.call('POST', configMaps(), configMap('odd', odd));
      expect(body['data']).toEqual(odd);
      expect((await api.get(`${configMaps()}/odd`)).body['data']).toEqual(odd);
    });

    test.each([
      ['POST', '/any'],
      ['PUT', ''],
      ['PATCH', ''],
    ] as const)('%s where it makes no sense is 405', async (method, suffix) => {
      const answer = await api.call(
        method,
        `${configMaps()}${suffix}`,
        configMap('any', {}),
        typed('application/json'),
      );
      expect(answer).toMatchObject({ status: 405, body: { reason: 'MethodNotAllowed' } });
    });
  });

  describe('fieldValidation', () => {
    const twice =
      '{"apiVersion":"contract.setpoint.dev/v1","kind":"Gauge","metadata":{"name":"dup"},"spec":{"size":1,"size":2}}';

    test('by default warns of unknown fields of a custom kind and prunes them', async () => {
      const { status, body, warning } = await api.call('POST', gauges(), gauge('pruned', { size: 1, sise: 2 }));
      expect(status).toBe(201);
      expect(body.spec).toEqual({ size: 1, unit: 'rps', nested: { depth: 1 } });
      expect(warning).toContain('unknown field');
      expect(warning).toContain('spec.sise');
    });

    test('by default warns of unknown fields of a built-in kind', async () => {
      const { spec, ...rest } = workload('Deployment', 'warned');
      const path = `${api.in('apis/apps/v1', 'deployments')}?dryRun=All`;
      const { status, warning } = await api.call('POST', path, { ...rest, spec: { ...spec, replcas: 2 } });
      expect(status).toBe(201);
      expect(warning).toBe('unknown field "spec.replcas"');
    });

    test('Strict refuses unknown fields', async () => {
      const path = `${gauges()}?fieldValidation=Strict`;
      const strict = await api.call('POST', path, gauge('strict', { size: 1, sise: 2, steps: [{ name: 'a', x: 1 }] }));
      expect(strict).toMatchObject({ status: 400, body: { reason: 'BadRequest' } });
      expect(strict.body.message).toContain('strict decoding error: ');
      expect(strict.body.message).toContain('unknown field "spec.sise"');
      expect(strict.body.message).toContain('unknown field "spec.steps[0].x"');
    });

    test('Strict refuses them in patches', async () => {
      await api.call('POST', gauges(), gauge('strictly', { size: 1 }));
      const answer = await api.patch(`${gauges()}/strictly?fieldValidation=Strict`, 'merge', { spec: { sise: 2 } });
      expect(answer.status).toBe(422);
      expect(answer.body.message).toContain('unknown field "spec.sise"');
    });

    test('Strict refuses duplicate fields, Warn names them', async () => {
      const strict = await api.call('POST', `${gauges()}?fieldValidation=Strict`, twice);
      expect(strict.status).toBe(400);
      expect(strict.body.message).toContain('duplicate field "spec.size"');
      const warned = await api.call('POST', `${gauges()}?dryRun=All`, twice);
      expect(warned).toMatchObject({ status: 201, body: { spec: { size: 2 } } });
      expect(warned.warning).toContain('duplicate field');
    });

    test('Ignore is silent', async () => {
      const path = `${gauges()}?fieldValidation=Ignore&dryRun=All`;
      expect((await api.call('POST', path, gauge('silent', { size: 1, sise: 2 }))).warning).toBe('');
      expect(await api.call('POST', path, twice)).toMatchObject({ status: 201, warning: '' });
    });

    test('takes no other value', async () => {
      const { status, body } = await api.call('POST', `${gauges()}?fieldValidation=Loose`, gauge('loose', { size: 1 }));
      expect({ status, reason: body.reason }).toEqual({ status: 422, reason: 'Invalid' });
      expect(body.message).toContain(
        'fieldValidation: Unsupported value: "Loose": supported values: "", "Ignore", "Strict", "Warn"',
      );
    });
  });
}

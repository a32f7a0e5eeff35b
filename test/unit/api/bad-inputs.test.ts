// Bad inputs, by id: refused by the API server and by the parser, or accepted where the API server accepts them in an HPA.
import { describe, expect, it } from 'vitest';
import { parseScaledTarget, parseSpec } from '../../../src/api/scaled-target.ts';
import { admit, admitSpec } from '../../support/crd-admission.ts';
import { cpu, externalMetric, prometheusMetric, ref, resource, specWith } from '../../support/spec-vectors.ts';

const MAX_INT64 = 2n ** 63n - 1n;

/** Which judges refuse the spec and name the field. */
function refusers(spec: Record<string, unknown>, field: string): string[] {
  const parsed = parseSpec(spec);
  const byParser = parsed.spec === undefined && parsed.faults.some((fault) => fault.field === field);
  const byServer = admitSpec(spec).faults.some((fault) => fault.field === field);
  return [...(byParser ? ['parser'] : []), ...(byServer ? ['API server'] : [])];
}
const BOTH = ['parser', 'API server'];

/** The parsed spec, after both judges accepted it. */
function accepted(spec: Record<string, unknown>) {
  expect(admitSpec(spec).faults).toEqual([]);
  const parsed = parseSpec(spec);
  expect(parsed.faults).toEqual([]);
  return parsed.spec!;
}

const policies = (value: number, periodSeconds = 15) => ({ policies: [{ type: 'Pods', value, periodSeconds }] });
const external = (value: unknown) => specWith({ metrics: [externalMetric({ type: 'Value', value })] });

describe('bad inputs: sizes and targets', () => {
  it('B01 min above max is refused with a line that says both numbers', () => {
    const spec = specWith({ minReplicas: 11 });
    expect(refusers(spec, 'spec.maxReplicas')).toEqual(BOTH);
    expect(parseSpec(spec).faults[0]?.message).toBe(
      'spec.maxReplicas: maxReplicas 10 is below minReplicas 11: raise maxReplicas or lower minReplicas',
    );
  });

  it('B02 min 0 is refused without a metric that can wake the target, accepted with one', () => {
    expect(refusers(specWith({ minReplicas: 0, metrics: [cpu] }), 'spec.minReplicas')).toEqual(BOTH);
    expect(accepted(specWith({ minReplicas: 0, metrics: [prometheusMetric()] })).minReplicas).toBe(0);
  });

  it.each([0, -1])('B03 max %d is refused', (maxReplicas) =>
    expect(refusers(specWith({ maxReplicas }), 'spec.maxReplicas')).toEqual(BOTH),
  );

  it('B04 a huge max is accepted, as in an HPA, one beyond 32 bits is refused', () => {
    expect(accepted(specWith({ maxReplicas: 1_000_000_000 })).maxReplicas).toBe(1_000_000_000);
    expect(refusers(specWith({ maxReplicas: 2_147_483_648 }), 'spec.maxReplicas')).toEqual(BOTH);
  });

  it.each([0, '0', '0m', '0.0'])('B05 target %j is refused', (value) =>
    expect(refusers(external(value), 'spec.metrics[0].external.target.value')).toEqual(BOTH),
  );

  it.each(['-1', -1, 'NaN', 'Infinity', ''])('B06 target %j is refused', (value) =>
    expect(refusers(external(value), 'spec.metrics[0].external.target.value')).toEqual(BOTH),
  );

  it('B06 target 1e400 is accepted, as in an HPA, and is held at the largest number', () => {
    expect(accepted(external('1e400')).metrics[0]?.target.valueMilli).toBe(MAX_INT64);
  });

  it('B07 a target below a thousandth is a thousandth, never zero', () => {
    expect(accepted(external('0.0000000001')).metrics[0]?.target.valueMilli).toBe(1n);
  });

  it('B08 a tolerance of 1 and more is accepted, as in an HPA', () => {
    expect(accepted(specWith({ behavior: { scaleUp: { tolerance: '2.5' } } })).behavior?.scaleUp.tolerance).toBe(
      2500 * 1e-3,
    );
  });

  it.each(['-0.1', -1, '10%'])('B08 tolerance %j is refused', (tolerance) =>
    expect(refusers(specWith({ behavior: { scaleUp: { tolerance } } }), 'spec.behavior.scaleUp.tolerance')).toEqual(
      BOTH,
    ),
  );

  it.each([-1, 3601, 1.5, '5m'])('B09 window %j is refused', (stabilizationWindowSeconds) =>
    expect(
      refusers(
        specWith({ behavior: { scaleDown: { stabilizationWindowSeconds } } }),
        'spec.behavior.scaleDown.stabilizationWindowSeconds',
      ),
    ).toEqual(BOTH),
  );

  it('B10 no metrics mean cpu at 80 percent, as in an HPA, absent or empty', () => {
    const wanted = [
      {
        type: 'Resource',
        name: 'cpu',
        resource: 'cpu',
        target: { type: 'Utilization', averageUtilization: 80 },
        maxAgeSeconds: 180,
        direction: 'Both',
      },
    ];
    expect(accepted(specWith({ metrics: [] })).metrics).toEqual(wanted);
    expect(accepted(specWith({})).metrics).toEqual(wanted);
  });

  it('B10 more than a hundred metrics are refused', () => {
    expect(refusers(specWith({ metrics: Array.from({ length: 101 }, () => cpu) }), 'spec.metrics')).toEqual(BOTH);
  });

  it('B11 an unknown metric type is refused by the API server; stored by a later version it fails alone', () => {
    const spec = specWith({ metrics: [{ type: 'Kafka', kafka: { topic: 'a' } }, cpu] });
    expect(admitSpec(spec).faults.map(({ field }) => field)).toEqual(['spec.metrics[0].type']);
    const parsed = parseSpec(spec);
    expect(parsed.faults).toEqual([]);
    expect(parsed.spec?.metrics.map(({ type, name }) => [type, name])).toEqual([
      ['Unknown', 'Kafka'],
      ['Resource', 'cpu'],
    ]);
  });

  it('B12 the same metric twice is accepted, as in an HPA, each under its own name', () => {
    expect(accepted(specWith({ metrics: [cpu, cpu, cpu] })).metrics.map(({ name }) => name)).toEqual([
      'cpu',
      'cpu-2',
      'cpu-3',
    ]);
  });
});

describe('bad inputs: references and names', () => {
  it('B15 a target in another namespace cannot be said', () => {
    const spec = specWith({ scaleTargetRef: { ...ref, namespace: 'other' } });
    expect(admitSpec(spec).dropped).toEqual(['spec.scaleTargetRef.namespace']);
    expect(accepted(spec).scaleTargetRef).toEqual(ref);
    expect(
      refusers(
        specWith({ scaleTargetRef: { ...ref, name: '../../other/deployments/web' } }),
        'spec.scaleTargetRef.name',
      ),
    ).toEqual(BOTH);
    expect(refusers(specWith({ scaleTargetRef: { ...ref, name: '..%2fother' } }), 'spec.scaleTargetRef.name')).toEqual(
      BOTH,
    );
  });

  it('B16 any workload may be the target, the controller too: an HPA may as well', () => {
    expect(accepted(specWith({ scaleTargetRef: { ...ref, name: 'setpoint' } })).scaleTargetRef.name).toBe('setpoint');
  });

  it.each(['a'.repeat(253), 'wеb', 'web.', 'we\u200Bb', '💥'])('B19 name %j is kept as it is', (name) => {
    expect(accepted(specWith({ scaleTargetRef: { ...ref, name } })).scaleTargetRef.name).toBe(name);
    const target = parseScaledTarget({ metadata: { namespace: 'shop', name }, spec: specWith({}) });
    expect(target.key).toBe(`shop/${name}`);
  });

  it('B19 a name too long for the API server is refused', () => {
    expect(
      refusers(specWith({ scaleTargetRef: { ...ref, name: 'a'.repeat(254) } }), 'spec.scaleTargetRef.name'),
    ).toEqual(BOTH);
  });

  it('B19 derived metric names fit into a label value and stay apart', () => {
    const long = (end: string) => externalMetric({ type: 'Value', value: 1 }, { name: 'é'.repeat(200) + end });
    const names = accepted(specWith({ metrics: [long('a'), long('b'), long('a')] })).metrics.map(({ name }) => name);
    expect(new Set(names).size).toBe(3);
    expect(Math.max(...names.map((name) => name.length))).toBeLessThanOrEqual(63);
  });

  it('B20 a query of more than 4096 characters is refused, and the line does not repeat it', () => {
    const spec = specWith({ metrics: [prometheusMetric({ query: 'a'.repeat(1_000_000) })] });
    expect(refusers(spec, 'spec.metrics[0].prometheus.query')).toEqual(BOTH);
    expect(parseSpec(spec).faults[0]?.message.length).toBeLessThan(200);
  });

  it.each(['up{a="b"}\n or\n up', "up{a='#&?%00'}", 'a\u0000b', '{"x"}', 'métrique'])(
    'B21 query %j is kept as it is',
    (query) => {
      expect(accepted(specWith({ metrics: [prometheusMetric({ query })] })).metrics[0]).toMatchObject({ query });
    },
  );

  it.each([
    'http://user:pass@prometheus',
    'file:///etc/passwd',
    'gopher://a',
    'http://[::ffff:169.254.169.254]',
    '2852039166/',
    'localhost.',
    '../admin',
  ])('B24 source %j is refused: sources are names', (source) =>
    expect(
      refusers(specWith({ metrics: [prometheusMetric({ source })] }), 'spec.metrics[0].prometheus.source'),
    ).toEqual(BOTH),
  );

  it.each(['url', 'serverAddress', 'host'])('B24 there is no field %s', (field) => {
    const spec = specWith({ metrics: [prometheusMetric({ [field]: 'http://169.254.169.254' })] });
    expect(admitSpec(spec).dropped).toEqual([`spec.metrics[0].prometheus.${field}`]);
    expect(
      JSON.stringify(accepted(spec), (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)),
    ).not.toContain('169.254');
  });
});

describe('bad inputs: periods, policies, fields', () => {
  it.each([0, 0.001, 1e9, -1])('B26 period %d is refused', (syncPeriodSeconds) =>
    expect(refusers(specWith({ syncPeriodSeconds }), 'spec.syncPeriodSeconds')).toEqual(BOTH),
  );

  it('B27 a policy of 0 is refused, as in an HPA; Disabled freezes a direction', () => {
    expect(
      refusers(specWith({ behavior: { scaleUp: policies(0) } }), 'spec.behavior.scaleUp.policies[0].value'),
    ).toEqual(BOTH);
    expect(
      refusers(specWith({ behavior: { scaleDown: policies(0) } }), 'spec.behavior.scaleDown.policies[0].value'),
    ).toEqual(BOTH);
    const frozen = { scaleUp: { selectPolicy: 'Disabled' }, scaleDown: { selectPolicy: 'Disabled' } };
    expect(accepted(specWith({ behavior: frozen })).behavior?.scaleDown.selectPolicy).toBe('Disabled');
  });

  it('B28 a policy period longer than the window is accepted, as in an HPA', () => {
    const rules = { stabilizationWindowSeconds: 10, ...policies(1, 1800) };
    expect(accepted(specWith({ behavior: { scaleDown: rules } })).behavior?.scaleDown).toMatchObject(rules);
  });

  it('B29 an unknown field is pruned by the API server and passed over by the parser', () => {
    const spec = specWith({ schedules: [{ cron: '* * * * *' }], minReplica: 4 });
    expect(admitSpec(spec).dropped).toEqual(['spec.schedules', 'spec.minReplica']);
    expect(accepted(spec)).toEqual(accepted(specWith({})));
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('B30 %s is a name like any other', (name) => {
    const labels = JSON.parse(`{"${name}": "x", "app": "web"}`) as Record<string, string>;
    const raw: unknown = JSON.parse(
      JSON.stringify({
        metadata: { namespace: 'shop', name: 'web', labels, annotations: labels },
        spec: specWith({
          metrics: [
            externalMetric({ type: 'Value', value: 1 }, { name, selector: { matchLabels: labels } }),
            resource({ type: 'AverageValue', averageValue: 1 }, name),
          ],
        }),
      }).replace('"spec":{', `"spec":{"${name}":{"maxReplicas":99},`),
    );
    const target = parseScaledTarget(raw);
    expect(target.faults).toEqual([]);
    expect(target.spec?.maxReplicas).toBe(10);
    expect(target.spec?.metrics.map((metric) => metric.name)).toEqual([`external/${name}`, name]);
    expect(Object.getPrototypeOf(target.spec)).toBe(Object.prototype);
    expect(Object.hasOwn(Object.prototype, 'maxReplicas')).toBe(false);
    expect(({} as Record<string, unknown>)['app']).toBeUndefined();
  });

  it('B30 a field is never inherited', () => {
    const spec = Object.create({ maxReplicas: 3, scaleTargetRef: ref }) as Record<string, unknown>;
    expect(parseSpec(spec).spec).toBeUndefined();
    expect(parseScaledTarget(Object.create({ spec: specWith({}) })).spec).toBeUndefined();
  });

  it.each(['True', '1', '', 'true'])('B35 there is no pause annotation: %j changes nothing', (value) => {
    const metadata = { namespace: 'shop', name: 'web', annotations: { 'setpoint.dev/pause': value } };
    expect(parseScaledTarget({ metadata, spec: specWith({}) }).spec).toEqual(accepted(specWith({})));
  });
});

describe('bad inputs: a status edited by hand', () => {
  const now = Date.UTC(2026, 0, 1);
  const at = (offsetMs: number) => new Date(now + offsetMs).toISOString();
  const previous = (status: unknown) =>
    parseScaledTarget({ metadata: { namespace: 'shop', name: 'web' }, spec: specWith({}), status }, now).previous;

  it('B32 numbers that cannot be are as if absent', () => {
    const nothing = { conditions: [], scaleEvents: { up: [], down: [] } };
    expect(previous({ desiredReplicas: 999_999, currentReplicas: -1, lastDecision: { epoch: -1 } })).toEqual(nothing);
    expect(previous({ desiredReplicas: 1.5, currentReplicas: '3', lastScaleTime: 'yesterday' })).toEqual(nothing);
    expect(previous({ lastScaleTime: at(3_600_000), conditions: 'all good', scaleEvents: [] })).toEqual(nothing);
    expect(previous([])).toEqual(nothing);
  });

  it('B32 a desired size above max stands when that many were found', () => {
    expect(previous({ desiredReplicas: 20, currentReplicas: 20 }).desiredReplicas).toBe(20);
    expect(previous({ desiredReplicas: 10, currentReplicas: 3 }).desiredReplicas).toBe(10);
  });

  it('B32 scale events that cannot be do not limit the rate', () => {
    const events = [
      { change: 3, time: at(-60_000) },
      { change: 4, time: at(3_600_000) },
      { change: 5, time: at(-3_600_000) },
      { change: -1, time: at(-1000) },
      { change: 2 ** 40, time: at(-1000) },
      { change: 1, time: 'soon' },
      null,
      7,
    ];
    expect(previous({ scaleEvents: { up: events, down: events } }).scaleEvents).toEqual({
      up: [{ change: 3, atMs: now - 60_000 }],
      down: [{ change: 3, atMs: now - 60_000 }],
    });
  });

  it('B32 conditions of unknown type, status or reason are dropped, and the first of a type stands', () => {
    const good = { type: 'AbleToScale', status: 'True', reason: 'ReadyForNewScale', message: 'm' };
    const conditions = [
      { ...good, type: 'Hacked' },
      { ...good, status: 'Maybe' },
      { ...good, reason: 'Because' },
      good,
      { ...good, status: 'False' },
    ];
    expect(previous({ conditions }).conditions).toEqual([good]);
  });

  it('B32 the API server refuses a status out of bounds', () => {
    const { faults } = admit({ spec: specWith({}), status: { currentReplicas: -1, lastDecision: { epoch: -1 } } });
    expect(faults.map(({ field }) => field)).toContain('status.currentReplicas');
    expect(faults.map(({ field }) => field)).toContain('status.lastDecision.epoch');
  });
});

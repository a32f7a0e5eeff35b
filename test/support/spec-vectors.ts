// Specs that the API server accepts or refuses in an HPA, and the same for the fields that only a ScaledTarget has.
// The parser, the CRD and a running API server are all held to this list.

export interface SpecVector {
  readonly name: string;
  readonly spec: Record<string, unknown>;
}
export interface BadSpecVector extends SpecVector {
  /** The field that every judge must name. */
  readonly field: string;
}

export const ref = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
export const cpu = resource({ type: 'Utilization', averageUtilization: 60 });

/** A spec with these fields on top of the least that is needed. */
export function specWith(fields: Record<string, unknown>): Record<string, unknown> {
  return { scaleTargetRef: ref, maxReplicas: 10, ...fields };
}

export function resource(target: Record<string, unknown>, name = 'cpu') {
  return { type: 'Resource', resource: { name, target } };
}
export function containerResource(target: Record<string, unknown>, name = 'cpu', container = 'app') {
  return { type: 'ContainerResource', containerResource: { name, container, target } };
}
export function podsMetric(target: Record<string, unknown>, metric: Record<string, unknown> = { name: 'rps' }) {
  return { type: 'Pods', pods: { metric, target } };
}
export function objectMetric(target: Record<string, unknown>, describedObject: Record<string, unknown> = route) {
  return { type: 'Object', object: { describedObject, metric: { name: 'requests' }, target } };
}
export function externalMetric(target: Record<string, unknown>, metric: Record<string, unknown> = { name: 'queue' }) {
  return { type: 'External', external: { metric, target } };
}
export function prometheusMetric(fields: Record<string, unknown> = {}) {
  return { type: 'Prometheus', prometheus: { query: 'sum(up)', target: { type: 'Value', value: 3 }, ...fields } };
}
export const route = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'main' };

const good = (name: string, fields: Record<string, unknown>): SpecVector => ({ name, spec: specWith(fields) });
const bad = (field: string, name: string, fields: Record<string, unknown>): BadSpecVector => ({
  name,
  field: field === '' ? 'spec' : `spec.${field}`,
  spec: specWith(fields),
});
const metrics = (...list: unknown[]) => ({ metrics: list });
const up = (rules: Record<string, unknown>) => ({ behavior: { scaleUp: rules } });
const down = (rules: Record<string, unknown>) => ({ behavior: { scaleDown: rules } });
const averageValue = (value: unknown) => ({ type: 'AverageValue', averageValue: value });
const value = (given: unknown) => ({ type: 'Value', value: given });

/** Valid in autoscaling/v2. */
export const VALID_HPA_SPECS: readonly SpecVector[] = [
  good('the least', {}),
  good('no metrics', { metrics: [] }),
  good('nulls', { minReplicas: null, metrics: null, behavior: null }),
  good('nulls within', { metrics: [resource({ type: 'Utilization', averageUtilization: 5, averageValue: null })] }),
  good('min equal to max', { minReplicas: 10 }),
  good('the largest sizes', { minReplicas: 2_147_483_647, maxReplicas: 2_147_483_647 }),
  good('utilization', metrics(cpu)),
  good('utilization above 100', metrics(resource({ type: 'Utilization', averageUtilization: 2_147_483_647 }))),
  good('average value of a resource', metrics(resource(averageValue('500m')))),
  good('average value as a number', metrics(resource(averageValue(134_217_728), 'memory'))),
  good('a target type that does not fit its field', metrics(resource({ type: 'Value', averageUtilization: 50 }))),
  good('a value beside what counts', metrics(resource({ type: 'AverageValue', averageValue: 1, value: 1 }))),
  good('a resource of any name', metrics(resource(averageValue(1), 'nvidia.com/gpu'))),
  good('container resource', metrics(containerResource({ type: 'Utilization', averageUtilization: 60 }))),
  good('container average value', metrics(containerResource(averageValue('1Gi'), 'memory'))),
  good('container huge pages', metrics(containerResource(averageValue('1Gi'), 'hugepages-2Mi'))),
  good('container ephemeral storage', metrics(containerResource(averageValue('1Gi'), 'ephemeral-storage'))),
  good('container extended resource', metrics(containerResource(averageValue(1), 'nvidia.com/gpu'))),
  good('pods', metrics(podsMetric(averageValue('100')))),
  good('pods with a target type that does not fit', metrics(podsMetric({ type: 'Value', averageValue: '1k' }))),
  good(
    'pods with a selector',
    metrics(
      podsMetric(averageValue('100'), {
        name: 'rps',
        selector: {
          matchLabels: { route: 'a' },
          matchExpressions: [
            { key: 'verb', operator: 'In', values: ['GET', 'PUT'] },
            { key: 'shard', operator: 'Exists' },
          ],
        },
      }),
    ),
  ),
  good(
    'a selector that cannot be parsed',
    metrics(
      podsMetric(averageValue(1), { name: 'a', selector: { matchExpressions: [{ key: '%', operator: 'Near' }] } }),
    ),
  ),
  good('object value', metrics(objectMetric(value('2k')))),
  good('object average value', metrics(objectMetric(averageValue('10')))),
  good('object with both', metrics(objectMetric({ type: 'Value', value: '10', averageValue: '1' }))),
  good('object of the core group', metrics(objectMetric(value(1), { apiVersion: 'v1', kind: 'Service', name: 'web' }))),
  good('object without version', metrics(objectMetric(value(1), { kind: 'Service', name: 'web' }))),
  good('external value', metrics(externalMetric(value('30')))),
  good('external average value', metrics(externalMetric(averageValue('30')))),
  good(
    'external with a stray utilization',
    metrics(externalMetric({ type: 'Value', value: '30', averageUtilization: 1 })),
  ),
  good(
    'external selector',
    metrics(externalMetric(value('30'), { name: 'q', selector: { matchLabels: { queue: 'mail' } } })),
  ),
  good(
    'all types',
    metrics(
      cpu,
      containerResource(averageValue(1)),
      podsMetric(averageValue(1)),
      objectMetric(value(1)),
      externalMetric(value(1)),
    ),
  ),
  good('the same metric twice', metrics(cpu, cpu)),
  good('a hundred metrics', { metrics: Array.from({ length: 100 }, () => cpu) }),
  good('zero with an object metric', { minReplicas: 0, metrics: [objectMetric(value(1))] }),
  good('zero with an external metric', { minReplicas: 0, metrics: [cpu, externalMetric(value(1))] }),
  ...[
    '1n',
    '1u',
    '0.0000000001',
    '.5',
    '5.',
    '+1',
    '1e3',
    '1E3',
    '1e-3',
    '12e+3',
    '1.5Gi',
    '1E',
    '9223372036854775807',
    '1e400',
    '0001',
  ].map((quantity) => good(`quantity ${quantity}`, metrics(externalMetric(value(quantity))))),
  good('empty behavior', { behavior: {} }),
  good('one empty direction', up({})),
  good('null direction', { behavior: { scaleUp: null, scaleDown: null } }),
  good('window 0', down({ stabilizationWindowSeconds: 0 })),
  good('window 3600', up({ stabilizationWindowSeconds: 3600 })),
  good('select policies', { behavior: { scaleUp: { selectPolicy: 'Min' }, scaleDown: { selectPolicy: 'Disabled' } } }),
  good(
    'policies',
    up({
      policies: [
        { type: 'Pods', value: 1, periodSeconds: 1 },
        { type: 'Percent', value: 900, periodSeconds: 1800 },
      ],
    }),
  ),
  good('no policies given', up({ policies: null })),
  ...[0, 1, '0', '50m', '0.05', '2.5', '1e-2', '100'].map((tolerance) =>
    good(`tolerance ${JSON.stringify(tolerance)}`, { behavior: { scaleUp: { tolerance }, scaleDown: { tolerance } } }),
  ),
  good('another kind', { scaleTargetRef: { apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout', name: 'web' } }),
  good('a core kind without version', { scaleTargetRef: { kind: 'ReplicationController', name: 'web' } }),
  good('a core kind with version', {
    scaleTargetRef: { apiVersion: 'v1', kind: 'ReplicationController', name: 'web' },
  }),
  good('a group without version', { scaleTargetRef: { apiVersion: 'apps/', kind: 'Deployment', name: 'web' } }),
  good('odd names', { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: '...' } }),
  good('names with dots, spaces and letters of any script', {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Ünïcode', name: '.a b.' },
  }),
];

/** Refused in autoscaling/v2. */
export const INVALID_HPA_SPECS: readonly BadSpecVector[] = [
  bad('maxReplicas', 'no max', { maxReplicas: undefined }),
  bad('maxReplicas', 'max null', { maxReplicas: null }),
  bad('maxReplicas', 'max 0', { maxReplicas: 0 }),
  bad('maxReplicas', 'max negative', { maxReplicas: -1 }),
  bad('maxReplicas', 'max beyond 32 bits', { maxReplicas: 2_147_483_648 }),
  bad('maxReplicas', 'max fraction', { maxReplicas: 1.5 }),
  bad('maxReplicas', 'max text', { maxReplicas: '3' }),
  bad('maxReplicas', 'min above max', { minReplicas: 11 }),
  bad('minReplicas', 'min negative', { minReplicas: -1 }),
  bad('minReplicas', 'min fraction', { minReplicas: 0.5 }),
  bad('minReplicas', 'zero without metrics', { minReplicas: 0 }),
  bad('minReplicas', 'zero with an empty list', { minReplicas: 0, metrics: [] }),
  bad('minReplicas', 'zero on cpu', { minReplicas: 0, metrics: [cpu] }),
  bad('minReplicas', 'zero on a pods metric', { minReplicas: 0, metrics: [podsMetric(averageValue(1))] }),
  bad('scaleTargetRef', 'no target', { scaleTargetRef: undefined }),
  bad('scaleTargetRef.kind', 'no kind', { scaleTargetRef: { apiVersion: 'apps/v1', name: 'web' } }),
  bad('scaleTargetRef.kind', 'empty kind', { scaleTargetRef: { ...ref, kind: '' } }),
  bad('scaleTargetRef.kind', 'kind with a slash', { scaleTargetRef: { ...ref, kind: 'a/b' } }),
  bad('scaleTargetRef.kind', 'kind ..', { scaleTargetRef: { ...ref, kind: '..' } }),
  bad('scaleTargetRef.name', 'no name', { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment' } }),
  bad('scaleTargetRef.name', 'empty name', { scaleTargetRef: { ...ref, name: '' } }),
  bad('scaleTargetRef.name', 'name .', { scaleTargetRef: { ...ref, name: '.' } }),
  bad('scaleTargetRef.name', 'name with a slash', { scaleTargetRef: { ...ref, name: '../other/web' } }),
  bad('scaleTargetRef.name', 'name with a percent sign', { scaleTargetRef: { ...ref, name: 'a%2fb' } }),
  bad('scaleTargetRef.apiVersion', 'no group', { scaleTargetRef: { ...ref, apiVersion: 'v1' } }),
  bad('scaleTargetRef.apiVersion', 'empty group', { scaleTargetRef: { ...ref, apiVersion: '/v1' } }),
  bad('scaleTargetRef.apiVersion', 'no version', { scaleTargetRef: { kind: 'Deployment', name: 'web' } }),
  bad('scaleTargetRef.apiVersion', 'two slashes', { scaleTargetRef: { ...ref, apiVersion: 'a/b/c' } }),
  bad('metrics', 'metrics no list', { metrics: {} }),
  bad('metrics[0].type', 'no type', metrics({})),
  bad('metrics[0].type', 'empty type', metrics({ type: '' })),
  bad('metrics[0].resource', 'type without its struct', metrics({ type: 'Resource' })),
  bad('metrics[1].resource', 'a second metric without its struct', metrics(cpu, { type: 'Resource' })),
  bad(
    'metrics[0].pods',
    'struct of another type beside',
    metrics({ ...cpu, ...podsMetric(averageValue(1)), type: 'Resource' }),
  ),
  bad(
    'metrics[0].external',
    'struct of another type instead',
    metrics({ type: 'Resource', external: externalMetric(value(1)).external }),
  ),
  bad('metrics[0].resource.name', 'no resource name', metrics(resource(averageValue(1), ''))),
  bad('metrics[0].resource.target', 'no target', metrics({ type: 'Resource', resource: { name: 'cpu' } })),
  bad('metrics[0].resource.target.type', 'no target type', metrics(resource({ averageUtilization: 1 }))),
  bad(
    'metrics[0].resource.target.type',
    'unknown target type',
    metrics(resource({ type: 'Percent', averageUtilization: 1 })),
  ),
  bad('metrics[0].resource.target', 'neither target', metrics(resource({ type: 'Utilization' }))),
  bad('metrics[0].resource.target', 'value alone', metrics(resource(value(1)))),
  bad(
    'metrics[0].resource.target',
    'both targets',
    metrics(resource({ type: 'Utilization', averageUtilization: 1, averageValue: 1 })),
  ),
  bad(
    'metrics[0].resource.target.averageUtilization',
    'utilization 0',
    metrics(resource({ type: 'Utilization', averageUtilization: 0 })),
  ),
  bad(
    'metrics[0].resource.target.averageUtilization',
    'utilization negative',
    metrics(resource({ type: 'Utilization', averageUtilization: -5 })),
  ),
  bad(
    'metrics[0].containerResource.container',
    'no container',
    metrics({ type: 'ContainerResource', containerResource: { name: 'cpu', target: averageValue(1) } }),
  ),
  bad(
    'metrics[0].containerResource.container',
    'container no label',
    metrics(containerResource(averageValue(1), 'cpu', 'App_1')),
  ),
  bad(
    'metrics[0].containerResource.name',
    'container resource of no standard',
    metrics(containerResource(averageValue(1), 'gpu')),
  ),
  bad(
    'metrics[0].containerResource.name',
    'container resource that is a quota',
    metrics(containerResource(averageValue(1), 'requests.nvidia.com/gpu')),
  ),
  bad(
    'metrics[0].containerResource.target',
    'container with neither',
    metrics(containerResource({ type: 'Utilization' })),
  ),
  bad(
    'metrics[0].containerResource.target',
    'container with both',
    metrics(containerResource({ type: 'Utilization', averageUtilization: 1, averageValue: 1 })),
  ),
  bad('metrics[0].pods.target.averageValue', 'pods by value', metrics(podsMetric(value(1)))),
  bad('metrics[0].pods.metric.name', 'pods metric without name', metrics(podsMetric(averageValue(1), {}))),
  bad('metrics[0].pods.metric.name', 'pods metric with a slash', metrics(podsMetric(averageValue(1), { name: 'a/b' }))),
  bad(
    'metrics[0].object.target',
    'object by utilization',
    metrics(objectMetric({ type: 'Utilization', averageUtilization: 1 })),
  ),
  bad(
    'metrics[0].object.describedObject.name',
    'object without name',
    metrics(objectMetric(value(1), { kind: 'Service' })),
  ),
  bad(
    'metrics[0].object.describedObject.kind',
    'object kind with a slash',
    metrics(objectMetric(value(1), { kind: 'a/b', name: 'a' })),
  ),
  bad(
    'metrics[0].object.describedObject.apiVersion',
    'object version with two slashes',
    metrics(objectMetric(value(1), { ...route, apiVersion: 'a/b/c' })),
  ),
  bad('metrics[0].external.target', 'external with neither', metrics(externalMetric({ type: 'Value' }))),
  bad(
    'metrics[0].external.target',
    'external with both',
    metrics(externalMetric({ type: 'Value', value: 1, averageValue: 1 })),
  ),
  bad('metrics[0].external.metric.name', 'external metric ..', metrics(externalMetric(value(1), { name: '..' }))),
  ...[
    0,
    -1,
    '0',
    '-1',
    '0m',
    '0.000',
    '-0.5Gi',
    '',
    'NaN',
    'Infinity',
    '1_000',
    '1.2.3',
    'Mi',
    '1mi',
    '0x10',
    '1e',
    '1e1.5',
  ].map((quantity) =>
    bad(
      'metrics[0].external.target.value',
      `quantity ${JSON.stringify(quantity)}`,
      metrics(externalMetric(value(quantity))),
    ),
  ),
  bad('metrics[0].resource.target.averageValue', 'average value 0', metrics(resource(averageValue('0')))),
  bad('metrics[0].pods.target.averageValue', 'average value negative', metrics(podsMetric(averageValue('-1')))),
  bad('behavior.scaleUp.stabilizationWindowSeconds', 'window negative', up({ stabilizationWindowSeconds: -1 })),
  bad('behavior.scaleDown.stabilizationWindowSeconds', 'window 3601', down({ stabilizationWindowSeconds: 3601 })),
  bad('behavior.scaleDown.stabilizationWindowSeconds', 'window fraction', down({ stabilizationWindowSeconds: 1.5 })),
  bad('behavior.scaleDown.stabilizationWindowSeconds', 'window text', down({ stabilizationWindowSeconds: '5m' })),
  bad('behavior.scaleUp.selectPolicy', 'unknown select policy', up({ selectPolicy: 'Average' })),
  bad('behavior.scaleUp.policies', 'no policy', up({ policies: [] })),
  bad(
    'behavior.scaleUp.policies[0].type',
    'unknown policy type',
    up({ policies: [{ type: 'Cores', value: 1, periodSeconds: 1 }] }),
  ),
  bad(
    'behavior.scaleUp.policies[0].value',
    'policy value 0',
    up({ policies: [{ type: 'Pods', value: 0, periodSeconds: 1 }] }),
  ),
  bad(
    'behavior.scaleDown.policies[0].value',
    'policy value missing',
    down({ policies: [{ type: 'Pods', periodSeconds: 1 }] }),
  ),
  bad(
    'behavior.scaleUp.policies[0].periodSeconds',
    'period 0',
    up({ policies: [{ type: 'Pods', value: 1, periodSeconds: 0 }] }),
  ),
  bad(
    'behavior.scaleUp.policies[0].periodSeconds',
    'period 1801',
    up({ policies: [{ type: 'Pods', value: 1, periodSeconds: 1801 }] }),
  ),
  ...[-1, '-0.1', '-1m', '10%', 'a', ''].map((tolerance) =>
    bad('behavior.scaleUp.tolerance', `tolerance ${JSON.stringify(tolerance)}`, up({ tolerance })),
  ),
];

/** Valid, with fields that an HPA does not have. */
export const VALID_OWN_SPECS: readonly SpecVector[] = [
  good('prometheus', metrics(prometheusMetric())),
  good('prometheus average value', metrics(prometheusMetric({ target: averageValue('1.5') }))),
  good(
    'prometheus with everything',
    metrics(prometheusMetric({ source: 'eu-1', timestampQuery: 'min(timestamp(up))' })),
  ),
  good('zero with prometheus', { minReplicas: 0, metrics: [prometheusMetric()] }),
  good('names', metrics({ ...cpu, name: 'cpu' }, { ...cpu, name: 'cpu.b/1_x-y' }, cpu)),
  good(
    'metric fields',
    metrics({ ...cpu, maxAgeSeconds: 1, direction: 'Up' }, { ...cpu, maxAgeSeconds: 86_400, direction: 'Down' }),
  ),
  good('spec fields', {
    syncPeriodSeconds: 1,
    mode: 'Recommend',
    guards: 'Disabled',
    initialization: { cpuInitializationPeriodSeconds: 0, initialReadinessDelaySeconds: 86_400 },
  }),
  good('longest period', { syncPeriodSeconds: 3600, initialization: {} }),
];

/** Refused: limits of fields that an HPA does not have, and of lists and texts that an HPA leaves open. */
export const INVALID_OWN_SPECS: readonly BadSpecVector[] = [
  bad('metrics', 'a hundred and one metrics', { metrics: Array.from({ length: 101 }, () => cpu) }),
  bad('metrics', 'a name given twice', metrics({ ...cpu, name: 'a' }, { ...cpu, name: 'b' }, { ...cpu, name: 'a' })),
  bad('metrics[0].name', 'an empty name', metrics({ ...cpu, name: '' })),
  bad('metrics[0].name', 'a name with spaces', metrics({ ...cpu, name: 'a b' })),
  bad('metrics[0].name', 'a name too long', metrics({ ...cpu, name: 'a'.repeat(64) })),
  bad('metrics[0].maxAgeSeconds', 'age 0', metrics({ ...cpu, maxAgeSeconds: 0 })),
  bad('metrics[0].maxAgeSeconds', 'age of more than a day', metrics({ ...cpu, maxAgeSeconds: 86_401 })),
  bad('metrics[0].direction', 'unknown direction', metrics({ ...cpu, direction: 'Sideways' })),
  bad('metrics[0].prometheus', 'no query', metrics({ type: 'Prometheus' })),
  bad('metrics[0].prometheus.query', 'an empty query', metrics(prometheusMetric({ query: ' \n' }))),
  bad('metrics[0].prometheus.source', 'a source with capitals', metrics(prometheusMetric({ source: 'Default' }))),
  bad(
    'metrics[0].prometheus.timestampQuery',
    'an empty timestamp query',
    metrics(prometheusMetric({ timestampQuery: '' })),
  ),
  bad(
    'metrics[0].prometheus.target',
    'prometheus with neither',
    metrics(prometheusMetric({ target: { type: 'Value' } })),
  ),
  bad(
    'metrics[0].prometheus.target',
    'prometheus with both',
    metrics(prometheusMetric({ target: { type: 'Value', value: 1, averageValue: 1 } })),
  ),
  bad('metrics[0].prometheus.target.value', 'prometheus target 0', metrics(prometheusMetric({ target: value(0) }))),
  bad(
    'metrics[0].external.target.value',
    'a quantity with spaces, which the API server trims in an HPA',
    metrics(externalMetric(value(' 1'))),
  ),
  bad('syncPeriodSeconds', 'period 0', { syncPeriodSeconds: 0 }),
  bad('syncPeriodSeconds', 'period 3601', { syncPeriodSeconds: 3601 }),
  bad('syncPeriodSeconds', 'period fraction', { syncPeriodSeconds: 0.001 }),
  bad('mode', 'unknown mode', { mode: 'Off' }),
  bad('guards', 'guards as a boolean', { guards: false }),
  bad('initialization.cpuInitializationPeriodSeconds', 'negative', {
    initialization: { cpuInitializationPeriodSeconds: -1 },
  }),
  bad('initialization.initialReadinessDelaySeconds', 'more than a day', {
    initialization: { initialReadinessDelaySeconds: 86_401 },
  }),
];

export const VALID_SPECS: readonly SpecVector[] = [...VALID_HPA_SPECS, ...VALID_OWN_SPECS];
export const INVALID_SPECS: readonly BadSpecVector[] = [...INVALID_HPA_SPECS, ...INVALID_OWN_SPECS];

// The defaults the real server writes into built-in objects, as far as clients see or depend on them.

import { asArray, asObject, asString, isObject, type JsonObject } from '../json-values.ts';
import type { KubeObject } from '../objects.ts';
import { jobSpec } from './job-rules.ts';

/** The object with its defaults, by storage key. */
export function defaultBuiltin(key: string, object: KubeObject): KubeObject {
  const rule = rules[key];
  return rule === undefined ? object : rule(object);
}

type Rule = (object: KubeObject) => KubeObject;

const rules: Record<string, Rule> = {
  'deployments.apps': (object) => defaultSpec(object, deploymentSpec),
  'replicasets.apps': (object) => defaultLabels(defaultSpec(object, replicaSetSpec)),
  'statefulsets.apps': (object) => defaultSpec(object, statefulSetSpec),
  'daemonsets.apps': (object) => defaultSpec(object, daemonSetSpec),
  replicationcontrollers: (object) => defaultSpec(object, replicationControllerSpec),
  'jobs.batch': (object) =>
    defaultSpec(object, (spec) => jobSpec({ ...spec, template: template(spec.template, 'Always') }, object)),
  pods: (object) => ({
    ...defaultSpec(object, podSpec),
    status: { phase: 'Pending', qosClass: 'BestEffort', ...asObject(object.status) },
  }),
  services: (object) => defaultSpec(object, serviceSpec),
  'horizontalpodautoscalers.autoscaling': (object) => defaultSpec(object, hpaSpec),
  namespaces: (object) => ({
    ...object,
    metadata: {
      ...object.metadata,
      labels: { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name },
    },
    spec: { finalizers: ['kubernetes'], ...asObject(object.spec) },
    status: { phase: 'Active', ...asObject(object.status) },
  }),
  secrets: (object) => defaultSecret(object),
  events: (object) => ({ type: 'Normal', ...object }),
  'customresourcedefinitions.apiextensions.k8s.io': (object) => defaultSpec(object, crdSpec),
  'rolebindings.rbac.authorization.k8s.io': (object) => defaultBinding(object),
  'clusterrolebindings.rbac.authorization.k8s.io': (object) => defaultBinding(object),
};

function defaultSpec(object: KubeObject, fill: (spec: JsonObject, object: KubeObject) => JsonObject): KubeObject {
  return { ...object, spec: fill(asObject(object.spec), object) };
}

function deploymentSpec(spec: JsonObject): JsonObject {
  return {
    replicas: 1,
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
    ...spec,
    strategy: rollingStrategy(asObject(spec.strategy), { maxSurge: '25%', maxUnavailable: '25%' }),
    template: template(spec.template, 'Always'),
  };
}

function rollingStrategy(strategy: JsonObject, defaults: JsonObject): JsonObject {
  const type = strategy.type ?? 'RollingUpdate';
  if (type !== 'RollingUpdate') return { ...strategy, type };
  return { ...strategy, type, rollingUpdate: { ...defaults, ...asObject(strategy.rollingUpdate) } };
}

function replicaSetSpec(spec: JsonObject): JsonObject {
  return { replicas: 1, ...spec, template: template(spec.template, 'Always') };
}

function defaultLabels(object: KubeObject): KubeObject {
  const labels = asObject(asObject(asObject(asObject(object.spec).template).metadata).labels);
  if (object.metadata.labels !== undefined || Object.keys(labels).length === 0) return object;
  return { ...object, metadata: { ...object.metadata, labels: labels as Record<string, string> } };
}

function replicationControllerSpec(spec: JsonObject): JsonObject {
  const filled = replicaSetSpec(spec);
  const labels = asObject(asObject(filled.template).metadata).labels;
  return filled.selector === undefined && labels !== undefined ? { ...filled, selector: labels } : filled;
}

function statefulSetSpec(spec: JsonObject): JsonObject {
  return {
    replicas: 1,
    revisionHistoryLimit: 10,
    podManagementPolicy: 'OrderedReady',
    ...spec,
    updateStrategy: rollingStrategy(asObject(spec.updateStrategy), { partition: 0 }),
    persistentVolumeClaimRetentionPolicy: {
      whenDeleted: 'Retain',
      whenScaled: 'Retain',
      ...asObject(spec.persistentVolumeClaimRetentionPolicy),
    },
    template: template(spec.template, 'Always'),
  };
}

function daemonSetSpec(spec: JsonObject): JsonObject {
  return {
    revisionHistoryLimit: 10,
    ...spec,
    updateStrategy: rollingStrategy(asObject(spec.updateStrategy), { maxSurge: 0, maxUnavailable: 1 }),
    template: template(spec.template, 'Always'),
  };
}

function template(given: unknown, restartPolicy: string): JsonObject {
  const pod = asObject(given);
  const metadata: JsonObject = isObject(pod.metadata) ? pod.metadata : {};
  if (!('creationTimestamp' in metadata)) metadata.creationTimestamp = null;
  return { ...pod, metadata, spec: podSpec({ restartPolicy, ...asObject(pod.spec) }) };
}

function podSpec(spec: JsonObject): JsonObject {
  const filled: JsonObject = {
    restartPolicy: 'Always',
    terminationGracePeriodSeconds: 30,
    dnsPolicy: 'ClusterFirst',
    schedulerName: 'default-scheduler',
    securityContext: {},
    ...spec,
  };
  for (const key of ['containers', 'initContainers']) {
    if (Array.isArray(spec[key])) filled[key] = asArray(spec[key]).map((it) => container(asObject(it)));
  }
  return filled;
}

function container(given: JsonObject): JsonObject {
  const image = asString(given.image);
  const isLatest = !/[:@]/.test(image.slice(image.lastIndexOf('/') + 1)) || image.endsWith(':latest');
  const filled: JsonObject = {
    resources: {},
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    imagePullPolicy: isLatest ? 'Always' : 'IfNotPresent',
    ...given,
  };
  if (Array.isArray(given.ports))
    filled.ports = asArray(given.ports).map((port) => ({ protocol: 'TCP', ...asObject(port) }));
  for (const key of ['readinessProbe', 'livenessProbe', 'startupProbe']) {
    if (isObject(given[key])) filled[key] = probe(given[key]);
  }
  filled.resources = withRequests(asObject(filled.resources));
  return filled;
}

/** A limit without a request is the request, too. */
function withRequests(resources: JsonObject): JsonObject {
  if (!isObject(resources.limits)) return resources;
  return { ...resources, requests: { ...resources.limits, ...asObject(resources.requests) } };
}

function probe(given: JsonObject): JsonObject {
  const filled: JsonObject = {
    timeoutSeconds: 1,
    periodSeconds: 10,
    successThreshold: 1,
    failureThreshold: 3,
    ...given,
  };
  if (isObject(given.httpGet)) filled.httpGet = { path: '/', scheme: 'HTTP', ...given.httpGet };
  return filled;
}

function serviceSpec(spec: JsonObject): JsonObject {
  const type = spec.type ?? 'ClusterIP';
  const clusterIP = spec.clusterIP ?? (type === 'ExternalName' ? undefined : '127.0.0.1');
  return {
    sessionAffinity: 'None',
    internalTrafficPolicy: 'Cluster',
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    ...spec,
    type,
    ...(clusterIP === undefined ? {} : { clusterIP, clusterIPs: [clusterIP] }),
    ...(Array.isArray(spec.ports) ? { ports: asArray(spec.ports).map(servicePort) } : {}),
  };
}

function servicePort(given: unknown): JsonObject {
  const port = asObject(given);
  return { protocol: 'TCP', ...port, targetPort: port.targetPort ?? port.port };
}

function hpaSpec(spec: JsonObject): JsonObject {
  const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } };
  return {
    minReplicas: 1,
    ...spec,
    metrics: asArray(spec.metrics).length === 0 ? [cpu] : spec.metrics,
    ...(isObject(spec.behavior) ? { behavior: hpaBehavior(spec.behavior) } : {}),
  };
}

function hpaBehavior(behavior: JsonObject): JsonObject {
  const percent = { type: 'Percent', value: 100, periodSeconds: 15 };
  return {
    scaleUp: {
      stabilizationWindowSeconds: 0,
      selectPolicy: 'Max',
      policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }, percent],
      ...asObject(behavior.scaleUp),
    },
    scaleDown: { selectPolicy: 'Max', policies: [percent], ...asObject(behavior.scaleDown) },
  };
}

function defaultSecret(object: KubeObject): KubeObject {
  const { stringData, ...rest } = object;
  const texts = Object.entries(asObject(stringData)).map(([key, value]) => [
    key,
    Buffer.from(String(value)).toString('base64'),
  ]);
  const data = { ...asObject(object.data), ...Object.fromEntries(texts) };
  return { type: 'Opaque', ...rest, ...(Object.keys(data).length === 0 ? {} : { data }) };
}

function crdSpec(spec: JsonObject): JsonObject {
  const names = asObject(spec.names);
  const kind = asString(names.kind);
  return {
    conversion: { strategy: 'None' },
    ...spec,
    names: { singular: kind.toLowerCase(), listKind: `${kind}List`, ...names },
  };
}

function defaultBinding(object: KubeObject): KubeObject {
  const subjects = asArray(object.subjects).map((subject) => {
    const given = asObject(subject);
    return given.kind === 'ServiceAccount' ? given : { apiGroup: 'rbac.authorization.k8s.io', ...given };
  });
  return {
    ...object,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', ...asObject(object.roleRef) },
    ...(object.subjects === undefined ? {} : { subjects }),
  };
}

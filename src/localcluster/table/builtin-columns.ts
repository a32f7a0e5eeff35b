// What `kubectl get` shows of built-in kinds.

import { asArray, asObject, asString, asText, getPath, isObject } from '../json-values.ts';
import type { KubeObject } from '../objects.ts';
import { jobState } from '../resources/job-rules.ts';
import { selectorText } from '../resources/scale.ts';
import { ageOf, humanDuration } from './age.ts';
import { ageColumn, createdColumn, nameColumn, numberColumn, type TableColumn, textColumn, wide } from './column.ts';
import { hpaMetricsText } from './hpa-columns.ts';
import { podColumns } from './pod-columns.ts';

export function builtinColumns(key: string): TableColumn[] | undefined {
  return tables[key];
}

const number = (object: KubeObject, path: string): number => Number(getPath(object, path) ?? 0);
const text = (object: KubeObject, path: string): string => asString(getPath(object, path));
const orNone = (value: string): string => (value === '' ? '<none>' : value);

const podSpecOf = (object: KubeObject) => asObject(asObject(asObject(object.spec).template).spec);
const containerTexts = (object: KubeObject, field: string): string =>
  asArray(podSpecOf(object).containers)
    .map((it) => asString(asObject(it)[field]))
    .join(',');

const templateColumns: TableColumn[] = [
  wide(textColumn('Containers', (object) => containerTexts(object, 'name'))),
  wide(textColumn('Images', (object) => containerTexts(object, 'image'))),
];
const selectorColumn = wide(textColumn('Selector', (object) => orNone(selectorText(asObject(object.spec).selector))));

const readyOf = (object: KubeObject, wanted = '.spec.replicas') =>
  `${number(object, '.status.readyReplicas')}/${number(object, wanted)}`;

const replicaCounts = [
  numberColumn('Desired', (object) => number(object, '.spec.replicas')),
  numberColumn('Current', (object) => number(object, '.status.replicas')),
  numberColumn('Ready', (object) => number(object, '.status.readyReplicas')),
];

const tables: Record<string, TableColumn[]> = {
  pods: podColumns,
  'deployments.apps': [
    nameColumn,
    textColumn('Ready', (object) => readyOf(object)),
    numberColumn('Up-to-date', (object) => number(object, '.status.updatedReplicas')),
    numberColumn('Available', (object) => number(object, '.status.availableReplicas')),
    ageColumn,
    ...templateColumns,
    selectorColumn,
  ],
  'replicasets.apps': [nameColumn, ...replicaCounts, ageColumn, ...templateColumns, selectorColumn],
  replicationcontrollers: [nameColumn, ...replicaCounts, ageColumn, ...templateColumns, selectorColumn],
  'statefulsets.apps': [nameColumn, textColumn('Ready', (object) => readyOf(object)), ageColumn, ...templateColumns],
  'daemonsets.apps': [
    nameColumn,
    numberColumn('Desired', (object) => number(object, '.status.desiredNumberScheduled')),
    numberColumn('Current', (object) => number(object, '.status.currentNumberScheduled')),
    numberColumn('Ready', (object) => number(object, '.status.numberReady')),
    numberColumn('Up-to-date', (object) => number(object, '.status.updatedNumberScheduled')),
    numberColumn('Available', (object) => number(object, '.status.numberAvailable')),
    ageColumn,
    ...templateColumns,
    selectorColumn,
  ],
  'jobs.batch': [
    nameColumn,
    textColumn('Status', jobState),
    textColumn('Completions', jobCompletions),
    textColumn('Duration', jobDuration),
    ageColumn,
    ...templateColumns,
    selectorColumn,
  ],
  services: [
    nameColumn,
    textColumn('Type', (object) => text(object, '.spec.type')),
    textColumn('Cluster-IP', (object) => orNone(text(object, '.spec.clusterIP'))),
    textColumn('External-IP', () => '<none>'),
    textColumn('Port(s)', (object) => orNone(asArray(asObject(object.spec).ports).map(portText).join(','))),
    ageColumn,
    wide(textColumn('Selector', (object) => orNone(selectorText(asObject(object.spec).selector)))),
  ],
  events: [
    textColumn('Last Seen', (object, now) => ageOf(lastSeen(object), now)),
    textColumn('Type', (object) => text(object, '.type')),
    textColumn('Reason', (object) => text(object, '.reason')),
    textColumn('Object', (object) => objectText(object.involvedObject)),
    wide(textColumn('Subobject', (object) => text(object, '.involvedObject.fieldPath'))),
    wide(textColumn('Source', (object) => text(object, '.source.component') || text(object, '.reportingComponent'))),
    textColumn('Message', (object) => text(object, '.message').trim()),
    wide(textColumn('First Seen', (object, now) => ageOf(object.firstTimestamp ?? object.eventTime, now))),
    wide(numberColumn('Count', (object) => Number(getPath(object, '.series.count') ?? object.count ?? 1))),
    wide(nameColumn),
  ],
  'leases.coordination.k8s.io': [
    nameColumn,
    textColumn('Holder', (object) => text(object, '.spec.holderIdentity')),
    ageColumn,
  ],
  namespaces: [nameColumn, textColumn('Status', (object) => text(object, '.status.phase')), ageColumn],
  nodes: [
    nameColumn,
    textColumn('Status', nodeStatus),
    textColumn('Roles', () => '<none>'),
    ageColumn,
    textColumn('Version', (object) => text(object, '.status.nodeInfo.kubeletVersion')),
  ],
  configmaps: [nameColumn, numberColumn('Data', (object) => dataCount(object)), ageColumn],
  secrets: [
    nameColumn,
    textColumn('Type', (object) => text(object, '.type')),
    numberColumn('Data', (object) => dataCount(object)),
    ageColumn,
  ],
  serviceaccounts: [nameColumn, numberColumn('Secrets', (object) => asArray(object.secrets).length), ageColumn],
  endpoints: [nameColumn, textColumn('Endpoints', endpointsText), ageColumn],
  'customresourcedefinitions.apiextensions.k8s.io': [nameColumn, createdColumn],
  'apiservices.apiregistration.k8s.io': [
    nameColumn,
    textColumn('Service', (object) => orLocal(object)),
    textColumn('Available', () => 'True'),
    ageColumn,
  ],
  'roles.rbac.authorization.k8s.io': [nameColumn, createdColumn],
  'clusterroles.rbac.authorization.k8s.io': [nameColumn, createdColumn],
  'rolebindings.rbac.authorization.k8s.io': [nameColumn, textColumn('Role', roleText), ageColumn],
  'clusterrolebindings.rbac.authorization.k8s.io': [nameColumn, textColumn('Role', roleText), ageColumn],
  'poddisruptionbudgets.policy': [
    nameColumn,
    textColumn('Min Available', (object) => asText(getPath(object, '.spec.minAvailable'), 'N/A')),
    textColumn('Max Unavailable', (object) => asText(getPath(object, '.spec.maxUnavailable'), 'N/A')),
    numberColumn('Allowed Disruptions', (object) => number(object, '.status.disruptionsAllowed')),
    ageColumn,
  ],
  'horizontalpodautoscalers.autoscaling': [
    nameColumn,
    textColumn(
      'Reference',
      (object) => `${text(object, '.spec.scaleTargetRef.kind')}/${text(object, '.spec.scaleTargetRef.name')}`,
    ),
    textColumn('Targets', hpaMetricsText),
    textColumn('MinPods', (object) => asText(getPath(object, '.spec.minReplicas'), '<unset>')),
    numberColumn('MaxPods', (object) => number(object, '.spec.maxReplicas')),
    numberColumn('Replicas', (object) => number(object, '.status.currentReplicas')),
    ageColumn,
  ],
};

function jobCompletions(job: KubeObject): string {
  const done = number(job, '.status.succeeded');
  const wanted = getPath(job, '.spec.completions');
  if (wanted !== undefined) return `${done}/${asText(wanted)}`;
  const parallelism = number(job, '.spec.parallelism');
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`;
}

function jobDuration(job: KubeObject, now: number): string {
  const [start, end] = [text(job, '.status.startTime'), text(job, '.status.completionTime')];
  if (start === '') return '';
  return humanDuration((end === '' ? now : Date.parse(end)) - Date.parse(start));
}

function portText(given: unknown): string {
  const { port, nodePort, protocol } = asObject(given);
  return `${asText(port)}${nodePort === undefined ? '' : `:${asText(nodePort)}`}/${asString(protocol)}`;
}

function lastSeen(event: KubeObject): unknown {
  return getPath(event, '.series.lastObservedTime') ?? event.lastTimestamp ?? event.eventTime;
}

function objectText(reference: unknown): string {
  const { kind, name } = asObject(reference);
  return `${asString(kind).toLowerCase()}/${asString(name)}`;
}

function nodeStatus(node: KubeObject): string {
  const ready = asArray(asObject(node.status).conditions).find((it) => asObject(it).type === 'Ready');
  return asObject(ready).status === 'True' ? 'Ready' : 'NotReady';
}

function dataCount(object: KubeObject): number {
  return Object.keys(asObject(object.data)).length + Object.keys(asObject(object.binaryData)).length;
}

function endpointsText(object: KubeObject): string {
  const addresses = asArray(object.subsets).flatMap((subset) => {
    const { addresses: list, ports } = asObject(subset);
    return asArray(list).flatMap((it) =>
      asArray(ports).map((port) => `${asString(asObject(it).ip)}:${asText(asObject(port).port)}`),
    );
  });
  return orNone(addresses.slice(0, 3).join(',') + (addresses.length > 3 ? ` + ${addresses.length - 3} more...` : ''));
}

function orLocal(service: KubeObject): string {
  const reference = asObject(service.spec).service;
  return isObject(reference) ? `${asString(reference.namespace)}/${asString(reference.name)}` : 'Local';
}

function roleText(binding: KubeObject): string {
  return `${text(binding, '.roleRef.kind')}/${text(binding, '.roleRef.name')}`;
}

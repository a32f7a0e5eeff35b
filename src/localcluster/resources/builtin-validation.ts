// What makes an obviously wrong built-in object fail, with the messages of the real server.

import { asArray, asObject, asString, equalJson, isObject, type JsonObject } from '../json-values.ts';
import type { KubeObject } from '../objects.ts';
import { invalidValue, requiredValue, type StatusCause, tooLong, unsupportedValue } from '../status.ts';
import { crdCauses } from './crd-validation.ts';
import type { ResourceDefinition } from './definition.ts';
import { eventCauses } from './event-validation.ts';
import { hpaCauses } from './hpa-validation.ts';
import { jobCauses } from './job-rules.ts';

type Rule = (object: KubeObject, current: KubeObject | undefined) => StatusCause[];

export function builtinCauses(definition: ResourceDefinition, object: KubeObject, current?: KubeObject): StatusCause[] {
  if (definition.key === 'events') return eventCauses(definition, object, current);
  return rules[definition.key]?.(object, current) ?? [];
}

const rules: Record<string, Rule> = {
  'deployments.apps': workloadCauses,
  'replicasets.apps': workloadCauses,
  'statefulsets.apps': workloadCauses,
  'daemonsets.apps': workloadCauses,
  replicationcontrollers: (object) => nonNegative(asObject(object.spec), 'replicas'),
  'jobs.batch': (object, current) => [
    ...jobCauses(object, current),
    ...podCauses(asObject(asObject(asObject(object.spec).template).spec), 'spec.template.spec'),
  ],
  pods: (object, current) => (current === undefined ? podCauses(asObject(object.spec), 'spec') : []),
  services: serviceCauses,
  configmaps: dataCauses,
  secrets: dataCauses,
  'leases.coordination.k8s.io': leaseCauses,
  'horizontalpodautoscalers.autoscaling': (object) => hpaCauses(asObject(object.spec)),
  'customresourcedefinitions.apiextensions.k8s.io': (object) => crdCauses(object),
  'rolebindings.rbac.authorization.k8s.io': bindingCauses,
  'clusterrolebindings.rbac.authorization.k8s.io': bindingCauses,
};

function workloadCauses(object: KubeObject, current: KubeObject | undefined): StatusCause[] {
  const spec = asObject(object.spec);
  const template = asObject(spec.template);
  const causes = [
    ...nonNegative(spec, 'replicas'),
    ...nonNegative(spec, 'minReadySeconds'),
    ...nonNegative(spec, 'revisionHistoryLimit'),
  ];
  causes.push(...selectorCauses(spec, asObject(asObject(template.metadata).labels)));
  if (current !== undefined && !equalJson(asObject(current.spec).selector, spec.selector)) {
    causes.push(invalidValue('spec.selector', spec.selector, 'field is immutable'));
  }
  return [...causes, ...podCauses(asObject(template.spec), 'spec.template.spec')];
}

function selectorCauses(spec: JsonObject, labels: JsonObject): StatusCause[] {
  if (!isObject(spec.selector)) return [requiredValue('spec.selector')];
  const matchLabels = asObject(spec.selector.matchLabels);
  if (Object.keys(matchLabels).length === 0 && asArray(spec.selector.matchExpressions).length === 0) {
    return [invalidValue('spec.selector', spec.selector, 'empty selector is invalid for deployment')];
  }
  if (Object.entries(matchLabels).every(([key, value]) => labels[key] === value)) return [];
  return [invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`')];
}

function nonNegative(spec: JsonObject, field: string): StatusCause[] {
  const value = spec[field];
  if (typeof value !== 'number' || value >= 0) return [];
  return [invalidValue(`spec.${field}`, value, 'must be greater than or equal to 0')];
}

function podCauses(spec: JsonObject, path: string): StatusCause[] {
  const containers = asArray(spec.containers).map(asObject);
  if (containers.length === 0) return [requiredValue(`${path}.containers`)];
  const names = new Set<string>();
  return containers.flatMap((container, index) => containerCauses(container, `${path}.containers[${index}]`, names));
}

function containerCauses(container: JsonObject, path: string, names: Set<string>): StatusCause[] {
  const name = asString(container.name);
  const causes: StatusCause[] = [];
  if (name === '') causes.push(requiredValue(`${path}.name`));
  else if (names.has(name))
    causes.push({
      reason: 'FieldValueDuplicate',
      message: `Duplicate value: ${JSON.stringify(name)}`,
      field: `${path}.name`,
    });
  names.add(name);
  if (asString(container.image) === '') causes.push(requiredValue(`${path}.image`));
  asArray(container.ports).forEach((port, index) =>
    causes.push(...portCauses(asObject(port).containerPort, `${path}.ports[${index}].containerPort`)),
  );
  return causes;
}

function portCauses(port: unknown, path: string): StatusCause[] {
  if (port === undefined) return [requiredValue(path)];
  return typeof port === 'number' && port >= 1 && port <= 65_535
    ? []
    : [invalidValue(path, port, 'must be between 1 and 65535, inclusive')];
}

const maxDataBytes = 1024 * 1024;

function dataCauses({ data }: KubeObject): StatusCause[] {
  const size = Object.values(asObject(data)).reduce(
    (sum: number, value) => sum + Buffer.byteLength(asString(value)),
    0,
  );
  return size > maxDataBytes ? [tooLong('', maxDataBytes)] : [];
}

const serviceTypes = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];

function serviceCauses(object: KubeObject): StatusCause[] {
  const spec = asObject(object.spec);
  const causes: StatusCause[] = [];
  if (!serviceTypes.includes(asString(spec.type))) causes.push(unsupportedValue('spec.type', spec.type, serviceTypes));
  const ports = asArray(spec.ports).map(asObject);
  if (ports.length === 0 && spec.type !== 'ExternalName' && spec.clusterIP !== 'None')
    causes.push(requiredValue('spec.ports'));
  ports.forEach((port, index) => {
    causes.push(...portCauses(port.port, `spec.ports[${index}].port`));
    if (ports.length > 1 && asString(port.name) === '') causes.push(requiredValue(`spec.ports[${index}].name`));
  });
  return causes;
}

function leaseCauses(object: KubeObject): StatusCause[] {
  const spec = asObject(object.spec);
  const causes: StatusCause[] = [];
  const duration = spec.leaseDurationSeconds;
  if (typeof duration === 'number' && duration <= 0)
    causes.push(invalidValue('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
  const transitions = spec.leaseTransitions;
  if (typeof transitions === 'number' && transitions < 0)
    causes.push(invalidValue('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'));
  return causes;
}

function bindingCauses(object: KubeObject, current: KubeObject | undefined): StatusCause[] {
  const roleRef = asObject(object.roleRef);
  if (asString(roleRef.name) === '') return [requiredValue('roleRef.name')];
  if (current !== undefined && !equalJson(current.roleRef, object.roleRef))
    return [invalidValue('roleRef', object.roleRef, 'cannot change roleRef')];
  return [];
}

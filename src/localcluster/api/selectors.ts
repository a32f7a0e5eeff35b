// Label and field selectors of lists and watches.

import { asObject, getPath } from '../json-values.ts';
import type { KubeObject } from '../objects.ts';
import { badRequest } from '../status.ts';

export type Matcher = (object: KubeObject) => boolean;

/** Labels given by their map, for what is not a whole object (pod metrics). Throws 400 on a selector that cannot be read. */
export function parseLabelSelector(text: string): (labels: Record<string, string>) => boolean {
  const requirements = splitRequirements(text).map(parseRequirement);
  return (labels) => requirements.every((matches) => matches(labels));
}

/** Commas separate requirements, except inside the parentheses of `in (a, b)`. */
function splitRequirements(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

const labelKey = String.raw`([A-Za-z0-9](?:[A-Za-z0-9_./-]*[A-Za-z0-9])?)`;
const exists = new RegExp(`^(!?)\\s*${labelKey}$`);
const equals = new RegExp(`^${labelKey}\\s*(==|=|!=)\\s*([A-Za-z0-9_.-]*)$`);
const isIn = new RegExp(`^${labelKey}\\s+(in|notin)\\s*\\(([^()]*)\\)$`);

function parseRequirement(text: string): (labels: Record<string, string>) => boolean {
  const existence = exists.exec(text);
  if (existence !== null) return (labels) => Object.hasOwn(labels, existence[2] ?? '') === (existence[1] === '');
  const equality = equals.exec(text);
  if (equality !== null) {
    const [, key = '', operator, value = ''] = equality;
    return (labels) => (labels[key] === value) === (operator !== '!=');
  }
  const membership = isIn.exec(text);
  if (membership === null) throw badRequest(`unable to parse requirement: ${text}`);
  const [, key = '', operator, list = ''] = membership;
  const values = new Set(list.split(',').map((value) => value.trim()));
  return (labels) => (Object.hasOwn(labels, key) && values.has(labels[key] ?? '')) === (operator === 'in');
}

export function labelMatcher(text: string): Matcher {
  const matches = parseLabelSelector(text);
  return (object) => matches(object.metadata.labels ?? {});
}

/** Fields that may be selected beside name and namespace, by storage key. */
const selectable: Record<string, readonly string[]> = {
  pods: [
    'spec.nodeName',
    'spec.restartPolicy',
    'spec.schedulerName',
    'spec.serviceAccountName',
    'status.phase',
    'status.podIP',
  ],
  nodes: ['spec.unschedulable'],
  namespaces: ['status.phase'],
  secrets: ['type'],
  replicationcontrollers: ['status.replicas'],
  'replicasets.apps': ['status.replicas'],
  'jobs.batch': ['status.successful'],
  events: [
    ...['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map(
      (it) => `involvedObject.${it}`,
    ),
    ...['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map(
      (it) => `regarding.${it}`,
    ),
    'reason',
    'reportingComponent',
    'reportingController',
    'source',
    'type',
  ],
};

/** Throws 400 for a field that the resource does not offer, as the real server does. */
export function fieldMatcher(key: string, text: string): Matcher {
  const requirements = splitRequirements(text).map((part) => parseField(key, part));
  return (object) => requirements.every((matches) => matches(object));
}

function parseField(key: string, text: string): Matcher {
  const parts = /^([^=!]+)(==|=|!=)(.*)$/.exec(text);
  if (parts === null) throw badRequest(`invalid field selector: ${text}; it has the form field=value`);
  const [, field = '', operator, value] = parts;
  const known = field === 'metadata.name' || field === 'metadata.namespace' || (selectable[key] ?? []).includes(field);
  if (!known) throw badRequest(`field label not supported: ${field}`);
  return (object) => (fieldText(object, field) === value) === (operator !== '!=');
}

/** Where a field of events.k8s.io is kept in the stored core form. */
function fieldText(object: KubeObject, field: string): string {
  if (field === 'source') return text(asObject(object.source).component ?? object.reportingComponent);
  if (field === 'reportingController') return text(object.reportingComponent);
  return text(getPath(object, field.replace(/^regarding\./, 'involvedObject.')));
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

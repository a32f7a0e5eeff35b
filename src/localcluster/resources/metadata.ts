// The rules of metadata that hold for every kind: names, uid, times, generation, labels, and what a client may not change.

import { randomBytes, randomUUID } from 'node:crypto';
import { asObject, asString, equalJson, isObject, type JsonObject } from '../json-values.ts';
import type { KubeObject, NewKubeObject, ObjectMeta } from '../objects.ts';
import { invalidValue, requiredValue, type StatusCause, tooLong } from '../status.ts';
import type { ResourceDefinition } from './definition.ts';

/** Letters that make no words; the same alphabet as the real server. */
const suffixAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** Metadata of a new object: name, uid, time, generation. What only the server sets is taken from the client's hands. */
export function newMetadata(
  definition: ResourceDefinition,
  object: NewKubeObject,
  namespace: string,
  now: string,
): ObjectMeta {
  const given = object.metadata;
  const {
    deletionTimestamp: _,
    deletionGracePeriodSeconds: __,
    resourceVersion: ___,
    managedFields: ____,
    ...kept
  } = given;
  const meta: ObjectMeta = {
    ...kept,
    name: given.name ?? generatedName(given.generateName),
    uid: randomUUID(),
    resourceVersion: '',
    creationTimestamp: now,
  };
  if (definition.namespaced) meta.namespace = namespace;
  else delete meta.namespace;
  if (definition.hasGeneration) meta.generation = 1;
  else delete meta.generation;
  return meta;
}

function generatedName(prefix: string | undefined): string {
  if (prefix === undefined || prefix === '') return '';
  const suffix = Array.from(randomBytes(5), (byte) => suffixAlphabet[byte % suffixAlphabet.length]).join('');
  return `${prefix.slice(0, 58)}${suffix}`;
}

/** Metadata after an update: what the client may change from `next`, the rest from `current`. */
export function updatedMetadata(current: ObjectMeta, next: ObjectMeta): ObjectMeta {
  const meta: ObjectMeta = { ...next };
  for (const key of [
    'name',
    'namespace',
    'uid',
    'creationTimestamp',
    'generation',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'generateName',
  ] as const) {
    if (current[key] === undefined) delete meta[key];
    else Object.assign(meta, { [key]: current[key] });
  }
  meta.resourceVersion = current.resourceVersion;
  return meta;
}

/** Whether annotations of a Deployment differ: it hands them down, so that they count like its spec. */
export function hasAnnotationChange({ key }: ResourceDefinition, current: KubeObject, next: KubeObject): boolean {
  const { annotations: before = {} } = current.metadata;
  const { annotations: after = {} } = next.metadata;
  return key === 'deployments.apps' && !equalJson(before, after);
}

/** Whether anything but metadata and status differs: what generation counts. */
export function hasSpecChange(current: KubeObject, next: KubeObject): boolean {
  const keys = new Set([...Object.keys(current), ...Object.keys(next)]);
  for (const key of ['metadata', 'status', 'apiVersion', 'kind']) keys.delete(key);
  return Array.from(keys).some((key) => !equalJson(current[key], next[key]));
}

const dnsLabel = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const dnsSubdomain = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;
const labelKey = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$/;

const labelNamed = new Set(['services', 'namespaces']);
/** Kinds whose names are path segments only. */
const freelyNamed = new Set(['roles', 'rolebindings', 'clusterroles', 'clusterrolebindings']);

export function metadataCauses(definition: ResourceDefinition, meta: ObjectMeta): StatusCause[] {
  const causes = nameCauses(definition, meta.name ?? '');
  for (const [key, value] of Object.entries(asObject(meta.labels))) {
    if (!labelKey.test(key))
      causes.push(
        invalidValue('metadata.labels', key, "name part must consist of alphanumeric characters, '-', '_' or '.'"),
      );
    if (typeof value === 'string' && !labelValue.test(value)) {
      causes.push(
        invalidValue(
          'metadata.labels',
          value,
          "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character, at most 63 of them",
        ),
      );
    }
  }
  return [...causes, ...annotationCauses(asObject(meta.annotations))];
}

const maxAnnotationBytes = 256 * 1024;

function annotationCauses(annotations: JsonObject): StatusCause[] {
  const entries = Object.entries(annotations);
  const causes = entries
    .filter(([key]) => !labelKey.test(key.toLowerCase()))
    .map(([key]) =>
      invalidValue('metadata.annotations', key, "name part must consist of alphanumeric characters, '-', '_' or '.'"),
    );
  const size = entries.reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(asString(value)),
    0,
  );
  if (size > maxAnnotationBytes) causes.push(tooLong('metadata.annotations', maxAnnotationBytes));
  return causes;
}

function nameCauses(definition: ResourceDefinition, name: string): StatusCause[] {
  if (name === '') return [requiredValue('metadata.name', 'name or generateName is required')];
  if (freelyNamed.has(definition.plural)) {
    return /[/%]/.test(name) || name === '.' || name === '..'
      ? [invalidValue('metadata.name', name, "may not contain '/' or '%'")]
      : [];
  }
  const isLabel = labelNamed.has(definition.key);
  if (isLabel ? dnsLabel.test(name) && name.length <= 63 : dnsSubdomain.test(name) && name.length <= 253) return [];
  const form = isLabel ? 'a lowercase RFC 1123 label' : 'a lowercase RFC 1123 subdomain';
  return [
    invalidValue(
      'metadata.name',
      name,
      `${form} must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character`,
    ),
  ];
}

/** Reads metadata off an object that came from outside, without trusting its shape. */
export function metadataOf(object: unknown): Partial<ObjectMeta> {
  const meta = asObject(asObject(object).metadata);
  return isObject(meta) ? meta : {};
}

// What happens to an object between the wire and the storage: types, unknown members, defaults, validation.

import { asArray, asObject, asString, cloneJson, type JsonObject } from '../json-values.ts';
import { celCauses } from '../crd/cel-rules.ts';
import type { KubeObject } from '../objects.ts';
import { builtinSchema } from '../schema/builtin-schema.ts';
import { decodeBuiltin } from '../schema/decode.ts';
import { applyDefaults } from '../schema/defaults.ts';
import { prune } from '../schema/prune.ts';
import { validateValue } from '../schema/validate.ts';
import { badRequest, forbiddenField, invalid, invalidValue, type StatusCause } from '../status.ts';
import { builtinCauses } from './builtin-validation.ts';
import { defaultBuiltin } from './builtin-defaults.ts';
import { toStored } from './convert.ts';
import { apiVersionOf, type ResourceDefinition } from './definition.ts';
import { metadataCauses } from './metadata.ts';
import { scaleCauses } from './scale.ts';

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** Who writes and how; `warnings` collects what goes into Warning headers. */
export interface WriteContext {
  manager: string | undefined;
  dryRun: boolean;
  fieldValidation: FieldValidation;
  warnings: string[];
  /** Members that the body gave twice. */
  duplicates: readonly string[];
  isPatch: boolean;
  /** A new object keeps the status it comes with. Over HTTP status is a subresource of its own and is dropped. */
  keepStatus: boolean;
  /** managedFields of an object that a server-side apply creates. */
  appliedFields?: unknown[] | undefined;
}

/** The cluster's own controllers write in-process: nothing is tracked for them and unknown fields are dropped silently. */
export function internalContext(): WriteContext {
  return {
    manager: undefined,
    dryRun: false,
    fieldValidation: 'Ignore',
    warnings: [],
    duplicates: [],
    isPatch: false,
    keepStatus: true,
  };
}

/** Decodes, prunes and defaults an object of the served version; the result is in the stored version. 400 on what cannot be read. */
export function decodeObject(definition: ResourceDefinition, given: KubeObject, context: WriteContext): KubeObject {
  const schema = definition.schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const decoded = definition.custom
    ? decodeCustom(definition, given)
    : (decodeBuiltin(schema, given, definition.kind, definition.version) as KubeObject);
  const { value, dropped } = prune(schema, decoded);
  reportUnread(definition, decoded, dropped, context);
  const pruned = value as KubeObject;
  if (definition.custom) return applyDefaults(schema, toStored(definition, pruned)) as KubeObject;
  return defaultBuiltin(definition.key, toStored(definition, pruned));
}

/** Of a custom object only the metadata has Go types. */
function decodeCustom(definition: ResourceDefinition, given: KubeObject): KubeObject {
  const schema = builtinSchema('V1ObjectMeta') ?? {};
  const metadata = decodeBuiltin(schema, given.metadata, definition.kind, definition.version);
  return { ...cloneJson(given), metadata: metadata as KubeObject['metadata'] };
}

function reportUnread(definition: ResourceDefinition, given: unknown, dropped: string[], context: WriteContext): void {
  if (context.fieldValidation === 'Ignore') return;
  const faults = [
    ...context.duplicates.map((path) => `duplicate field "${path}"`),
    ...dropped.map((path) => `unknown field "${path}"`),
  ];
  if (faults.length === 0) return;
  if (context.fieldValidation === 'Warn') {
    context.warnings.push(...faults);
    return;
  }
  const error = `strict decoding error: ${faults.join(', ')}`;
  if (context.isPatch)
    throw invalid({ group: '', plural: '', kind: '' }, '', [invalidValue('patch', JSON.stringify(given), error)]);
  const { kind, version } = definition;
  throw badRequest(`${kind} in version "${version}" cannot be handled as a ${kind}: ${error}`);
}

/** Throws 422 with all faults of a decoded object. */
export function validateObject(definition: ResourceDefinition, object: KubeObject, current?: KubeObject): void {
  const causes: StatusCause[] = metadataCauses(definition, object.metadata);
  causes.push(...ownerCauses(object), ...finalizerCauses(definition, object, current));
  if (definition.custom) causes.push(...customCauses(definition, object, current));
  else causes.push(...builtinCauses(definition, object, current));
  if (causes.length > 0) throw invalid(definition, object.metadata.name, causes);
}

/** With one of these a rule may meet what it does not expect. */
const blockingReasons = new Set([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
]);

const uncheckedRules: StatusCause = {
  reason: 'FieldValueInvalid',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
  field: '<nil>',
};

function customCauses(
  definition: ResourceDefinition,
  object: KubeObject,
  current: KubeObject | undefined,
): StatusCause[] {
  const { schema } = definition;
  if (schema === undefined) return [];
  const causes = [...validateValue(schema, object), ...scaleCauses(definition, object)];
  if (causes.some(({ reason }) => blockingReasons.has(reason))) return [...causes, uncheckedRules];
  return [...causes, ...celCauses(schema, object, current)];
}

/** Nobody may be added who holds on to an object that is being deleted; those of built-in kinds have a domain. */
function finalizerCauses(
  definition: ResourceDefinition,
  { metadata }: KubeObject,
  current: KubeObject | undefined,
): StatusCause[] {
  const finalizers = metadata.finalizers ?? [];
  const known = new Set(['kubernetes', 'orphan', 'foregroundDeletion']);
  const causes = finalizers.flatMap((name, index) =>
    definition.custom || name.includes('/') || known.has(name)
      ? []
      : [
          invalidValue(
            `metadata.finalizers[${index}]`,
            name,
            'name is neither a standard finalizer name nor is it fully qualified',
          ),
        ],
  );
  if (current?.metadata.deletionTimestamp === undefined) return causes;
  const added = finalizers.filter((name) => !(current.metadata.finalizers ?? []).includes(name));
  if (added.length === 0) return causes;
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((name) => JSON.stringify(name)).join(', ')}}`;
  return [...causes, forbiddenField('metadata.finalizers', why)];
}

function ownerCauses(object: KubeObject): StatusCause[] {
  return asArray(object.metadata.ownerReferences).flatMap((owner, index) =>
    ['apiVersion', 'kind', 'name', 'uid'].flatMap((field) =>
      asString(asObject(owner)[field]) === ''
        ? [
            {
              reason: 'FieldValueRequired',
              message: 'Required value: must not be empty',
              field: `metadata.ownerReferences[${index}].${field}`,
            },
          ]
        : [],
    ),
  );
}

/** The body with kind and version filled in: of a built-in kind the path says them well enough. 400 for a custom one. */
export function nameIdentity(definition: ResourceDefinition, body: JsonObject): JsonObject {
  if (!definition.custom)
    return {
      ...body,
      kind: body['kind'] ?? definition.kind,
      apiVersion: body['apiVersion'] ?? apiVersionOf(definition),
    };
  if (asString(body['kind']) !== '') return body;
  const text = JSON.stringify(body);
  throw badRequest(
    `the object provided is unrecognized (must be of type ${definition.kind}): Object 'Kind' is missing in '${text}' (${text.slice(0, 30)} ...)`,
  );
}

/** 400 when the object says it is something else than the URL does; 422 when it is another custom kind. */
export function checkIdentity(definition: ResourceDefinition, object: KubeObject): void {
  const wanted = apiVersionOf(definition);
  if (object.kind !== definition.kind && definition.custom && object.apiVersion === wanted) {
    throw invalid({ ...definition, kind: object.kind }, object.metadata.name, [
      invalidValue('kind', object.kind, `must be ${definition.kind}`),
    ]);
  }
  if (object.kind !== definition.kind) {
    throw badRequest(
      `${object.kind} in version "${wanted}" cannot be handled as a ${definition.kind}: no kind "${object.kind}" is registered for version "${wanted}"`,
    );
  }
  if (object.apiVersion !== wanted) {
    throw badRequest(
      `the API version in the data (${object.apiVersion}) does not match the expected API version (${wanted})`,
    );
  }
}

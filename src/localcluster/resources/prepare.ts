// What happens to an object between the wire and the storage: types, unknown members, defaults, validation.

import { asArray, asObject, asString, cloneJson } from '../json-values.ts';
import { celCauses } from '../crd/cel-rules.ts';
import type { KubeObject } from '../objects.ts';
import { builtinSchema } from '../schema/builtin-schema.ts';
import { decodeBuiltin } from '../schema/decode.ts';
import { applyDefaults } from '../schema/defaults.ts';
import { prune } from '../schema/prune.ts';
import { validateValue } from '../schema/validate.ts';
import { badRequest, invalid, type StatusCause } from '../status.ts';
import { builtinCauses } from './builtin-validation.ts';
import { defaultBuiltin } from './builtin-defaults.ts';
import { toStored } from './convert.ts';
import { apiVersionOf, type ResourceDefinition } from './definition.ts';
import { metadataCauses } from './metadata.ts';

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** Who writes and how; `warnings` collects what goes into Warning headers. */
export interface WriteContext {
  manager: string | undefined;
  dryRun: boolean;
  fieldValidation: FieldValidation;
  warnings: string[];
  /** A new object keeps the status it comes with. Over HTTP status is a subresource of its own and is dropped. */
  keepStatus: boolean;
  /** managedFields of an object that a server-side apply creates. */
  appliedFields?: unknown[] | undefined;
}

/** The cluster's own controllers write in-process: nothing is tracked for them and unknown fields are dropped silently. */
export function internalContext(): WriteContext {
  return { manager: undefined, dryRun: false, fieldValidation: 'Ignore', warnings: [], keepStatus: true };
}

/** Decodes, prunes and defaults an object of the served version; the result is in the stored version. 400 on what cannot be read. */
export function decodeObject(definition: ResourceDefinition, given: KubeObject, context: WriteContext): KubeObject {
  const schema = definition.schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const decoded = definition.custom
    ? decodeCustom(definition, given)
    : (decodeBuiltin(schema, given, definition.kind, definition.version) as KubeObject);
  const { value, dropped } = prune(schema, decoded);
  reportUnknown(definition, dropped, context);
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

function reportUnknown(definition: ResourceDefinition, dropped: string[], context: WriteContext): void {
  if (dropped.length === 0 || context.fieldValidation === 'Ignore') return;
  const faults = dropped.map((path) => `unknown field "${path}"`);
  if (context.fieldValidation === 'Warn') {
    context.warnings.push(...faults);
    return;
  }
  const { kind, version } = definition;
  throw badRequest(
    `${kind} in version "${version}" cannot be handled as a ${kind}: strict decoding error: ${faults.join(', ')}`,
  );
}

/** Throws 422 with all faults of a decoded object. */
export function validateObject(definition: ResourceDefinition, object: KubeObject, current?: KubeObject): void {
  const causes: StatusCause[] = metadataCauses(definition, object.metadata);
  causes.push(...ownerCauses(object));
  if (definition.custom && definition.schema !== undefined) {
    const schemaCauses = validateValue(definition.schema, object);
    causes.push(...schemaCauses);
    // Rules may assume that the types are right.
    if (schemaCauses.length === 0) causes.push(...celCauses(definition.schema, object, current));
  } else {
    causes.push(...builtinCauses(definition.key, object, current));
  }
  if (causes.length > 0) throw invalid(definition, object.metadata.name, causes);
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

/** 400 when the object says it is something else than the URL does. */
export function checkIdentity(definition: ResourceDefinition, object: KubeObject): void {
  const wanted = apiVersionOf(definition);
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

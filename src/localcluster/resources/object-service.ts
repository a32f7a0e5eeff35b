// Create, change and delete objects with the rules of the API server. HTTP and the cluster's own controllers both come through here.
// Everything is synchronous, so a read and the write that follows it cannot be separated.

import type { Clock } from '../../base/clock.ts';
import { cloneJson, equalJson } from '../json-values.ts';
import type { KubeObject, NewKubeObject } from '../objects.ts';
import { checkPreconditions, mergeParts, withoutFieldTimes } from './update-rules.ts';
import { trackFields } from '../patch/managed-fields.ts';
import {
  alreadyExists,
  ApiStatusError,
  badRequest,
  forbidden,
  invalid,
  notFound,
  preconditionFailed,
  requiredValue,
} from '../status.ts';
import type { Storage } from '../storage/storage.ts';
import { crdKey, establishedStatus } from './custom.ts';
import type { ResourceDefinition } from './definition.ts';
import { hasAnnotationChange, hasSpecChange, metadataOf, newMetadata, updatedMetadata } from './metadata.ts';
import { checkIdentity, decodeObject, validateObject, type WriteContext } from './prepare.ts';
import type { Registry } from './registry.ts';
import { toServed } from './convert.ts';

/** Sees a write before it is stored: returns a changed object, nothing, or throws an ApiStatusError to refuse it. */
export type AdmissionHook = (request: AdmissionRequest) => KubeObject | undefined | void;

export interface AdmissionRequest {
  operation: 'CREATE' | 'UPDATE' | 'DELETE';
  resource: string;
  subresource: string;
  object: KubeObject;
  oldObject: KubeObject | undefined;
  dryRun: boolean;
}

export interface DeleteOptions {
  gracePeriodSeconds?: number | undefined;
  uid?: string | undefined;
  resourceVersion?: string | undefined;
  propagationPolicy?: string | undefined;
  dryRun?: boolean;
}

export interface ModifyOptions {
  subresource: '' | 'status' | 'scale';
  /** The change must carry a resourceVersion. */
  requireVersion?: boolean;
  isPatch?: boolean;
  /** 'Apply' when the change is a server-side apply, which sets managedFields itself. */
  operation?: 'Update' | 'Apply';
}

export class ObjectService {
  readonly storage: Storage;
  readonly registry: Registry;
  readonly #clock: Clock;
  readonly #hooks = new Set<AdmissionHook>();

  constructor(storage: Storage, registry: Registry, clock: Clock) {
    this.storage = storage;
    this.registry = registry;
    this.#clock = clock;
  }

  addAdmissionHook(hook: AdmissionHook): () => void {
    this.#hooks.add(hook);
    return () => {
      this.#hooks.delete(hook);
    };
  }

  /** RFC 3339 to the second, as metav1.Time. */
  now(): string {
    return `${new Date(this.#clock.now()).toISOString().slice(0, 19)}Z`;
  }

  get(definition: ResourceDefinition, namespace: string, name: string): KubeObject {
    const object = this.storage.get(definition.key, definition.namespaced ? namespace : '', name);
    if (object === undefined) throw notFound(definition, name);
    return object;
  }

  create(definition: ResourceDefinition, namespace: string, given: NewKubeObject, context: WriteContext): KubeObject {
    const object = { ...given, metadata: metadataOf(given) } as KubeObject;
    checkIdentity(definition, object);
    // A kubelet registers its node with a status; all others write it in a second step.
    if (definition.hasStatus && !context.keepStatus && definition.key !== 'nodes') delete object.status;
    const decoded = decodeObject(
      definition,
      { ...object, metadata: this.#newMeta(definition, object, namespace) },
      context,
    );
    // Of built-in kinds the Go type always has one, if empty.
    if (definition.hasStatus && !definition.custom) decoded.status ??= {};
    const { name } = decoded.metadata;
    if (name === '')
      throw invalid(definition, '', [requiredValue('metadata.name', 'name or generateName is required')]);
    this.#checkNamespace(definition, namespace);
    const key = definition.key;
    const admitted = this.#admit(
      { operation: 'CREATE', subresource: '', object: decoded, oldObject: undefined, dryRun: context.dryRun },
      definition,
    );
    validateObject(definition, admitted);
    if (this.storage.get(key, definition.namespaced ? namespace : '', name) !== undefined)
      throw alreadyExists(definition, name);
    // The real server notices this only in its storage, which has no other answer.
    if ((object.metadata.resourceVersion ?? '') !== '')
      throw new ApiStatusError(500, '', 'resourceVersion should not be set on objects to be created');
    if (key === crdKey) admitted.status = establishedStatus(admitted, this.now());
    const tracked = trackFields({
      definition,
      before: undefined,
      after: admitted,
      subresource: '',
      context,
      now: this.now(),
    });
    if (context.dryRun) return { ...tracked, metadata: { ...tracked.metadata, resourceVersion: '' } };
    return this.storage.put(key, tracked);
  }

  #newMeta(definition: ResourceDefinition, object: KubeObject, namespace: string): KubeObject['metadata'] {
    if (definition.namespaced && object.metadata.namespace !== undefined && object.metadata.namespace !== namespace) {
      throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
    }
    return newMetadata(definition, object, namespace, this.now());
  }

  #checkNamespace(definition: ResourceDefinition, namespace: string): void {
    if (!definition.namespaced) return;
    const found = this.storage.get('namespaces', '', namespace);
    if (found === undefined) throw notFound({ group: '', plural: 'namespaces', kind: 'Namespace' }, namespace);
    if (found.metadata.deletionTimestamp !== undefined) {
      throw forbidden(
        definition,
        '',
        `unable to create new content in namespace ${namespace} because it is being terminated`,
      );
    }
  }

  /** Reads the object, lets `compute` say what it should be (both in the served version), and stores that. */
  modify(
    definition: ResourceDefinition,
    target: { namespace: string; name: string },
    options: ModifyOptions,
    context: WriteContext,
    compute: (current: KubeObject) => KubeObject,
  ): KubeObject {
    const current = this.get(definition, target.namespace, target.name);
    const served = toServed(definition, current);
    const wanted = compute(served);
    checkIdentity(definition, wanted);
    checkPreconditions(definition, current, wanted, options);
    const decoded = decodeObject(
      definition,
      { ...wanted, metadata: updatedMetadata(current.metadata, metadataOf(wanted) as KubeObject['metadata']) },
      context,
    );
    const merged = mergeParts(definition, current, decoded, options.subresource);
    const admitted = this.#admit(
      {
        operation: 'UPDATE',
        subresource: options.subresource,
        object: merged,
        oldObject: current,
        dryRun: context.dryRun,
      },
      definition,
    );
    if (options.subresource !== 'status' || definition.custom) validateObject(definition, admitted, current);
    // The cluster's own controllers note things in annotations, as real ones do through the status.
    const isAnnotated = context.manager !== undefined && hasAnnotationChange(definition, current, admitted);
    if (definition.hasGeneration && (isAnnotated || hasSpecChange(current, admitted)))
      admitted.metadata.generation = (current.metadata.generation ?? 0) + 1;
    if (definition.key === crdKey && options.subresource === '')
      admitted.status = establishedStatus({ ...admitted, status: current.status }, this.now());
    const tracked =
      options.operation === 'Apply'
        ? admitted
        : trackFields({
            definition,
            before: current,
            after: admitted,
            subresource: options.subresource,
            context,
            now: this.now(),
          });
    return this.#store(definition, current, tracked, context.dryRun);
  }

  #store(definition: ResourceDefinition, current: KubeObject, next: KubeObject, dryRun: boolean): KubeObject {
    if (equalJson(withoutFieldTimes(current), withoutFieldTimes(next))) return current;
    if (dryRun) return next;
    const { namespace = '', name, deletionTimestamp, finalizers = [] } = next.metadata;
    const stored = this.storage.put(definition.key, next);
    const waitsForKubelet = definition.key === 'pods';
    if (
      deletionTimestamp !== undefined &&
      finalizers.length === 0 &&
      !waitsForKubelet &&
      (current.metadata.finalizers ?? []).length > 0
    ) {
      this.storage.remove(definition.key, namespace, name);
    }
    return stored;
  }

  /** Returns the object as it was last, and whether it is gone already. */
  delete(
    definition: ResourceDefinition,
    namespace: string,
    name: string,
    options: DeleteOptions = {},
  ): { object: KubeObject; gone: boolean } {
    const current = this.get(definition, namespace, name);
    const { uid, resourceVersion, finalizers = [] } = current.metadata;
    if (options.uid !== undefined && options.uid !== uid)
      throw preconditionFailed(
        definition,
        name,
        `the UID in the precondition (${options.uid}) does not match the UID in record (${uid}). The object might have been deleted and then recreated`,
      );
    if (options.resourceVersion !== undefined && options.resourceVersion !== resourceVersion) {
      throw preconditionFailed(
        definition,
        name,
        `the ResourceVersion in the precondition (${options.resourceVersion}) does not match the ResourceVersion in record (${resourceVersion}). The object might have been modified`,
      );
    }
    this.#admit(
      { operation: 'DELETE', subresource: '', object: current, oldObject: current, dryRun: options.dryRun === true },
      definition,
    );
    if (options.dryRun === true) return { object: current, gone: true };
    const graceful = definition.key === 'pods' && options.gracePeriodSeconds !== 0;
    if (!graceful && finalizers.length === 0) {
      const last = this.storage.remove(definition.key, current.metadata.namespace ?? '', name);
      return { object: last ?? current, gone: true };
    }
    return { object: this.#markDeleted(definition, current, graceful ? options.gracePeriodSeconds : 0), gone: false };
  }

  #markDeleted(definition: ResourceDefinition, current: KubeObject, grace: number | undefined): KubeObject {
    if (current.metadata.deletionTimestamp !== undefined && grace === undefined) return current;
    const seconds = grace ?? podGrace(current);
    const next = cloneJson(current);
    next.metadata.deletionTimestamp ??= `${new Date(this.#clock.now() + seconds * 1000).toISOString().slice(0, 19)}Z`;
    next.metadata.deletionGracePeriodSeconds = seconds;
    if (definition.hasGeneration) next.metadata.generation = (current.metadata.generation ?? 0) + 1;
    if (equalJson(current, next)) return current;
    return this.storage.put(definition.key, next);
  }

  #admit(request: Omit<AdmissionRequest, 'resource'>, definition: ResourceDefinition): KubeObject {
    let result = request.object;
    for (const hook of this.#hooks) result = hook({ ...request, resource: definition.key, object: result }) ?? result;
    return result;
  }
}

function podGrace(pod: KubeObject): number {
  const seconds = (pod.spec as { terminationGracePeriodSeconds?: unknown } | undefined)?.terminationGracePeriodSeconds;
  return typeof seconds === 'number' ? seconds : 30;
}

// The verbs on stored resources: each reads its parameters, calls the object service, and writes the answer.

import { asObject, asString } from '../json-values.ts';
import type { KubeObject, NewKubeObject } from '../objects.ts';
import { applyPatchType, readPatch } from '../patch/patch.ts';
import { toServed } from '../resources/convert.ts';
import { orphanDependents } from '../resources/garbage-collector.ts';
import { metadataOf } from '../resources/metadata.ts';
import type { DeleteOptions } from '../resources/object-service.ts';
import type { ResourceDefinition } from '../resources/definition.ts';
import { badRequest, methodNotAllowed, uidConflict, unknownPath } from '../status.ts';
import { nameIdentity } from '../resources/prepare.ts';
import { handleApply } from './apply-handler.ts';
import { type Exchange, parseJson } from './exchange.ts';
import { answer, type HandlerContext, modifyOptions, writeContextOf } from './handler-context.ts';
import { listObjects, selectorOf } from './list.ts';
import { checkListOptions } from './options.ts';
import { type ListMeta, renderList } from './render.ts';
import { handleScale } from './scale-handler.ts';

export async function handleResource(context: HandlerContext): Promise<void> {
  const { exchange } = context;
  const { subresource, verb } = exchange.info;
  if (subresource === 'scale') return handleScale(context);
  checkMethod(context);
  switch (verb) {
    case 'get':
      return answer(context, 200, context.service.get(context.definition, exchange.info.namespace, exchange.info.name));
    case 'list':
      return handleList(context);
    case 'create':
      return handleCreate(context);
    case 'update':
      return handleUpdate(context);
    case 'patch':
      return handlePatch(context);
    case 'delete':
      return handleDelete(context);
    case 'deletecollection':
      return handleDeleteCollection(context);
    default:
      throw methodNotAllowed();
  }
}

function checkMethod({ exchange, definition }: HandlerContext): void {
  const { subresource, verb, name } = exchange.info;
  const changesOne = verb === 'update' || verb === 'patch';
  if (name === '' && changesOne) throw methodNotAllowed();
  if (subresource === '') return;
  if (subresource !== 'status' || !definition.hasStatus) throw unknownPath();
  if (verb !== 'get' && !changesOne) throw methodNotAllowed();
}

function namespaceOf({ exchange, definition }: HandlerContext): string | undefined {
  return definition.namespaced && exchange.info.namespace !== '' ? exchange.info.namespace : undefined;
}

function handleList(context: HandlerContext): void {
  const { exchange, definition, service, nowMs } = context;
  checkListOptions(exchange.query);
  const result = listObjects(service.storage, definition, namespaceOf(context), exchange.query);
  const metadata: ListMeta = { resourceVersion: result.resourceVersion };
  if (result.continueToken !== undefined) metadata.continue = result.continueToken;
  if (result.remaining !== undefined) metadata.remainingItemCount = result.remaining;
  exchange.send(
    200,
    renderList(exchange.negotiate().form, definition, result.items, metadata, { exchange, now: nowMs }),
  );
}

async function handleCreate(context: HandlerContext): Promise<void> {
  const { exchange, definition, service } = context;
  if (exchange.info.name !== '') throw methodNotAllowed();
  const write = writeContextOf(exchange);
  const body = nameIdentity(definition, await exchange.readObject());
  if (definition.namespaced && exchange.info.namespace === '')
    throw badRequest('an empty namespace may not be set during creation');
  answer(context, 201, service.create(definition, exchange.info.namespace, body as NewKubeObject, write));
}

async function handleUpdate(context: HandlerContext): Promise<void> {
  const { exchange, definition, service } = context;
  const write = writeContextOf(exchange);
  const body = nameIdentity(definition, await exchange.readObject()) as KubeObject;
  body.metadata = metadataOf(body) as KubeObject['metadata'];
  if (body.metadata.name !== exchange.info.name) {
    throw badRequest(
      `the name of the object (${asString(body.metadata.name)}) does not match the name on the URL (${exchange.info.name})`,
    );
  }
  const { namespace, name, subresource } = exchange.info;
  const exists = service.storage.get(definition.key, definition.namespaced ? namespace : '', name) !== undefined;
  if (!exists && definition.createsOnUpdate && subresource === '')
    return answer(context, 201, service.create(definition, namespace, asNew(definition, body), write));
  const options = modifyOptions(exchange, { requireVersion: definition.needsVersion });
  return answer(
    context,
    200,
    service.modify(definition, exchange.info, options, write, () => body),
  );
}

/** Replacing what is not there makes it, whatever version was seen; not if that very object is meant. */
function asNew(definition: ResourceDefinition, body: KubeObject): NewKubeObject {
  const { resourceVersion: _, uid, ...metadata } = body.metadata as Partial<KubeObject['metadata']> & { name: string };
  if (uid !== undefined && uid !== '') throw uidConflict(definition, metadata.name, uid, '');
  return { ...body, metadata };
}

async function handlePatch(context: HandlerContext): Promise<void> {
  const { exchange, definition, service } = context;
  if (exchange.contentType === applyPatchType) return handleApply(context);
  const body = await exchange.readBody();
  const patch = readPatch(exchange.contentType, body, definition.schema, definition.custom);
  const write = writeContextOf(exchange);
  return answer(context, 200, service.modify(definition, exchange.info, modifyOptions(exchange), write, patch));
}

/** DELETE's options come as a body, as query parameters, or not at all. */
async function deleteOptionsOf(exchange: Exchange): Promise<DeleteOptions> {
  const text = await exchange.readBody();
  const body = text.trim() === '' ? {} : asObject(parseJson(text));
  const grace = body.gracePeriodSeconds ?? exchange.query.get('gracePeriodSeconds') ?? undefined;
  const preconditions = asObject(body.preconditions);
  const dryRun = [
    ...exchange.query.getAll('dryRun'),
    ...(Array.isArray(body.dryRun) ? (body.dryRun as unknown[]) : []),
  ];
  return {
    gracePeriodSeconds: grace === undefined ? undefined : Number(grace),
    uid: asString(preconditions.uid) || undefined,
    resourceVersion: asString(preconditions.resourceVersion) || undefined,
    propagationPolicy: asString(body.propagationPolicy) || exchange.query.get('propagationPolicy') || undefined,
    dryRun: dryRun.includes('All'),
  };
}

async function handleDelete(context: HandlerContext): Promise<void> {
  const { exchange, definition, service } = context;
  const options = await deleteOptionsOf(exchange);
  if (options.propagationPolicy === 'Orphan' && options.dryRun !== true) {
    orphanDependents(service, service.get(definition, exchange.info.namespace, exchange.info.name));
  }
  const { object, gone } = service.delete(definition, exchange.info.namespace, exchange.info.name, options);
  if (!gone) return answer(context, 200, object);
  const { name, uid } = object.metadata;
  const details = {
    name,
    ...(definition.group === '' ? {} : { group: definition.group }),
    kind: definition.plural,
    uid,
  };
  return exchange.send(200, { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details });
}

async function handleDeleteCollection(context: HandlerContext): Promise<void> {
  const { exchange, definition, service, nowMs } = context;
  const options = await deleteOptionsOf(exchange);
  const matches = selectorOf(definition, exchange.query);
  const chosen = service.storage.list(definition.key, namespaceOf(context)).filter(matches);
  for (const object of chosen)
    service.delete(definition, object.metadata.namespace ?? '', object.metadata.name, options);
  const items = chosen.map((object) => toServed(definition, object));
  const metadata = { resourceVersion: String(service.storage.version) };
  exchange.send(200, renderList(exchange.negotiate().form, definition, items, metadata, { exchange, now: nowMs }));
}

// The verbs on stored resources: each reads its parameters, calls the object service, and writes the answer.

import { asObject, asString, isObject } from '../json-values.ts';
import type { KubeObject, NewKubeObject } from '../objects.ts';
import { applyConfiguration } from '../patch/apply.ts';
import { applyPatchType, readPatch } from '../patch/patch.ts';
import { toServed } from '../resources/convert.ts';
import type { ResourceDefinition, ScalePaths } from '../resources/definition.ts';
import type { DeleteOptions, ModifyOptions, ObjectService } from '../resources/object-service.ts';
import { orphanDependents } from '../resources/garbage-collector.ts';
import { metadataOf } from '../resources/metadata.ts';
import { checkIdentity, type FieldValidation, type WriteContext } from '../resources/prepare.ts';
import { scaleOf, withScale } from '../resources/scale.ts';
import { badRequest, methodNotAllowed, unknownPath } from '../status.ts';
import { type Exchange, parseJson } from './exchange.ts';
import { listObjects, selectorOf } from './list.ts';
import { formOf, type ListMeta, renderList, renderObject } from './render.ts';
import { isTrue } from './request-info.ts';
import { builtinSchema } from '../schema/builtin-schema.ts';

export interface HandlerContext {
  service: ObjectService;
  exchange: Exchange;
  definition: ResourceDefinition;
  nowMs: number;
}

export async function handleResource(context: HandlerContext): Promise<void> {
  const { exchange } = context;
  const { subresource, verb } = exchange.info;
  if (subresource === 'scale') return handleScale(context);
  if (subresource !== '' && !(subresource === 'status' && context.definition.hasStatus)) throw unknownPath();
  if (subresource === 'status' && !['get', 'update', 'patch'].includes(verb)) throw methodNotAllowed();
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

function answer(context: HandlerContext, code: number, stored: KubeObject): void {
  const { exchange, definition, nowMs } = context;
  const object = toServed(definition, stored);
  exchange.send(code, renderObject(formOf(exchange), definition, object, exchange, nowMs));
}

function namespaceOf({ exchange, definition }: HandlerContext): string | undefined {
  return definition.namespaced && exchange.info.namespace !== '' ? exchange.info.namespace : undefined;
}

function handleList(context: HandlerContext): void {
  const { exchange, definition, service, nowMs } = context;
  const result = listObjects(service.storage, definition, namespaceOf(context), exchange.query);
  const metadata: ListMeta = { resourceVersion: result.resourceVersion };
  if (result.continueToken !== undefined) metadata.continue = result.continueToken;
  if (result.remaining !== undefined) metadata.remainingItemCount = result.remaining;
  exchange.send(200, renderList(formOf(exchange), definition, result.items, metadata, { exchange, now: nowMs }));
}

function writeContextOf(exchange: Exchange): WriteContext {
  const validation = exchange.query.get('fieldValidation') ?? 'Warn';
  if (!['Strict', 'Warn', 'Ignore'].includes(validation))
    throw badRequest(`fieldValidation must be Strict, Warn or Ignore, not ${JSON.stringify(validation)}`);
  const dryRun = exchange.query.getAll('dryRun');
  if (dryRun.some((value) => value !== 'All' && value !== ''))
    throw badRequest(`dryRun must be All, not ${JSON.stringify(dryRun)}`);
  // Without a name the real server takes the program of the User-Agent.
  const manager = exchange.query.get('fieldManager') ?? (exchange.userAgent.split('/')[0] || 'unknown');
  return {
    manager,
    dryRun: dryRun.includes('All'),
    fieldValidation: validation as FieldValidation,
    warnings: exchange.warnings,
    keepStatus: false,
  };
}

async function handleCreate(context: HandlerContext): Promise<void> {
  const { exchange, definition, service } = context;
  if (exchange.info.name !== '') throw methodNotAllowed();
  const body = await exchange.readObject();
  if (definition.namespaced && exchange.info.namespace === '')
    throw badRequest('an empty namespace may not be set during creation');
  answer(
    context,
    201,
    service.create(definition, exchange.info.namespace, body as NewKubeObject, writeContextOf(exchange)),
  );
}

function modifyOptions(exchange: Exchange, more: Partial<ModifyOptions> = {}): ModifyOptions {
  return { subresource: exchange.info.subresource as ModifyOptions['subresource'], ...more };
}

async function handleUpdate(context: HandlerContext): Promise<void> {
  const { exchange, definition, service } = context;
  const body = (await exchange.readObject()) as KubeObject;
  const write = writeContextOf(exchange);
  body.metadata = metadataOf(body) as KubeObject['metadata'];
  if (body.metadata.name !== exchange.info.name) {
    throw badRequest(
      `the name of the object (${asString(body.metadata.name)}) does not match the name on the URL (${exchange.info.name})`,
    );
  }
  answer(
    context,
    200,
    service.modify(definition, exchange.info, modifyOptions(exchange, { requireVersion: true }), write, () => body),
  );
}

async function handlePatch(context: HandlerContext): Promise<void> {
  const { exchange, definition, service } = context;
  if (exchange.contentType === applyPatchType) return handleApply(context);
  const body = await exchange.readBody();
  const patch = readPatch(exchange.contentType, body, definition.schema, definition.custom);
  answer(
    context,
    200,
    service.modify(definition, exchange.info, modifyOptions(exchange), writeContextOf(exchange), patch),
  );
}

async function handleApply(context: HandlerContext): Promise<void> {
  const { exchange, definition, service } = context;
  const manager = exchange.query.get('fieldManager') ?? '';
  if (manager === '')
    throw badRequest(
      'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    );
  const configuration = await readConfiguration(context);
  const write = writeContextOf(exchange);
  const { namespace, name, subresource } = exchange.info;
  const request = {
    definition,
    configuration,
    manager,
    force: isTrue(exchange.query.get('force')),
    subresource,
    now: service.now(),
  };
  const exists = service.storage.get(definition.key, definition.namespaced ? namespace : '', name) !== undefined;
  if (exists) {
    const options = modifyOptions(exchange, { operation: 'Apply' });
    return answer(
      context,
      200,
      service.modify(definition, exchange.info, options, write, (current) => applyConfiguration(current, request)),
    );
  }
  if (subresource !== '') service.get(definition, namespace, name);
  const created = applyConfiguration(undefined, request);
  return answer(
    context,
    201,
    service.create(definition, namespace, created, { ...write, appliedFields: created.metadata.managedFields }),
  );
}

async function readConfiguration({ exchange, definition }: HandlerContext): Promise<KubeObject> {
  const text = await exchange.readBody();
  const value: unknown = text.trimStart().startsWith('{') ? parseJson(text) : (await import('yaml')).parse(text);
  if (!isObject(value)) throw badRequest('the body of an apply must be an object with apiVersion and kind');
  const configuration = value as KubeObject;
  configuration.metadata = { ...metadataOf(configuration) } as KubeObject['metadata'];
  checkIdentity(definition, configuration);
  if (configuration.metadata.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil');
  configuration.metadata.name ??= exchange.info.name;
  if (configuration.metadata.name !== exchange.info.name)
    throw badRequest(
      `the name of the object (${configuration.metadata.name}) does not match the name on the URL (${exchange.info.name})`,
    );
  return configuration;
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
  exchange.send(200, renderList(formOf(exchange), definition, items, metadata, { exchange, now: nowMs }));
}

async function handleScale(context: HandlerContext): Promise<void> {
  const { exchange, definition, service } = context;
  const paths = definition.scale;
  if (paths === undefined) throw unknownPath();
  const { namespace, name, verb } = exchange.info;
  if (verb === 'get') {
    exchange.send(200, scaleOf(paths, service.get(definition, namespace, name)));
    return;
  }
  const change = await readScaleChange(context);
  const updated = service.modify(
    definition,
    exchange.info,
    modifyOptions(exchange, { subresource: 'scale' }),
    writeContextOf(exchange),
    (current) => withScale(definition, paths, current, scaleAfter(change, paths, current)),
  );
  exchange.send(200, scaleOf(paths, updated));
}

type ScaleChange = (scale: KubeObject) => KubeObject;

function scaleAfter(change: ScaleChange, paths: ScalePaths, current: KubeObject): KubeObject {
  const scale = change(scaleOf(paths, current));
  const { name } = scale.metadata;
  if (name !== current.metadata.name)
    throw badRequest(`the name of the object (${name}) does not match the name on the URL (${current.metadata.name})`);
  return scale;
}

async function readScaleChange({ exchange, definition }: HandlerContext): Promise<ScaleChange> {
  if (exchange.info.verb === 'update') {
    const body = (await exchange.readObject()) as KubeObject;
    body.metadata = metadataOf(body) as KubeObject['metadata'];
    return () => body;
  }
  if (exchange.info.verb !== 'patch') throw methodNotAllowed();
  if (exchange.contentType === applyPatchType) {
    const body = await exchange.readBody();
    return readPatch('application/merge-patch+json', body, undefined, definition.custom);
  }
  const body = await exchange.readBody();
  const patch = readPatch(exchange.contentType, body, builtinSchema('V1Scale'), definition.custom);
  return patch;
}

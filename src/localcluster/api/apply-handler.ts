// PATCH with a configuration: server-side apply, which creates what is not there.

import { isObject } from '../json-values.ts';
import { parse as parseYaml } from 'yaml';
import type { KubeObject } from '../objects.ts';
import { applyConfiguration } from '../patch/apply.ts';
import { metadataOf } from '../resources/metadata.ts';
import { checkIdentity } from '../resources/prepare.ts';
import { badRequest } from '../status.ts';
import { parseJson } from './exchange.ts';
import { answer, type HandlerContext, modifyOptions, writeContextOf } from './handler-context.ts';
import { isTrue } from './request-info.ts';

export async function handleApply(context: HandlerContext): Promise<void> {
  const { exchange, definition, service } = context;
  const write = writeContextOf(exchange);
  const manager = exchange.query.get('fieldManager') ?? '';
  const configuration = await readConfiguration(context);
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
  const value: unknown = text.trimStart().startsWith('{') ? parseJson(text) : parseYaml(text);
  if (!isObject(value)) throw badRequest('the body of an apply must be an object with apiVersion and kind');
  const configuration = value as KubeObject;
  configuration.metadata = { ...metadataOf(configuration) } as KubeObject['metadata'];
  if (definition.custom && configuration.kind !== definition.kind)
    throw badRequest(`invalid object type: ${configuration.apiVersion}, Kind=${configuration.kind}`);
  checkIdentity(definition, configuration);
  if (configuration.metadata.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil');
  configuration.metadata.name ??= exchange.info.name;
  if (configuration.metadata.name !== exchange.info.name)
    throw badRequest(
      `the name of the object (${configuration.metadata.name}) does not match the name on the URL (${exchange.info.name})`,
    );
  return configuration;
}

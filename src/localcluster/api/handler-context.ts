// What the handlers of all verbs share: their context, the parameters of writes, and how an object is answered.

import type { KubeObject } from '../objects.ts';
import { toServed } from '../resources/convert.ts';
import type { ResourceDefinition } from '../resources/definition.ts';
import type { ModifyOptions, ObjectService } from '../resources/object-service.ts';
import type { FieldValidation, WriteContext } from '../resources/prepare.ts';
import { badRequest } from '../status.ts';
import type { Exchange } from './exchange.ts';
import { formOf, renderObject } from './render.ts';

export interface HandlerContext {
  service: ObjectService;
  exchange: Exchange;
  definition: ResourceDefinition;
  nowMs: number;
}

export function answer(context: HandlerContext, code: number, stored: KubeObject): void {
  const { exchange, definition, nowMs } = context;
  const object = toServed(definition, stored);
  exchange.send(code, renderObject(formOf(exchange), definition, object, exchange, nowMs));
}

export function writeContextOf(exchange: Exchange): WriteContext {
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

export function modifyOptions(exchange: Exchange, more: Partial<ModifyOptions> = {}): ModifyOptions {
  return { subresource: exchange.info.subresource as ModifyOptions['subresource'], ...more };
}

// What the handlers of all verbs share: their context, the parameters of writes, and how an object is answered.

import type { KubeObject } from '../objects.ts';
import { toServed } from '../resources/convert.ts';
import type { ResourceDefinition } from '../resources/definition.ts';
import type { ModifyOptions, ObjectService } from '../resources/object-service.ts';
import type { FieldValidation, WriteContext } from '../resources/prepare.ts';
import { applyPatchType } from '../patch/patch.ts';
import type { Exchange } from './exchange.ts';
import { checkWriteOptions } from './options.ts';
import { renderObject } from './render.ts';

export interface HandlerContext {
  service: ObjectService;
  exchange: Exchange;
  definition: ResourceDefinition;
  nowMs: number;
}

export function answer(context: HandlerContext, code: number, stored: KubeObject): void {
  const { exchange, definition, nowMs } = context;
  const object = toServed(definition, stored);
  exchange.send(code, renderObject(exchange.negotiate().form, definition, object, exchange, nowMs));
}

/** Throws 422 for options that are none. What it says of duplicates is known once the body is read. */
export function writeContextOf(exchange: Exchange): WriteContext {
  checkWriteOptions(exchange.info, exchange.query, exchange.contentType === applyPatchType);
  const validation = exchange.query.get('fieldValidation') || 'Warn';
  // Without a name the real server takes the program of the User-Agent.
  const manager = exchange.query.get('fieldManager') ?? (exchange.userAgent.split('/')[0] || 'unknown');
  return {
    manager,
    dryRun: exchange.query.getAll('dryRun').includes('All'),
    fieldValidation: validation as FieldValidation,
    warnings: exchange.warnings,
    duplicates: exchange.duplicates,
    isPatch: exchange.info.verb === 'patch',
    keepStatus: false,
  };
}

export function modifyOptions(exchange: Exchange, more: Partial<ModifyOptions> = {}): ModifyOptions {
  const { subresource, verb } = exchange.info;
  return { subresource: subresource as ModifyOptions['subresource'], isPatch: verb === 'patch', ...more };
}

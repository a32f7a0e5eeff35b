// GET, PUT and PATCH of /scale.

import type { KubeObject } from '../objects.ts';
import { applyPatchType, mergePatchType, readPatch } from '../patch/patch.ts';
import type { ScalePaths } from '../resources/definition.ts';
import { metadataOf } from '../resources/metadata.ts';
import { requireSize, scaleOf, withScale } from '../resources/scale.ts';
import { builtinSchema } from '../schema/builtin-schema.ts';
import { badRequest, methodNotAllowed, unknownPath } from '../status.ts';
import { type HandlerContext, modifyOptions, writeContextOf } from './handler-context.ts';

export async function handleScale(context: HandlerContext): Promise<void> {
  const { exchange, definition, service } = context;
  const paths = definition.scale;
  if (paths === undefined) throw unknownPath();
  const { namespace, name, verb } = exchange.info;
  if (verb === 'get') {
    const object = service.get(definition, namespace, name);
    if (definition.custom) requireSize(paths, object);
    exchange.send(200, scaleOf(paths, object));
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
    return readPatch(mergePatchType, body, undefined, definition.custom);
  }
  const body = await exchange.readBody();
  const patch = readPatch(exchange.contentType, body, builtinSchema('V1Scale'), definition.custom);
  return patch;
}

// Chooses how a patch body is read by its content type.

import { parse as parseYaml } from 'yaml';
import { isObject } from '../json-values.ts';
import type { KubeObject } from '../objects.ts';
import type { SchemaNode } from '../schema/schema-node.ts';
import { badRequest, unsupportedMediaType } from '../status.ts';
import { applyJsonPatch } from './json-patch.ts';
import { applyMergePatch } from './merge-patch.ts';
import { applyStrategicPatch } from './strategic.ts';

export const jsonPatchType = 'application/json-patch+json';
export const mergePatchType = 'application/merge-patch+json';
export const strategicPatchType = 'application/strategic-merge-patch+json';
export const applyPatchType = 'application/apply-patch+yaml';

/** Custom kinds have no strategic merge. */
export function patchTypesOf(isCustom: boolean): string[] {
  return [jsonPatchType, mergePatchType, ...(isCustom ? [] : [strategicPatchType]), applyPatchType];
}

/** A function from the current object to the patched one. Throws 415 for another content type, 400 for a body that is no patch. */
export function readPatch(
  contentType: string,
  body: string,
  schema: SchemaNode | undefined,
  isCustom: boolean,
): (current: KubeObject) => KubeObject {
  if (!patchTypesOf(isCustom).includes(contentType)) throw unsupportedMediaType(patchTypesOf(isCustom));
  const patch = parseBody(body);
  const apply = (current: KubeObject): unknown => {
    if (contentType === jsonPatchType) return applyJsonPatch(current, patch);
    if (!isObject(patch)) throw badRequest('a merge patch must be an object');
    return contentType === strategicPatchType
      ? applyStrategicPatch(current, patch, schema)
      : applyMergePatch(current, patch);
  };
  return (current) => {
    const patched = apply(current);
    if (!isObject(patched) || !isObject(patched.metadata)) throw badRequest('the patch leaves no object with metadata');
    return patched as KubeObject;
  };
}

function parseBody(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    // The real server takes YAML patches as well, since YAML contains JSON.
    return parsePatchYaml(body);
  }
}

function parsePatchYaml(body: string): unknown {
  try {
    return parseYaml(body) as unknown;
  } catch (error) {
    throw badRequest(`error decoding patch: ${(error as Error).message}`);
  }
}

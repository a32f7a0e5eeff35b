// RFC 7386 merge patches: objects merge, null removes, everything else replaces.

import { cloneJson, isObject, type JsonObject, setMember } from '../json-values.ts';

/** The document after the patch; the input is left as it is. */
export function applyMergePatch(document: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return cloneJson(patch);
  const result: JsonObject = isObject(document) ? { ...document } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else setMember(result, key, applyMergePatch(Object.hasOwn(result, key) ? result[key] : undefined, value));
  }
  return result;
}

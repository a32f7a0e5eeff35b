// Strategic merge patches: like merge patches, but lists of built-in kinds merge by key.

import { cloneJson, isObject, type JsonObject, setMember } from '../json-values.ts';
import type { SchemaNode } from '../schema/schema-node.ts';
import { badRequest } from '../status.ts';

/** The document after the patch. Throws 400 for a directive or a list item that cannot be understood. */
export function applyStrategicPatch(document: unknown, patch: JsonObject, schema: SchemaNode | undefined): unknown {
  return mergeObject(isObject(document) ? document : {}, patch, schema);
}

const elementOrder = '$setElementOrder/';
const deleteFromList = '$deleteFromPrimitiveList/';

function mergeObject(current: JsonObject, patch: JsonObject, schema: SchemaNode | undefined): JsonObject {
  const directive = patch.$patch;
  if (directive === 'replace') return withoutDirectives(patch);
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge')
    throw badRequest(`invalid value for $patch: ${JSON.stringify(directive)}; it is replace, delete or merge`);
  const result: JsonObject = { ...current };
  retainKeys(result, patch.$retainKeys);
  for (const [key, value] of Object.entries(patch)) {
    if (!key.startsWith('$')) mergeMember(result, key, value, patch, memberSchema(schema, key));
  }
  for (const key of Object.keys(patch)) mergeListDirective(result, key, patch, schema);
  return result;
}

function memberSchema(schema: SchemaNode | undefined, key: string): SchemaNode | undefined {
  const known = schema?.properties;
  if (known !== undefined && Object.hasOwn(known, key)) return known[key];
  const rest = schema?.additionalProperties;
  return isObject(rest) ? rest : undefined;
}

function retainKeys(result: JsonObject, keys: unknown): void {
  if (!Array.isArray(keys)) return;
  for (const key of Object.keys(result)) if (!keys.includes(key)) delete result[key];
}

function mergeMember(
  result: JsonObject,
  key: string,
  value: unknown,
  patch: JsonObject,
  schema: SchemaNode | undefined,
): void {
  if (value === null) {
    delete result[key];
  } else if (Array.isArray(value)) {
    setMember(result, key, mergeList(result[key], value as unknown[], schema, patch[`${elementOrder}${key}`]));
  } else if (isObject(value)) {
    const before = result[key];
    if (value.$patch === 'delete') delete result[key];
    else setMember(result, key, mergeObject(isObject(before) ? before : {}, value, schema));
  } else {
    setMember(result, key, value);
  }
}

/** Directives for a list that the patch does not otherwise touch. */
function mergeListDirective(result: JsonObject, key: string, patch: JsonObject, schema: SchemaNode | undefined): void {
  if (key.startsWith(deleteFromList)) {
    const field = key.slice(deleteFromList.length);
    const gone = patch[key];
    const list = result[field];
    if (Array.isArray(list) && Array.isArray(gone)) result[field] = list.filter((item) => !gone.includes(item));
  } else if (key.startsWith(elementOrder)) {
    const field = key.slice(elementOrder.length);
    if (patch[field] === undefined && Array.isArray(result[field])) {
      result[field] = mergeList(result[field], [], memberSchema(schema, field), patch[key]);
    }
  }
}

function mergeList(current: unknown, patch: unknown[], schema: SchemaNode | undefined, order: unknown): unknown[] {
  const isMerged = schema?.['x-kubernetes-patch-strategy']?.split(',').includes('merge') === true;
  const key = schema?.['x-kubernetes-patch-merge-key'];
  const replaces = patch.some((item) => isObject(item) && item.$patch === 'replace');
  if (!isMerged || replaces)
    return patch
      .filter((item) => !isDirectiveOnly(item))
      .map((item) => (isObject(item) ? withoutDirectives(item) : item));
  const items: unknown[] = Array.isArray(current) ? [...(current as unknown[])] : [];
  if (key === undefined) return ordered(Array.from(new Set([...items, ...patch])), order, (item) => item);
  for (const item of patch) mergeItem(items, item, key, schema?.items);
  return ordered(items, order, (item) => (isObject(item) ? item[key] : undefined), key);
}

function mergeItem(items: unknown[], item: unknown, key: string, schema: SchemaNode | undefined): void {
  if (!isObject(item)) throw badRequest(`an item of a merged list must be an object, not ${JSON.stringify(item)}`);
  if (item[key] === undefined)
    throw badRequest(`map: ${JSON.stringify(item)} does not contain declared merge key: ${key}`);
  const index = items.findIndex((it) => isObject(it) && it[key] === item[key]);
  if (item.$patch === 'delete') {
    if (index >= 0) items.splice(index, 1);
    return;
  }
  const merged = mergeObject(index >= 0 ? (items[index] as JsonObject) : {}, item, schema);
  if (index >= 0) items[index] = merged;
  else items.push(merged);
}

/** Items in the order the patch asks for; those it does not name keep their place behind what stood before them. */
function ordered(items: unknown[], order: unknown, identity: (item: unknown) => unknown, key?: string): unknown[] {
  if (!Array.isArray(order)) return items;
  const rank = new Map(
    (order as unknown[]).map((entry, index) => [isObject(entry) && key !== undefined ? entry[key] : entry, index]),
  );
  let last = -1;
  const ranked = items.map((item, index) => {
    const own = rank.get(identity(item));
    if (own !== undefined) last = own;
    return { item, index, rank: own ?? last + 0.5 };
  });
  return ranked.sort((left, right) => left.rank - right.rank || left.index - right.index).map(({ item }) => item);
}

function isDirectiveOnly(item: unknown): boolean {
  return isObject(item) && item.$patch !== undefined && Object.keys(item).length === 1;
}

function withoutDirectives(value: JsonObject): JsonObject {
  return cloneJson(
    Object.fromEntries(Object.entries(value).filter(([key, child]) => !key.startsWith('$') && child !== null)),
  );
}

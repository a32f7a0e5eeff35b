// RFC 6902 JSON patches. A failed `test` or a missing path is 422, a malformed patch 400, as the real server answers.

import { cloneJson, equalJson, isObject, type JsonObject, setMember } from '../json-values.ts';
import { ApiStatusError, badRequest } from '../status.ts';

const maxOperations = 10_000;

/** The document after the patch; the input is left as it is. */
export function applyJsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch)) throw badRequest('a JSON patch must be a list of operations');
  if (patch.length > maxOperations) {
    throw new ApiStatusError(
      413,
      'RequestEntityTooLarge',
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${patch.length}`,
    );
  }
  let result: unknown = cloneJson(document);
  for (const operation of patch as unknown[]) result = applyOperation(result, operation);
  return result;
}

function applyOperation(document: unknown, operation: unknown): unknown {
  if (!isObject(operation) || typeof operation.op !== 'string' || typeof operation.path !== 'string') {
    throw badRequest(`a JSON patch operation needs op and path, not ${JSON.stringify(operation)}`);
  }
  const path = parsePointer(operation.path);
  switch (operation.op) {
    case 'add':
      return add(document, path, valueOf(operation));
    case 'replace':
      return add(remove(document, path), path, valueOf(operation));
    case 'remove':
      return remove(document, path);
    case 'move': {
      const from = fromOf(operation);
      const value = read(document, from);
      return add(remove(document, from), path, value);
    }
    case 'copy':
      return add(document, path, cloneJson(read(document, fromOf(operation))));
    case 'test':
      if (!equalJson(readOptional(document, path), valueOf(operation))) {
        throw unprocessable(`testing value ${operation.path} failed`);
      }
      return document;
    default:
      throw badRequest(`unexpected kind: ${operation.op}`);
  }
}

function valueOf(operation: JsonObject): unknown {
  if (!('value' in operation)) throw badRequest(`a JSON patch operation ${String(operation.op)} needs a value`);
  return cloneJson(operation.value);
}

function fromOf(operation: JsonObject): string[] {
  if (typeof operation.from !== 'string') throw badRequest(`a JSON patch operation ${String(operation.op)} needs from`);
  return parsePointer(operation.from);
}

function parsePointer(pointer: string): string[] {
  if (pointer === '') return [];
  if (!pointer.startsWith('/')) throw badRequest(`a JSON pointer starts with a slash, not ${JSON.stringify(pointer)}`);
  return pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function unprocessable(message: string): ApiStatusError {
  return new ApiStatusError(
    422,
    'Invalid',
    `the server rejected our request due to an error in our request: ${message}`,
  );
}

function missing(path: string[]): ApiStatusError {
  return unprocessable(`missing value at /${path.join('/')}`);
}

function readOptional(document: unknown, path: string[]): unknown {
  let current = document;
  for (const part of path) {
    if (Array.isArray(current)) current = (current as unknown[])[Number(part)];
    else if (isObject(current) && Object.hasOwn(current, part)) current = current[part];
    else return undefined;
  }
  return current;
}

function read(document: unknown, path: string[]): unknown {
  const value = readOptional(document, path);
  if (value === undefined) throw missing(path);
  return value;
}

/** Changes in place: the document is a copy of our own. */
function add(document: unknown, path: string[], value: unknown): unknown {
  const last = path.at(-1);
  if (last === undefined) return value;
  const parent = read(document, path.slice(0, -1));
  if (Array.isArray(parent)) {
    const index = last === '-' ? parent.length : indexIn(last, parent.length, path);
    (parent as unknown[]).splice(index, 0, value);
  } else if (isObject(parent)) {
    setMember(parent, last, value);
  } else {
    throw missing(path);
  }
  return document;
}

function remove(document: unknown, path: string[]): unknown {
  const last = path.at(-1);
  if (last === undefined) return undefined;
  const parent = read(document, path.slice(0, -1));
  if (Array.isArray(parent)) {
    (parent as unknown[]).splice(indexIn(last, parent.length - 1, path), 1);
  } else if (isObject(parent) && Object.hasOwn(parent, last)) {
    delete parent[last];
  } else {
    throw missing(path);
  }
  return document;
}

function indexIn(part: string, most: number, path: string[]): number {
  const index = /^(?:0|[1-9]\d*)$/.test(part) ? Number(part) : -1;
  if (index < 0 || index > most) throw missing(path);
  return index;
}

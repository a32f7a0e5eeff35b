// Plain JSON values as the API server handles them: narrow, compare, freeze and reach into them. No knowledge of Kubernetes.

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

export function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

export function asString(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Deep equality of JSON values. A key that is undefined counts as absent. */
export function equalJson(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (Array.isArray(left)) {
    return (
      Array.isArray(right) && left.length === right.length && left.every((item, index) => equalJson(item, right[index]))
    );
  }
  if (!isObject(left) || !isObject(right)) return false;
  for (const key of Object.keys(left)) if (!equalJson(left[key], right[key])) return false;
  for (const key of Object.keys(right)) if (right[key] !== undefined && left[key] === undefined) return false;
  return true;
}

/** Freezes the value and all below it; parts that are frozen already are taken as done. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const child of Object.values(value)) deepFreeze(child);
  return value;
}

/** A deep copy without undefined members, as a trip through JSON would give. */
export function cloneJson<T>(value: T): T {
  if (Array.isArray(value)) return value.map(cloneJson) as T;
  if (!isObject(value)) return value;
  const copy: JsonObject = {};
  for (const [key, child] of Object.entries(value)) {
    // defineProperty: a member called __proto__ is data here, not a prototype.
    if (child !== undefined) setMember(copy, key, cloneJson(child));
  }
  return copy as T;
}

/** Sets an own member, whatever its name. */
export function setMember(target: JsonObject, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[key] = value;
  }
}

/** The value at a simple dotted path such as `.spec.replicas`, or undefined. */
export function getPath(value: unknown, path: string): unknown {
  let current: unknown = value;
  for (const part of splitPath(path)) {
    if (!isObject(current) || !Object.hasOwn(current, part)) return undefined;
    current = current[part];
  }
  return current;
}

/** A copy of `value` with the member at a simple dotted path set; objects on the way are made. */
export function withPath(value: JsonObject, path: string, member: unknown): JsonObject {
  const set = (current: unknown, parts: string[]): unknown => {
    const [part, ...rest] = parts;
    if (part === undefined) return member;
    const object = asObject(current);
    return { ...object, [part]: set(object[part], rest) };
  };
  return set(value, splitPath(path)) as JsonObject;
}

function splitPath(path: string): string[] {
  return path.split('.').filter((part) => part !== '');
}

/** A plain value as text; `otherwise` for objects, lists and nothing. */
export function asText(value: unknown, otherwise = ''): string {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : otherwise;
}

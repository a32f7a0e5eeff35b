// How each metric is called: the name it was given, or a short one derived from what it measures. Always unique in the object,
// always short enough for a label value, and the same for the same spec.
import { MAX_METRIC_NAME } from './limits.ts';

/** A given name, or the derived one to use when none was given. */
export interface NameWish {
  readonly given: string | undefined;
  readonly derived: string;
}

/** One name for each wish, in order. Given names stand; derived ones that are taken get a number: `cpu`, `cpu-2`. */
export function assignNames(wishes: readonly NameWish[]): readonly string[] {
  const taken = new Set<string>();
  const names = wishes.map(({ given }) => {
    if (given === undefined || given === '' || taken.has(given) || given.length > MAX_METRIC_NAME) return undefined;
    taken.add(given);
    return given;
  });
  return names.map((name, index) => {
    if (name !== undefined) return name;
    const free = firstFree(wishes[index]?.derived ?? 'metric', taken);
    taken.add(free);
    return free;
  });
}

function firstFree(wanted: string, taken: ReadonlySet<string>): string {
  const plain = shorten(wanted, MAX_METRIC_NAME);
  if (!taken.has(plain)) return plain;
  for (let number = 2; ; number++) {
    const suffix = `-${number}`;
    const name = shorten(wanted, MAX_METRIC_NAME - suffix.length) + suffix;
    if (!taken.has(name)) return name;
  }
}

/** Long texts keep their beginning and get a hash of the whole, so that two long ones stay apart. */
function shorten(wanted: string, max: number): string {
  if (wanted.length <= max) return wanted;
  const hash = fnv1a(wanted).toString(16).padStart(8, '0');
  // A cut in the middle of a surrogate pair would leave half a character.
  return `${wanted.slice(0, max - hash.length - 1).replace(/[\uD800-\uDBFF]$/, '')}-${hash}`;
}

function fnv1a(value: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < value.length; at++) hash = Math.imul(hash ^ value.charCodeAt(at), 0x01000193) >>> 0;
  return hash;
}

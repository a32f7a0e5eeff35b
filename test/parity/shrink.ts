// Makes a case smaller while it still fails: drops parts of lists, from halves to single members, and fields of objects, until
// nothing can go any more (delta debugging). Knows nothing of situations: what failing means is for the caller.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Path = readonly (string | number)[];

export interface ShrinkOptions {
  /** Whether a smaller case still fails as the first one did. */
  readonly fails: (candidate: Json) => Promise<boolean>;
  /** Fields at these dotted paths are never dropped; members of lists have no number in a path. */
  readonly keep?: ReadonlySet<string>;
}

/** The smallest case found. The one given must fail. The same case and answers give the same result. */
export async function shrink(failing: Json, { fails, keep = new Set() }: ShrinkOptions): Promise<Json> {
  let smallest = failing;
  for (;;) {
    const before = smallest;
    for (const path of containersOf(smallest)) smallest = await shrinkAt(smallest, path, { fails, keep });
    if (smallest === before) return smallest;
  }
}

/** All lists and objects, outermost first; a path may be gone when its turn comes. */
function containersOf(json: Json, path: Path = []): Path[] {
  if (typeof json !== 'object' || json === null) return [];
  return [path, ...Object.entries(json).flatMap(([key, member]) => containersOf(member, [...path, keyIn(json, key)]))];
}

function keyIn(container: Json, key: string): string | number {
  return Array.isArray(container) ? Number(key) : key;
}

async function shrinkAt(whole: Json, path: Path, options: Required<ShrinkOptions>): Promise<Json> {
  const part = at(whole, path);
  if (Array.isArray(part)) return shrinkList(whole, path, options);
  return isRecord(part) ? shrinkRecord(whole, path, options) : whole;
}

async function shrinkList(whole: Json, path: Path, { fails }: Required<ShrinkOptions>): Promise<Json> {
  let smallest = whole;
  let list = listAt(whole, path);
  for (let size = list.length; size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start < list.length; ) {
      const shorter = [...list.slice(0, start), ...list.slice(start + size)];
      const candidate = replaced(smallest, path, shorter);
      if (await fails(candidate)) [smallest, list] = [candidate, shorter];
      else start += size;
    }
  }
  return smallest;
}

async function shrinkRecord(whole: Json, path: Path, { fails, keep }: Required<ShrinkOptions>): Promise<Json> {
  let smallest = whole;
  const record = at(whole, path);
  for (const key of isRecord(record) ? Object.keys(record) : []) {
    if (keep.has(nameOf([...path, key]))) continue;
    const { [key]: _dropped, ...others } = at(smallest, path) as Record<string, Json>;
    const candidate = replaced(smallest, path, others);
    if (await fails(candidate)) smallest = candidate;
  }
  return smallest;
}

function nameOf(path: Path): string {
  return path.filter((step) => typeof step === 'string').join('.');
}

function isRecord(json: Json | undefined): json is Readonly<Record<string, Json>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function listAt(whole: Json, path: Path): readonly Json[] {
  const part = at(whole, path);
  return Array.isArray(part) ? (part as readonly Json[]) : [];
}

function at(whole: Json, path: Path): Json | undefined {
  return path.reduce<Json | undefined>(
    (part, step) => (typeof part === 'object' && part !== null ? (part as Record<string, Json>)[step] : undefined),
    whole,
  );
}

/** A copy of `whole` with another part at `path`; the rest is shared. */
function replaced(whole: Json, [step, ...rest]: Path, part: Json): Json {
  if (step === undefined) return part;
  const member = replaced((whole as Record<string, Json>)[step] ?? null, rest, part);
  if (Array.isArray(whole)) return (whole as readonly Json[]).with(Number(step), member);
  return { ...(whole as Record<string, Json>), [step]: member };
}

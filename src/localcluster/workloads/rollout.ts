// The arithmetic of a Deployment: given the sizes of its ReplicaSets, which of them changes to what next.
// Pure; one step at a time: a step up is returned alone, and the next step follows from what has become of it.

/** One ReplicaSet as the rollout sees it. `recorded` are the Deployment's figures when the set was last sized. */
export interface SetSize {
  name: string;
  size: number;
  available: number;
  recorded?: { desired: number; max: number };
}

export interface Rollout {
  replicas: number;
  /** Already resolved to pods. */
  maxSurge: number;
  maxUnavailable: number;
  newSet: SetSize;
  /** Oldest first. */
  oldSets: readonly SetSize[];
}

/** Sizes by set name; sets that stay as they are are absent. */
export type Sizes = Record<string, number>;

/** Percentages of `replicas`: surge rounded up, unavailable rounded down, and one unavailable when both come to 0. */
export function resolveFenceposts(
  replicas: number,
  surge: number | string = '25%',
  unavailable: number | string = '25%',
): { maxSurge: number; maxUnavailable: number } {
  const maxSurge = resolve(replicas, surge, Math.ceil);
  const maxUnavailable = Math.min(replicas, resolve(replicas, unavailable, Math.floor));
  return { maxSurge, maxUnavailable: maxSurge === 0 && maxUnavailable === 0 ? 1 : maxUnavailable };
}

function resolve(replicas: number, value: number | string, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = Number(value.replace(/%$/, ''));
  return Number.isFinite(percent) ? round((replicas * percent) / 100) : 0;
}

/** Whether `replicas` changed since the sets were sized: then all are scaled, before the rollout goes on. */
export function isScaling(rollout: Rollout): boolean {
  return [rollout.newSet, ...rollout.oldSets].some(
    (set) => set.size > 0 && set.recorded !== undefined && set.recorded.desired !== rollout.replicas,
  );
}

/** The next step of a rolling update. */
export function rollingStep(rollout: Rollout): Sizes {
  const { newSet, oldSets, replicas } = rollout;
  const newSize = newSetSize(rollout);
  if (newSize !== newSet.size) return { [newSet.name]: newSize };
  const all = [newSet, ...oldSets];
  const newUnavailable = newSet.size - newSet.available;
  const minAvailable = replicas - rollout.maxUnavailable;
  const mayGo = sum(all, 'size') - minAvailable - newUnavailable;
  if (sum(oldSets, 'size') === 0 || mayGo <= 0) return {};
  const sizes: Sizes = {};
  // Pods that are not available serve nobody: they go first.
  let gone = 0;
  for (const set of oldSets) {
    const unhealthy = Math.min(mayGo - gone, Math.max(0, set.size - set.available));
    if (unhealthy <= 0) continue;
    sizes[set.name] = set.size - unhealthy;
    gone += unhealthy;
  }
  // Only as many available pods as the minimum leaves over.
  let spare = sum(all, 'available') - minAvailable;
  for (const set of oldSets) {
    const size = sizes[set.name] ?? set.size;
    const down = Math.min(size, spare);
    if (down <= 0) continue;
    sizes[set.name] = size - down;
    spare -= down;
  }
  return sizes;
}

/** What the set of the current template should have in a rolling update, surge respected. */
export function newSetSize({ newSet, oldSets, replicas, maxSurge }: Rollout): number {
  if (newSet.size >= replicas) return replicas;
  const room = replicas + maxSurge - sum([newSet, ...oldSets], 'size');
  return room <= 0 ? newSet.size : newSet.size + Math.min(room, replicas - newSet.size);
}

/** Sizes after a change of `replicas`: one active set takes it all, several share it by their part. */
export function scaledSizes(rollout: Rollout): Sizes {
  const { newSet, oldSets, replicas } = rollout;
  const active = [...oldSets, newSet].filter((set) => set.size > 0);
  if (active.length <= 1) return changed([[active[0] ?? newSet, replicas]]);
  if (newSet.size === replicas && newSet.available === replicas) return changed(oldSets.map((set) => [set, 0]));
  return proportionalSizes(rollout, active);
}

function proportionalSizes({ replicas, maxSurge }: Rollout, active: SetSize[]): Sizes {
  const max = replicas > 0 ? replicas + maxSurge : 0;
  const total = sum(active, 'size');
  const toAdd = max - total;
  // Largest first; of equal ones the newest grows first and the oldest shrinks first (`active` is oldest first).
  const ordered = toAdd > 0 ? active.toReversed() : [...active];
  ordered.sort((a, b) => b.size - a.size);
  let added = 0;
  const sizes = ordered.map((set): [SetSize, number] => {
    const share = Math.round((set.size * max) / (set.recorded?.max ?? total)) - set.size;
    const left = toAdd - added;
    const part = toAdd > 0 ? Math.max(0, Math.min(share, left)) : Math.min(0, Math.max(share, left));
    added += part;
    return [set, set.size + part];
  });
  const first = sizes[0];
  if (first) first[1] = Math.max(0, first[1] + toAdd - added);
  return changed(sizes);
}

function changed(sizes: readonly [SetSize, number][]): Sizes {
  return Object.fromEntries(sizes.filter(([set, size]) => set.size !== size).map(([set, size]) => [set.name, size]));
}

function sum(sets: readonly SetSize[], field: 'size' | 'available'): number {
  return sets.reduce((total, set) => total + set[field], 0);
}

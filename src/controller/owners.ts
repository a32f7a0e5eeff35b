// Which ScaledTargets want to scale one workload, and which of them may: the oldest, by time of creation, then by name.
// Only targets that would act count: mode Scale, a valid spec, not being deleted. Rivals of other kinds are the Rivals port's.
import type { ScaledTarget } from '../api/spec.ts';

/** Namespace, group, kind and name of the workload; the version says nothing about which workload it is. */
export function workloadRefOf(target: ScaledTarget): string {
  let workload = workloads.get(target);
  if (workload === undefined) {
    workload = readWorkloadRef(target);
    workloads.set(target, workload);
  }
  return workload;
}

/** A target as it is stored never changes, and is asked about several times in every cycle. */
const workloads = new WeakMap<ScaledTarget, string>();

function readWorkloadRef({ namespace, spec }: ScaledTarget): string {
  if (!spec) return '';
  const { apiVersion, kind, name } = spec.scaleTargetRef;
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  return `${namespace}/${group}/${kind}/${name}`;
}

export class Owners {
  readonly #byWorkload = new Map<string, ScaledTarget[]>();
  readonly #workloadOf = new Map<string, string>();

  /** Takes note of a target as it is now. */
  note(target: ScaledTarget): void {
    const workload = acts(target) ? workloadRefOf(target) : undefined;
    const before = this.#workloadOf.get(target.key);
    if (before !== undefined && before !== workload) this.forget(target.key);
    if (workload === undefined) return;
    this.#workloadOf.set(target.key, workload);
    const others = this.#byWorkload.get(workload);
    if (!others) {
      this.#byWorkload.set(workload, [target]);
      return;
    }
    const place = others.findIndex((other) => other.key === target.key);
    if (place < 0) others.push(target);
    else others[place] = target;
  }

  forget(key: string): void {
    const workload = this.#workloadOf.get(key);
    if (workload === undefined) return;
    this.#workloadOf.delete(key);
    const left = (this.#byWorkload.get(workload) ?? []).filter((other) => other.key !== key);
    if (left.length === 0) this.#byWorkload.delete(workload);
    else this.#byWorkload.set(workload, left);
  }

  /** The target that may scale the same workload instead of this one; undefined when this one may. */
  elderOf(target: ScaledTarget): ScaledTarget | undefined {
    const rivals = this.#byWorkload.get(workloadRefOf(target));
    if (!rivals || rivals.length < 2) return undefined;
    const oldest = rivals.reduce((a, b) => (isOlder(b, a) ? b : a));
    return oldest.key === target.key ? undefined : oldest;
  }
}

function acts(target: ScaledTarget): boolean {
  return target.spec !== undefined && target.spec.mode === 'Scale' && !target.deleting;
}

function isOlder(a: ScaledTarget, b: ScaledTarget): boolean {
  if (a.createdAtMs !== b.createdAtMs) return a.createdAtMs < b.createdAtMs;
  return a.name < b.name;
}

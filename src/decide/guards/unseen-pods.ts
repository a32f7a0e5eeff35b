// Part of PartialView: which running pods a reading does not show, since when, and what they last used. A pod that was seen before
// counts at least with its last sample, for 15 minutes from when it is missed; that may keep a size and never raises one.
// One pass over the pods. What follows from who was never seen is for partial-view.ts.
import type { MetricMemory, PodSample, PodsReading, PodState, UnseenPod } from '../types.ts';
import type { GuardContext, Objection } from './types.ts';

/** So long a wrong view is likelier than pods that really have no samples: sources and their adapters restart in minutes. */
export const HOLD_MS = 900_000;

/** What a reading and the list of pods show of each other. */
export interface Found {
  /** Running pods past their warm-up. */
  warm: number;
  /** Of these, those without a sample that may lower. */
  blind: number;
  /** Of these, those that never had any sample, for less than 15 minutes. */
  neverSeen: number;
  /** Pods that the workload may count. Terminating ones are in it, since some workloads count them and a rollout is no fault. */
  listed: number;
  /** For the memory: every running pod without a usable sample. */
  unseen: Map<string, UnseenPod> | undefined;
  /** The last samples of those that were seen and still count. */
  remembered: Map<string, PodSample> | undefined;
}

type Known = Pick<MetricMemory, 'last' | 'unseen'>;
type Ask = Pick<GuardContext, 'now' | 'pods' | 'cpuInitializationPeriodMs'>;

/** @param fresh the samples that may lower, if there are any */
export function lookForPods(usable: PodsReading, fresh: PodsReading | undefined, known: Known, ask: Ask): Found {
  const found: Found = { warm: 0, blind: 0, neverSeen: 0, listed: 0, unseen: undefined, remembered: undefined };
  const startedByMs = ask.now - ask.cpuInitializationPeriodMs;
  for (const pod of ask.pods) {
    if (!isFinished(pod)) found.listed += 1;
    if (pod.deleting || pod.phase !== 'Running') continue;
    const isWarm = pod.startedAtMs !== undefined && pod.startedAtMs <= startedByMs;
    if (isWarm) {
      found.warm += 1;
      if (fresh?.samples.has(pod.name) !== true) found.blind += 1;
    }
    if (!usable.samples.has(pod.name)) noteUnseen(found, pod, isWarm, known, ask.now);
  }
  return found;
}

function isFinished({ phase }: PodState): boolean {
  return phase === 'Failed' || phase === 'Succeeded';
}

function noteUnseen(found: Found, pod: PodState, isWarm: boolean, known: Known, now: number): void {
  const missed = known.unseen?.get(pod.name) ?? { sinceMs: now, sample: lastOf(pod, known.last) };
  found.unseen ??= new Map();
  found.unseen.set(pod.name, missed);
  if (now - missed.sinceMs >= HOLD_MS) return;
  if (missed.sample !== undefined) {
    found.remembered ??= new Map();
    found.remembered.set(pod.name, missed.sample);
  } else if (isWarm) found.neverSeen += 1;
}

/** What a pod showed last, unless that was another pod of the same name. */
function lastOf({ name, startedAtMs }: PodState, last: MetricMemory['last']): PodSample | undefined {
  const sample = last?.kind === 'pods' ? last.samples.get(name) : undefined;
  const isOfAnother = sample?.atMs !== undefined && startedAtMs !== undefined && sample.atMs < startedAtMs;
  return isOfAnother ? undefined : sample;
}

/** The reading with the samples of those who are not in it. */
export function withRemembered({ samples }: PodsReading, remembered: ReadonlyMap<string, PodSample>): PodsReading {
  return { kind: 'pods', samples: new Map([...samples, ...remembered]) };
}

/** The size that pods without a sample are remembered to need, where that is more than was asked for without them. */
export function objectForRemembered(
  count: number,
  ask: { readonly replicas: number; readonly current: number; readonly withThem: number },
): (Objection & { readonly floor: number }) | undefined {
  const floor = Math.min(ask.current, ask.withThem);
  if (floor <= ask.replicas) return undefined;
  const who = count === 1 ? '1 pod without a sample counts' : `${count} pods without a sample count`;
  return { guard: 'PartialView', floor, detail: `${who} with the last one: that makes ${ask.withThem}` };
}

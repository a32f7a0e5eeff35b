// What the controller remembers of each target between cycles: the decision's history, what it wrote last and who undid it.
// In memory only: after a restart recommendations begin anew (the first sight stores the current size) and scale events come
// back from status. What a history means is decide's; this file keeps it, and drops it when it speaks of something else.
import { asRecord, own, ownWhole } from '../api/json-input.ts';
import { MAX_INT32 } from '../api/limits.ts';
import type { PreviousScaleEvent, PreviousStatus, ScaledTarget } from '../api/spec.ts';
import { emptyHistory } from '../decide/history.ts';
import type { History, Recommendation, ScaleEvent } from '../decide/types.ts';
import type { LeadTime } from '../record/lead-time.ts';
import type { Numbers, Said } from '../record/status-gist.ts';
import type { OpenWrite } from './open-write.ts';
import { leftSize } from './unseen-change.ts';

/** A status this process wrote and the store may not show yet. */
export interface WrittenStatus {
  /** resourceVersion of the object that the write was based on: while the store still shows it, the store is behind. */
  readonly basedOn: string;
  readonly status: unknown;
  readonly previous: PreviousStatus;
}

/** What the next status that is written has to tell of a change of size. */
export interface UntoldChange {
  readonly history: unknown;
  readonly lastScaleTimeMs: number | undefined;
}

/** A status as it is shown, compared with what a cycle had to show: see status-recorder.ts. */
export interface ComparedStatus {
  readonly status: unknown;
  /** What the cycle that was compared had to say. */
  readonly said: Said;
  /** Whether the status says the same. */
  readonly isSaid: boolean;
  readonly numbers: Numbers;
}

export interface TargetMemory {
  readonly uid: string;
  /** Coordinates of the workload that `history` is about. */
  readonly workloadRef: string;
  /** Undefined until its scale was read once. */
  workloadUid: string | undefined;
  history: History;
  /** The size that the status speaks of, until the workload is seen for the first time; see unseen-change.ts. */
  leftSize: number | undefined;
  written: WrittenStatus | undefined;
  /** A change of size that no status tells of yet, since the write of the status failed. */
  untold: UntoldChange | undefined;
  /** The last comparison that found nothing that must be written. */
  compared: ComparedStatus | undefined;
  /** The size this process wrote last, until it is seen undone; and the version of the workload it replaced. */
  wrote: { readonly replicas: number; readonly over: string; readonly atMs: number } | undefined;
  /** A write whose answer was lost; see open-write.ts. */
  openWrite: OpenWrite | undefined;
  /** When a size of ours was undone by somebody else, oldest first. */
  undoneAtMs: readonly number[];
  /** From a larger size to as many ready pods. */
  leadTime: LeadTime;
  /** While another autoscaler has the workload: what it recommends, as last seen; see take-over.ts. */
  withheld: { readonly recommendation: Recommendation | undefined } | undefined;
  /** Wall time minus monotonic time that the times above were taken on; undefined before the first cycle. See clock-jump.ts. */
  clockOrigin: number | undefined;
}

export class Memory {
  readonly #targets = new Map<string, TargetMemory>();

  /** Whether what is remembered under this target's name is of an object that was there before it. */
  isOfAnother({ key, uid }: ScaledTarget): boolean {
    const known = this.#targets.get(key);
    return known !== undefined && known.uid !== uid;
  }

  /** What is remembered of this target; begun from its status when it, or its reference, is new here. */
  recall(target: ScaledTarget, workloadRef: string): TargetMemory {
    const known = this.#targets.get(target.key);
    if (known && known.uid === target.uid && known.workloadRef === workloadRef) return known;
    // Scale events in status are those of the workload of before when the reference changed under our eyes.
    const sameObject = known?.uid === target.uid;
    const fresh: TargetMemory = {
      uid: target.uid,
      workloadRef,
      workloadUid: undefined,
      history: sameObject ? emptyHistory : seeded(target.previous),
      leftSize: sameObject ? undefined : leftSize(target),
      written: sameObject ? known.written : undefined,
      untold: sameObject ? known.untold : undefined,
      compared: undefined,
      wrote: undefined,
      openWrite: undefined,
      undoneAtMs: [],
      // What the status of before tells is of the workload of before as well.
      leadTime: sameObject ? {} : leadTimeIn(target.rawStatus),
      withheld: undefined,
      clockOrigin: undefined,
    };
    this.#targets.set(target.key, fresh);
    return fresh;
  }

  /** Takes note of which workload answered: a recreated one has no past. */
  meet(memory: TargetMemory, workloadUid: string): void {
    if (memory.workloadUid !== undefined && memory.workloadUid !== workloadUid) {
      memory.history = emptyHistory;
      memory.wrote = undefined;
      memory.openWrite = undefined;
      memory.undoneAtMs = [];
      memory.withheld = undefined;
      memory.leadTime = {};
    }
    memory.workloadUid = workloadUid;
  }

  /** The target with the status this process wrote last, as long as the store is behind that write. */
  latest(target: ScaledTarget, memory: TargetMemory): ScaledTarget {
    const { written } = memory;
    if (!written) return target;
    if (written.basedOn === target.resourceVersion) {
      return { ...target, rawStatus: written.status, previous: written.previous };
    }
    memory.written = undefined;
    return target;
  }

  forget(key: string): void {
    this.#targets.delete(key);
  }

  get size(): number {
    return this.#targets.size;
  }
}

/** What the last controller measured. */
function leadTimeIn(status: unknown): LeadTime {
  const seconds = ownWhole(asRecord(own(asRecord(status), 'lastDecision')), 'leadTimeSeconds', 0, MAX_INT32);
  return seconds === undefined ? {} : { lastMs: seconds * 1000 };
}

function seeded(previous: PreviousStatus): History {
  const { up, down } = previous.scaleEvents;
  if (up.length === 0 && down.length === 0) return emptyHistory;
  return { recommendations: null, scaleEvents: { up: up.map(restored), down: down.map(restored) }, metrics: {} };
}

function restored(event: PreviousScaleEvent): ScaleEvent {
  return { ...event, outdated: false };
}

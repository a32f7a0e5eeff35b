// What the API says of targets: rows, details and updates, made from memory and store when somebody asks, never before.
import type { ScaledTarget } from '../api/spec.ts';
import type { DecisionRecord } from '../api/schema-decision.ts';
import type { Clock } from '../base/clock.ts';
import { type Alarm, alarmsOf } from '../record/alarms.ts';
import type { Journal, JournalEntry } from '../record/journal.ts';
import { type About, explainRecord, sentencesOf } from '../record/explain/explain.ts';
import { whyOfRecord } from '../record/explain/why.ts';
import { type Known, type KnownChange, knownOf } from '../record/known.ts';
import type { LatestCycles } from '../record/latest.ts';
import { metricsLine } from '../record/metric-text.ts';
import type { Timelines } from '../record/timeline.ts';
import { secondsText } from '../record/wire.ts';
import type { ControllerInfo, JournalView, TargetDetail, TargetRow, TargetUpdate } from './api-types.ts';

/** The ScaledTargets as last watched. */
export interface WatchedTargets {
  get(key: string): ScaledTarget | undefined;
  all(): Iterable<ScaledTarget>;
}

export interface ViewOptions {
  readonly targets: WatchedTargets;
  readonly latest: LatestCycles;
  readonly journal: Journal;
  readonly timelines: Timelines;
  readonly clock: Clock;
  readonly version: string;
  /** Where a target sets none. */
  readonly syncPeriodMs: number;
  readonly downscaleStabilizationMs: number;
  readonly tolerance: number;
  /** Whether this process decides. */
  readonly isLeading: () => boolean;
  /** Who holds the Lease, where that is known. */
  readonly leader: () => string | undefined;
}

/** Of a small picture. */
const MAX_SIZES = 32;

export class Views {
  readonly #options: ViewOptions;

  constructor(options: ViewOptions) {
    this.#options = options;
  }

  info(): ControllerInfo {
    const { version, isLeading, leader, clock } = this.#options;
    return { version, source: isLeading() ? 'leader' : 'status', nowMs: clock.now(), leader: leader() };
  }

  all(): Iterable<ScaledTarget> {
    return this.#options.targets.all();
  }

  /** The object, if it is there; `namespace/name`. */
  find(key: string): ScaledTarget | undefined {
    return this.#options.targets.get(key);
  }

  row(target: ScaledTarget): TargetRow {
    return this.#row(target, this.#known(target));
  }

  detail(target: ScaledTarget): TargetDetail {
    const { journal, timelines } = this.#options;
    const known = this.#known(target);
    return {
      ...this.#common(target, known),
      journal: journalOf(journal.entries(target.key), known.history, this.#before(target)),
      timeline: timelines.points(target.key),
    };
  }

  update(target: ScaledTarget): TargetUpdate {
    const { journal, timelines } = this.#options;
    const known = this.#known(target);
    const newest = journal.newest(target.key);
    const change = known.history.at(-1);
    return {
      ...this.#common(target, known),
      entry: newest ? viewOf(newest, this.#before(target)) : change && viewOfChange(change),
      point: timelines.newest(target.key),
    };
  }

  #known(target: ScaledTarget): Known {
    return knownOf(target, this.#options.latest.of(target.key));
  }

  #common(target: ScaledTarget, known: Known): Omit<TargetDetail, 'journal' | 'timeline'> {
    return {
      controller: this.info(),
      row: this.#row(target, known),
      record: known.record,
      sentences: sentencesOf(explainRecord(known.record, { ...this.#about(target), conditions: known.conditions })),
      conditions: known.conditions,
      defaultTolerance: this.#options.tolerance,
      windows: windowsOf(target, this.#options.downscaleStabilizationMs),
    };
  }

  #about({ namespace, name, spec }: ScaledTarget): Omit<About, 'conditions'> {
    const { clock, tolerance } = this.#options;
    return { name: `${namespace}/${name}`, spec, nowMs: clock.now(), defaultTolerance: tolerance };
  }

  /** Of decisions that were: what holds now says nothing of them. */
  #before(target: ScaledTarget): About {
    return { ...this.#about(target), conditions: [], inForce: false };
  }

  #row(target: ScaledTarget, known: Known): TargetRow {
    const { record, lastScaleTime } = known;
    return {
      namespace: target.namespace,
      name: target.name,
      ...ruledBy(target),
      ...decidedIn(target, known),
      metrics: record?.metrics ? metricsLine(record.metrics) : (known.summary.metrics ?? ''),
      why: known.isCurrent && record ? whyOfRecord(record) : (known.summary.why ?? ''),
      alarms: this.#alarms(target, known),
      lastScaleTime,
      sizes: this.#sizes(target, known),
    };
  }

  #alarms(target: ScaledTarget, known: Known): readonly Alarm[] {
    const { spec, faults } = target;
    return alarmsOf({
      faults: faults.map(({ message }) => message),
      conditions: known.conditions,
      record: known.isCurrent ? known.record : undefined,
      maxReplicas: spec?.maxReplicas,
      silentMs: this.#silentMs(target, known),
      periodMs: spec?.syncPeriodSeconds === undefined ? this.#options.syncPeriodMs : spec.syncPeriodSeconds * 1000,
    });
  }

  /** A status is written when something changed: how old it is says nothing. */
  #silentMs({ createdAtMs }: ScaledTarget, { cycleAtMs, record }: Known): number | undefined {
    const now = this.#options.clock.now();
    if (cycleAtMs !== undefined) return now - cycleAtMs;
    return record ? undefined : now - createdAtMs;
  }

  #sizes({ key }: ScaledTarget, { history, record }: Known): readonly number[] {
    const sizes = this.#options.timelines.sizes(key, MAX_SIZES);
    if (sizes.length > 0) return sizes;
    const [first] = history;
    if (first) return [first.from, ...history.map(({ to }) => to)];
    return record ? [record.currentReplicas] : [];
  }
}

function ruledBy({ spec }: ScaledTarget): Pick<TargetRow, 'workload' | 'mode' | 'min' | 'max'> {
  const workload = spec ? `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}` : '';
  return { workload, mode: spec?.mode ?? 'Scale', min: spec?.minReplicas, max: spec?.maxReplicas };
}

function decidedIn(
  { previous }: ScaledTarget,
  { record }: Known,
): Pick<TargetRow, 'current' | 'desired' | 'unclamped' | 'ready' | 'ratio' | 'decidedAt'> {
  return {
    current: record?.currentReplicas ?? previous.currentReplicas,
    desired: record?.desiredReplicas ?? previous.desiredReplicas,
    unclamped: record?.unclampedReplicas,
    ready: record?.readyReplicas,
    ratio: ratioOf(record),
    decidedAt: record?.time,
  };
}

function ratioOf(record: DecisionRecord | undefined): number | undefined {
  const ratio = record?.metrics?.find(({ name }) => name === record.winner)?.ratio;
  const value = ratio === undefined ? Number.NaN : Number(ratio);
  return Number.isFinite(value) ? value : undefined;
}

function windowsOf({ spec }: ScaledTarget, downDefaultMs: number): TargetDetail['windows'] {
  if (!spec) return undefined;
  return {
    upSeconds: spec.behavior?.scaleUp.stabilizationWindowSeconds ?? 0,
    downSeconds: spec.behavior?.scaleDown.stabilizationWindowSeconds ?? downDefaultMs / 1000,
  };
}

/** What is in memory, and before it the changes that only the status knows: those of an earlier leader. */
function journalOf(entries: readonly JournalEntry[], history: readonly KnownChange[], about: About): JournalView[] {
  const told = new Set(entries.map(({ record }) => nameOf(record.cycle, record.time)));
  const older = history.filter(({ cycle, time }) => !told.has(nameOf(cycle, secondsText(Date.parse(time)))));
  // Stable: what came in the same second keeps its order.
  return [...older.map(viewOfChange), ...entries.map((entry) => viewOf(entry, about))].sort(
    (a, b) => Date.parse(a.since) - Date.parse(b.since),
  );
}

/** Counts of cycles begin anew where there is no election. */
const nameOf = (cycle: string | undefined, time: string) => `${cycle ?? ''} ${time}`;

function viewOf(entry: JournalEntry, about: About): JournalView {
  const sentences = sentencesOf(explainRecord(entry.record, about));
  return { ...entry, why: whyOfRecord(entry.record), sentences };
}

function viewOfChange({ time, from, to, reason, cycle }: KnownChange): JournalView {
  const record: DecisionRecord = {
    time,
    ...(cycle !== undefined && { cycle }),
    currentReplicas: from,
    desiredReplicas: to,
    outcome: 'Written',
  };
  return { kind: 'change', record, since: time, cycles: 1, why: reason ?? '', sentences: reason ? [reason] : [] };
}

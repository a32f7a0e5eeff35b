// One cycle of one target, start to end: find it, read its scale, pods and metrics, decide, write the size, record why.
// Promises: ends as done, gone, waiting or error and never rejects; sleeps nowhere; writes only what was decided on the target
// and the workload as they are now. When the next cycle comes is controller.ts.
import type { ScaledTarget } from '../api/spec.ts';
import { type Deadline, SharedDeadlines } from '../base/deadline.ts';
import { messageOf } from '../base/errors.ts';
import { followClock } from './clock-jump.ts';
import { findConflict, noteFoundSize } from './conflicts.ts';
import {
  type BegunCycle,
  type Concluded,
  type Cycle,
  type CycleRequest,
  fieldsOf,
  hasSpec,
  type ReconcilerOptions,
} from './cycle.ts';
import { type CycleEnd, failedWith } from './cycle-end.ts';
import { settleOpenWrite } from './open-write.ts';
import { workloadRefOf } from './owners.ts';
import type { Scale } from './ports.ts';
import { isBehind, readScale } from './read-scale.ts';
import { recordDecision, recordInvalid, recordUnreadable } from './record-cycle.ts';
import { situationOf } from './situation.ts';
import { decideWithin, endCycle, startCycle } from './spans.ts';
import { takeOver } from './take-over.ts';
import { countUnseenChange } from './unseen-change.ts';
import { writeSize } from './write-size.ts';

/** Attempts to write one size, conflicts included. */
const WRITE_ATTEMPTS = 5;
/**
 * For everything that is read. The client and the sources have deadlines of their own, 30 s at most; this is for one that
 * breaks its promise.
 */
const READ_TIMEOUT_MS = 35_000;
/** Targets that are decided together begin within less than this, a thousand of them included. */
const READ_TOGETHER_MS = 1_000;

export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #deadlines: SharedDeadlines;
  #cycles = 0;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#deadlines = new SharedDeadlines(options.clock, READ_TIMEOUT_MS, READ_TOGETHER_MS);
  }

  /** Works on one key. Never rejects. */
  async cycle(request: CycleRequest): Promise<CycleEnd> {
    const { targets, logger } = this.#options;
    const stored = targets.get(request.key);
    if (!stored || stored.deleting) return this.#forget(request.key);
    const reading = this.#deadlines.start(request.stopping);
    let begun: BegunCycle | undefined;
    try {
      begun = this.#begin(request, stored, reading);
      return endCycle(begun.span, await this.#work(begun));
    } catch (error) {
      // Nothing below is expected to throw: this is a fault of ours, contained to one target.
      const fields = begun ? fieldsOf(begun) : { target: request.key };
      logger.error('cycle failed', { ...fields, error: messageOf(error), stack: stackOf(error) });
      return endCycle(begun?.span, failedWith(error));
    } finally {
      reading.dispose();
    }
  }

  #forget(key: string): CycleEnd {
    const { memory, owners, status, observer } = this.#options;
    memory.forget(key);
    owners.forget(key);
    status.forget(key);
    const slash = key.indexOf('/');
    observer.forgotten(key.slice(0, slash), key.slice(slash + 1));
    return { kind: 'gone' };
  }

  #begin(request: CycleRequest, stored: ScaledTarget, reading: Deadline): BegunCycle {
    const { memory, owners, status, observer, clock, gate, tracer } = this.#options;
    owners.note(stored);
    if (memory.isOfAnother(stored)) {
      // Deleted and created again between two cycles: what is shown of the first object is not this one's.
      status.forget(stored.key);
      observer.forgotten(stored.namespace, stored.name);
    }
    const remembered = memory.recall(stored, workloadRefOf(stored));
    const target = memory.latest(stored, remembered);
    const atMs = clock.now();
    const startedAt = clock.monotonic();
    followClock(remembered, atMs, startedAt);
    this.#cycles += 1;
    const id = `${gate.epoch}-${this.#cycles}`;
    const span = startCycle(tracer, id, target, request.lagMs);
    return {
      id,
      span,
      request,
      target,
      spec: target.spec,
      memory: remembered,
      reading,
      atMs,
      startedAt,
      attempts: { left: WRITE_ATTEMPTS },
      readings: undefined,
      readyPods: undefined,
    };
  }

  /** Read, decide, write, record. */
  async #work(cycle: BegunCycle): Promise<CycleEnd> {
    if (!hasSpec(cycle)) return recordInvalid(cycle, this.#options);
    const scale = await readScale(cycle, this.#options);
    if ('problem' in scale) return recordUnreadable(cycle, scale, this.#options);
    if (isBehind(cycle, scale, this.#options)) return { kind: 'waiting', retry: 'soon' };
    this.#options.memory.meet(cycle.memory, scale.uid);
    countUnseenChange(cycle.memory, scale, cycle.spec, cycle.atMs);
    const concluded = await this.#settle(cycle, scale);
    if ('kind' in concluded) return concluded;
    return recordDecision(cycle, concluded, this.#options);
  }

  /** Decides and writes, again on a new size when somebody changed it meanwhile, as long as attempts are left. */
  async #settle(cycle: Cycle, first: Scale): Promise<Concluded | CycleEnd> {
    const { owners, rivals } = this.#options;
    const { target, spec, memory, atMs } = cycle;
    for (let scale = first; ; ) {
      settleOpenWrite(memory, scale, { spec, rawStatus: target.rawStatus });
      noteFoundSize(memory, scale.specReplicas, atMs);
      const found = await situationOf(cycle, scale, this.#options);
      if (!found) return { kind: 'waiting', retry: 'period' };
      const conflict = findConflict(target, scale, { owners, rivals, memory });
      const situation = takeOver(memory, found, target, conflict);
      const decided = decideWithin(cycle.span, situation);
      const settled = await writeSize(cycle, { scale, situation, decided, conflict }, this.#options);
      if (settled.kind === 'concluded') return settled.concluded;
      if (settled.kind === 'ended') return settled.end;
      scale = settled.scale;
    }
  }
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}

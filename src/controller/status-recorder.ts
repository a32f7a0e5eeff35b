// Shows what a cycle found: writes the status at once where it must be, offers a refresh to the budget where it can wait, and
// writes nothing where nothing changed. Only as leader. Remembers what it wrote until the store shows it.
import type { Condition, PreviousStatus, ScaledTarget } from '../api/spec.ts';
import type { DecisionRecord } from '../api/schema-decision.ts';
import type { ScaledTargetStatus } from '../api/schema-status.ts';
import type { Clock } from '../base/clock.ts';
import { startDeadline } from '../base/deadline.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { type Span, traceFields } from '../base/tracing.ts';
import type { Decision } from '../decide/types.ts';
import { whyOfRecord, whyUndecided } from '../record/explain/why.ts';
import { fieldsOf, nextStatus } from '../record/status.ts';
import type { StatusBudget } from '../record/status-budget.ts';
import { compareStatus, OTHER_WORDS, type StatusChange } from '../record/status-diff.ts';
import { distanceBetween, hasSameWords, numbersOf, numbersShown } from '../record/status-gist.ts';
import type { ComparedStatus, TargetMemory } from './memory.ts';
import type { StatusWriter, Targets, WriteGate } from './ports.ts';
import { endStatusWrite, startStatusWrite } from './spans.ts';

export interface StatusRecorderOptions {
  readonly targets: Targets;
  readonly writer: StatusWriter;
  readonly gate: WriteGate;
  readonly budget: StatusBudget;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Told of each status written: `change` at once, or `refresh` by the budget; and of each that could not be. */
  readonly onWritten?: (kind: 'change' | 'refresh' | 'failed') => void;
}

/** What a cycle has to show. */
export interface Shown {
  readonly target: ScaledTarget;
  readonly memory: TargetMemory;
  /** The cycle, and its span when it is recorded. */
  readonly cycle: string;
  readonly span: Span | undefined;
  readonly decision: Decision | undefined;
  /** Of that decision; undefined with it. */
  readonly record: DecisionRecord | undefined;
  readonly conditions: readonly Condition[];
  readonly rescaled: boolean;
  readonly now: number;
}

/** A status to be written. */
interface Update extends Pick<Shown, 'target' | 'memory' | 'cycle' | 'span'> {
  readonly status: ScaledTargetStatus;
  /** The same status as the next cycle reads it while the store does not show it yet. */
  readonly previous: PreviousStatus;
}

export type ShowResult =
  /** Shown, or nothing to show, or left to the budget. */
  | { readonly kind: 'done' }
  /** This process may not write now. */
  | { readonly kind: 'closed' }
  | { readonly kind: 'failed'; readonly error: unknown };

const WRITE_TIMEOUT_MS = 10_000;
const DONE: Promise<ShowResult> = Promise.resolve({ kind: 'done' });

export class StatusRecorder {
  readonly #options: StatusRecorderOptions;

  constructor(options: StatusRecorderOptions) {
    this.#options = options;
  }

  /** `leadership` aborts when nothing may be written any more. */
  show(shown: Shown, leadership: AbortSignal): Promise<ShowResult> {
    const distance = moved(shown);
    if (distance !== undefined) {
      this.#offer(shown, distance, leadership);
      return DONE;
    }
    const update = updateOf(shown);
    const { rawStatus } = shown.target;
    const change = compareStatus(rawStatus, update.status);
    shown.memory.compared = undefined;
    if (change.kind === 'must') return this.#tell(shown, update, leadership);
    shown.memory.compared = comparedWith(shown, change);
    this.#offer(shown, change.kind === 'none' ? 0 : change.distance, leadership);
    return DONE;
  }

  #offer(shown: Shown, distance: number, leadership: AbortSignal): void {
    const { budget } = this.#options;
    const { key } = shown.target;
    if (distance === 0) budget.withdraw(key);
    else budget.offer(key, distance, () => this.#refresh(shown, leadership));
  }

  /** The target is gone: nothing of it waits to be written. */
  forget(key: string): void {
    this.#options.budget.withdraw(key);
  }

  /** Writes what must be told. A change of size that could not be is left for the next status: no later cycle finds it. */
  async #tell({ memory, rescaled }: Shown, update: Update, leadership: AbortSignal): Promise<ShowResult> {
    const result = await this.#write('change', update, leadership);
    if (result.kind !== 'done' && (rescaled || memory.untold)) {
      memory.untold = { history: update.status.history, lastScaleTimeMs: update.previous.lastScaleTimeMs };
    }
    return result;
  }

  async #write(kind: 'change' | 'refresh', update: Update, leadership: AbortSignal): Promise<ShowResult> {
    const { writer, gate, budget, clock, onWritten } = this.#options;
    const { target, memory, status, previous } = update;
    try {
      gate.check();
    } catch {
      // Whoever leads next finds the same difference and writes it.
      return { kind: 'closed' };
    }
    budget.withdraw(target.key);
    const deadline = startDeadline(clock, WRITE_TIMEOUT_MS, leadership);
    const span = startStatusWrite(update.span, kind);
    try {
      await writer.write(target, status, deadline.signal);
      endStatusWrite(span);
    } catch (error) {
      onWritten?.('failed');
      endStatusWrite(span, error);
      return { kind: 'failed', error };
    } finally {
      deadline.dispose();
    }
    onWritten?.(kind);
    memory.untold = undefined;
    memory.written = { basedOn: target.resourceVersion, status, previous };
    return { kind: 'done' };
  }

  async #refresh(shown: Shown, leadership: AbortSignal): Promise<void> {
    const { targets, logger } = this.#options;
    const { target, cycle, span } = shown;
    const stored = targets.get(target.key);
    // What changed since has a cycle of its own, which shows more than this would.
    if (stored?.uid !== target.uid || stored.resourceVersion !== target.resourceVersion) return;
    if (leadership.aborted) return;
    const fields = { namespace: target.namespace, name: target.name, cycle, ...traceFields(span) };
    try {
      const result = await this.#write('refresh', updateOf(shown), leadership);
      if (result.kind === 'failed') logger.debug('status not refreshed', { ...fields, error: messageOf(result.error) });
    } catch (error) {
      // A fault of ours, as in a cycle; the cycle that made this offer is long over and catches nothing.
      logger.error('refresh failed', { ...fields, error: messageOf(error) });
    }
  }
}

/**
 * How far what is shown is from what this cycle has to show, where numbers are all that can have moved since the last comparison;
 * undefined where more may have. Most cycles end here: no status is made of what nobody is going to read.
 */
function moved({ target, memory, decision, conditions, rescaled }: Shown): number | undefined {
  const { compared } = memory;
  if (!decision || rescaled || !compared || compared.status !== target.rawStatus) return undefined;
  if (!hasSameWords(compared.said, { target, decision, conditions })) return undefined;
  return compared.isSaid ? distanceBetween(compared.numbers, numbersOf(decision)) : OTHER_WORDS;
}

/**
 * What later cycles need for going by numbers alone; undefined when something else differs too, such as a status that somebody
 * edited: numbers that are right would say that nothing is to be written.
 */
function comparedWith(
  { target: { generation, rawStatus }, decision, conditions }: Shown,
  change: Exclude<StatusChange, { readonly kind: 'must' }>,
): ComparedStatus | undefined {
  if (!decision) return undefined;
  const isSaid = change.kind === 'none' || change.distance < OTHER_WORDS;
  const numbers = numbersShown(rawStatus);
  const isTold = (distanceBetween(numbers, numbersOf(decision)) === 0) === (change.kind === 'none');
  if (isSaid && !isTold) return undefined;
  return { status: rawStatus, said: { target: { generation }, decision, conditions }, isSaid, numbers };
}

function updateOf(told: Shown): Update {
  const shown = withUntold(told);
  const { target, memory, cycle, span, decision, record, conditions, rescaled, now } = shown;
  const status = nextStatus(target.rawStatus, {
    target,
    decision,
    record,
    conditions,
    rescaled,
    scaleEvents: memory.history.scaleEvents,
    why: reasonOf(shown),
    now,
  });
  return { target, memory, cycle, span, status, previous: previousOf(shown) };
}

/** The target as if its status told of every change of size that was written. */
function withUntold(shown: Shown): Shown {
  const { target, memory } = shown;
  if (!memory.untold) return shown;
  const { history, lastScaleTimeMs } = memory.untold;
  const rawStatus = { ...fieldsOf(target.rawStatus), history };
  const previous = { ...target.previous, ...(lastScaleTimeMs !== undefined && { lastScaleTimeMs }) };
  return { ...shown, target: { ...target, rawStatus, previous } };
}

function previousOf({ target, memory, decision, conditions, rescaled, now }: Shown): PreviousStatus {
  const { previous } = target;
  const currentReplicas = decision?.currentReplicas ?? previous.currentReplicas;
  const desiredReplicas = decision?.statusDesiredReplicas ?? previous.desiredReplicas;
  const lastScaleTimeMs = rescaled ? now : previous.lastScaleTimeMs;
  return {
    conditions,
    scaleEvents: memory.history.scaleEvents,
    ...(currentReplicas !== undefined && { currentReplicas }),
    ...(desiredReplicas !== undefined && { desiredReplicas }),
    ...(lastScaleTimeMs !== undefined && { lastScaleTimeMs }),
  };
}

/** Why this size, in short: what stands against deciding at all, else the decision's own words. */
function reasonOf({ target, record, conditions }: Shown): string {
  return record ? whyOfRecord(record) : whyUndecided(target, conditions);
}

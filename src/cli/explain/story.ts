// What is known of one target: from its status, and from the controller's memory where that can be asked.
import type { DecisionRecord } from '../../api/schema-decision.ts';
import { parseScaledTarget } from '../../api/scaled-target.ts';
import type { ScaledTarget } from '../../api/spec.ts';
import type { ExplainedCondition } from '../../record/explain/explain.ts';
import { type KnownChange, knownOf } from '../../record/known.ts';
import type { JournalView, TargetDetail } from '../../server/api-types.ts';

export interface Story {
  readonly target: ScaledTarget;
  /** The last decision; undefined before the first. */
  readonly record: DecisionRecord | undefined;
  readonly conditions: readonly ExplainedCondition[];
  /** The last changes, oldest first. */
  readonly history: readonly KnownChange[];
  /** What the controller remembers, oldest first; undefined where it was not asked. */
  readonly journal: readonly JournalView[] | undefined;
  /** The controller's, where it was asked. */
  readonly defaultTolerance: number | undefined;
  readonly source: Source;
}

/** Who told it. */
export type Source =
  | { readonly kind: 'controller'; readonly where: string; readonly version: string }
  /** `why`: the controller was not, or could not be, asked. */
  | { readonly kind: 'status'; readonly why: string };

/** From the object alone. */
export function storyOfStatus(raw: unknown, why: string, nowMs: number): Story {
  const target = parseScaledTarget(raw, nowMs);
  const { record, conditions, history } = knownOf(target, undefined);
  return {
    target,
    record,
    conditions,
    history,
    journal: undefined,
    defaultTolerance: undefined,
    source: { kind: 'status', why },
  };
}

/** With what the controller knows beside it. */
export function withDetail(story: Story, detail: TargetDetail, where: string): Story {
  const { record = story.record, conditions, journal, defaultTolerance, controller } = detail;
  const source = { kind: 'controller', where, version: controller.version } as const;
  return { ...story, record, conditions, journal, defaultTolerance, source };
}

/** Sizes and words without the numbers behind them: another key is another story. */
export function storyKey({ record, conditions }: Story): string {
  const { currentReplicas, desiredReplicas, winner, outcome, scaleDownBlockedBy, metrics, steps } = record ?? {};
  return JSON.stringify([
    { currentReplicas, desiredReplicas, winner, outcome, scaleDownBlockedBy },
    metrics?.map(({ name, verdict }) => [name, verdict]),
    steps?.map(({ stage, reason, after }) => [stage, reason, after]),
    conditions.map(({ type, status, reason }) => [type, status, reason]),
  ]);
}

// The decision record as it goes over the wire: one shape in status, API, journal, logs, `explain` and the page.
import * as z from 'zod';
import { MAX_METRIC_NAME, RECORD_LIMITS } from './limits.ts';
import { STAGES, STEP_REASONS, VERDICTS, WRITE_OUTCOMES } from './reasons.ts';
import { count64, text, time, whole } from './schema-parts.ts';

const name = () => text(MAX_METRIC_NAME);
const replicas = () => whole(0);
/** A word of a closed list. Bounded, not enumerated: a status may be of a later version. */
const word = <Word extends string>(_list: readonly Word[]) => text(64) as unknown as z.ZodType<Word>;

const decidedMetric = z.object({
  name: name().describe('Name of the metric.'),
  value: text(64)
    .optional()
    .describe('What was measured, such as `73%`, `120` or `450m`; absent when it could not be read.'),
  target: text(64).optional().describe('What it is compared with, in the same form.'),
  sampleTime: time().optional().describe('When the newest sample was taken, where that is known.'),
  ageSeconds: whole(0).optional().describe('How old that sample was when it was decided on.'),
  ratio: text(32).optional().describe('Value divided by target, as a decimal.'),
  over: replicas().optional().describe('The pods or replicas that the ratio was taken over.'),
  missing: whole(1).optional().describe('Pods without a sample that had to be filled in; absent: none.'),
  unready: whole(1).optional().describe('Pods not ready to be judged by their sample; absent: none.'),
  proposal: replicas().optional().describe('The size this metric asked for; absent when it asked for none.'),
  rawProposal: replicas().optional().describe('What it had asked for before guards and direction, where that differs.'),
  verdict: word(VERDICTS).describe('What became of the proposal, in one word.'),
  detail: text(RECORD_LIMITS.text).optional().describe('The numbers behind it, or why it could not be read.'),
});

const step = z.object({
  stage: word(STAGES).describe('The stage of the decision.'),
  before: replicas().describe('The number before the stage.'),
  after: replicas().describe('The number after it.'),
  reason: word(STEP_REASONS).describe('Why, in one word.'),
  detail: text(RECORD_LIMITS.text).optional().describe('The numbers behind it, in a sentence.'),
});

export const decisionRecordSchema = z
  .object({
    time: time().describe('When it was decided.'),
    cycle: text(RECORD_LIMITS.cycle)
      .optional()
      .describe('Which cycle decided: the leadership and a count. Logs and spans carry the same.'),
    epoch: count64().optional().describe('Which leadership decided: counts the leaders.'),
    currentReplicas: replicas().describe('The size that was found.'),
    desiredReplicas: replicas().describe('The size that was decided on.'),
    unclampedReplicas: replicas().optional().describe('What the metrics asked for before windows, rates and bounds.'),
    readyReplicas: replicas().optional().describe('Pods whose Ready condition was True.'),
    winner: name().optional().describe('Name of the metric that decided.'),
    metrics: z.array(decidedMetric).max(RECORD_LIMITS.metrics).optional().describe('What each metric asked for.'),
    steps: z.array(step).max(RECORD_LIMITS.steps).optional().describe('What changed the number, in order.'),
    outcome: word(WRITE_OUTCOMES).optional().describe('Whether the size was written, in one word.'),
    error: text(RECORD_LIMITS.text).optional().describe('Why it could not be written, or decided as the spec says.'),
    earliestScaleDown: time().optional().describe('When the next lower size may be taken at the earliest.'),
    scaleDownBlockedBy: word(STEP_REASONS)
      .optional()
      .describe('What keeps a lower size from being taken whatever the metrics say, in one word.'),
    leadTimeSeconds: whole(0)
      .optional()
      .describe('How long the last scale-out took, from the write until as many pods were Ready.'),
  })
  .describe('The whole story of the last size.');

/** One decision: what was found, what each metric asked for, what changed the number, what became of it. Times are RFC 3339. */
export type DecisionRecord = z.output<typeof decisionRecordSchema>;
/** What one metric asked for, and what became of it. */
export type DecidedMetric = z.output<typeof decidedMetric>;

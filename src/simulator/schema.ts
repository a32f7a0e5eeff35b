// What scenario.yaml may say: the load's unit and origin, the workload behind it, what goes wrong when, and what must be true of the
// time-line. Judges the file alone; what it has to agree with is scenario.ts's.
import * as z from 'zod';
import { remedyOf } from '../api/faults.ts';
import { STEP_REASONS, VERDICTS } from '../api/reasons.ts';
import { STEP_SECONDS } from './play.ts';

/** A scenario longer than this is no example. */
const MOST_SECONDS = 7 * 86_400;

/** The scenario as it is, and with the other spec that stands beside it. */
export const RUNS = ['itself', 'beside'] as const;
export type RunName = (typeof RUNS)[number];

/** What a decision can give as a reason. */
const REASONS = [...new Set([...STEP_REASONS, ...VERDICTS])];

const text = z.string().trim().min(1);
/** Seconds on the steps of the simulator. */
const seconds = (least: number, most = MOST_SECONDS) =>
  z
    .int()
    .min(least)
    .max(most)
    .multipleOf(STEP_SECONDS, `is no multiple of ${STEP_SECONDS}: a scenario is played in steps of ${STEP_SECONDS} s`);

const load = z.strictObject({
  unit: text,
  /** What the values of the file are divided by to be in the unit. */
  divideBy: z.number().positive('must be above 0'),
  source: z.strictObject({ origin: text, commit: text, licence: text, cut: text }),
});

const span = { from: seconds(0), to: seconds(STEP_SECONDS) };
const incident = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('SourceOutage'), ...span }),
  z.strictObject({ type: z.literal('WrongValue'), ...span, factor: z.number().min(0) }),
  z.strictObject({ type: z.literal('LoadChange'), ...span, factor: z.number().min(0) }),
  z.strictObject({ type: z.literal('Rollout'), from: seconds(0) }),
]);

const limits = {
  of: z.enum(RUNS).default('itself'),
  from: seconds(0).optional(),
  to: seconds(0).optional(),
  atLeast: z.number().min(0).optional(),
  atMost: z.number().min(0).optional(),
  says: text,
};
/** Figures of a part of the time-line that need nothing more to be told apart. */
const SIMPLE_MEASURES = [
  'changes',
  'reversals',
  'largestSize',
  'smallestSize',
  'shortSeconds',
  'coveredPercent',
  'podHours',
  'secondsToSmaller',
] as const;
const expectation = z
  .discriminatedUnion('measure', [
    ...([z.strictObject({ measure: z.enum(SIMPLE_MEASURES), ...limits })] as const),
    z.strictObject({ measure: z.literal('secondsToSize'), size: z.int().min(0), ...limits }),
    z.strictObject({
      measure: z.literal('decisionsNaming'),
      reason: z.enum(REASONS),
      ...limits,
    }),
  ])
  .refine(({ atLeast, atMost }) => atLeast !== undefined || atMost !== undefined, {
    message: 'has no limit: give atLeast or atMost',
  });

const scenarioSchema = z.strictObject({
  title: text,
  /** What it is, in a line. */
  brief: text,
  story: text,
  load,
  pod: z.strictObject({ capacity: z.number().positive('must be above 0'), startSeconds: seconds(0, 3600) }),
  replicas: z.int().min(1).max(1000),
  pipeline: z.strictObject({
    scrapeSeconds: seconds(STEP_SECONDS, 300),
    delaySeconds: seconds(0, 300),
    averageSeconds: seconds(0, 600).default(0),
  }),
  /** Fields that the spec has instead; null: it does not have the field. */
  beside: z.strictObject({ title: text, spec: z.record(z.string(), z.unknown()) }).optional(),
  incidents: z.array(incident).max(20).default([]),
  watch: z.array(text).min(1),
  expect: z.array(expectation).min(1),
});

export type ScenarioFile = z.output<typeof scenarioSchema>;
export type Incident = ScenarioFile['incidents'][number];
export type Expectation = ScenarioFile['expect'][number];

/** The file's content when it breaks no rule; the issues otherwise. */
export function judgeScenario(raw: unknown): z.ZodSafeParseResult<ScenarioFile> {
  return scenarioSchema.safeParse(raw, { error: remedy, reportInput: true });
}

function remedy(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'unrecognized_keys') return `has unknown fields: ${issue.keys.join(', ')}; correct or remove them`;
  // Of a union: what tells its members apart.
  if (issue.code === 'invalid_union') return `must be one of ${choicesOf(issue).join(', ')}`;
  if (issue.code === 'invalid_type' && issue.expected === 'number') return 'must be a number';
  return remedyOf(issue);
}

function choicesOf(issue: z.core.$ZodRawIssue): readonly string[] {
  return 'discriminator' in issue && issue.discriminator === 'measure'
    ? [...SIMPLE_MEASURES, 'secondsToSize', 'decisionsNaming']
    : ['SourceOutage', 'WrongValue', 'LoadChange', 'Rollout'];
}

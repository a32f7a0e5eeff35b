// The status of a ScaledTarget as it goes over the wire: what the status writer fills in and what `kubectl get` shows.
// Bounds here are what a write must keep to; cutting texts and lists to them is the writer's work.
import * as z from 'zod';
import { RECORD_LIMITS, STATUS_LIMITS } from './limits.ts';
import { decisionRecordSchema } from './schema-decision.ts';
import { count64, labelSelector, text, time, whole } from './schema-parts.ts';

const name = () => text(STATUS_LIMITS.metricName);
const quantityText = () => text(64);
const replicas = () => whole(0);

const metricValue = z
  .object({
    averageUtilization: whole(0).optional().describe('Average over the pods, in percent of what they request.'),
    averageValue: quantityText().optional().describe('Average over the pods, as a quantity.'),
    value: quantityText().optional().describe('The value in all, as a quantity.'),
  })
  .describe('The value the metric had.');

const metricIdentifier = z.object({
  name: text(1024),
  selector: labelSelector().optional().describe('The selector of the metric, as in the spec.'),
});

const currentMetric = z
  .object({
    type: text(32).describe('Type of the metric, as in the spec; empty when it could not be read.'),
    name: name().optional().describe('Name of the metric, given or derived.'),
    sampleTime: time().optional().describe('When the newest sample was taken, where that is known.'),
    resource: z.object({ name: text(253), current: metricValue }).optional(),
    containerResource: z.object({ name: text(317), container: text(63), current: metricValue }).optional(),
    pods: z.object({ metric: metricIdentifier, current: metricValue }).optional(),
    object: z
      .object({
        metric: metricIdentifier,
        current: metricValue,
        describedObject: z.object({ apiVersion: text(317).optional(), kind: text(253), name: text(253) }),
      })
      .optional(),
    external: z.object({ metric: metricIdentifier, current: metricValue }).optional(),
    prometheus: z.object({ source: text(63), current: metricValue }).optional(),
  })
  .describe("A metric as last read, in the HPA's shape.");

const condition = z.object({
  type: text(316)
    .regex(/^[A-Za-z0-9][-A-Za-z0-9_./]*$/)
    .describe('AbleToScale, ScalingActive, ScalingLimited, ScaledToZero or Conflict.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether the condition holds.'),
  observedGeneration: count64().optional().describe('The generation of the spec that the condition speaks of.'),
  lastTransitionTime: time().describe('When `status` last changed.'),
  reason: z
    .string()
    .min(1)
    .max(1024)
    .regex(/^[A-Za-z](?:[A-Za-z0-9_,:]*[A-Za-z0-9_])?$/)
    .describe('Why, in one word.'),
  message: text(STATUS_LIMITS.conditionMessage).describe('Why, in a sentence.'),
});

const scaleEvent = z.object({
  change: whole(0).describe('By how many replicas, without sign.'),
  time: time().describe('When.'),
  unconfirmed: z
    .literal(true)
    .optional()
    .describe('Found after a start, perhaps of somebody else: limits its own direction alone.'),
});
const scaleEvents = z.array(scaleEvent).max(STATUS_LIMITS.scaleEvents).optional();

const change = z.object({
  time: time().describe('When the size was written.'),
  from: replicas().describe('The size before.'),
  to: replicas().describe('The size after.'),
  reason: text(STATUS_LIMITS.text).optional().describe('Why, in short.'),
  cycle: text(RECORD_LIMITS.cycle).optional().describe('Which cycle wrote it, as in logs and spans.'),
});

export const statusSchema = z
  .object({
    observedGeneration: count64().optional().describe('The generation of the spec that this status speaks of.'),
    currentReplicas: replicas().optional().describe('The size found at the start of the last cycle.'),
    desiredReplicas: replicas().optional().describe('The size last decided on.'),
    lastScaleTime: time().optional().describe('When the size was last changed by this controller.'),
    currentMetrics: z
      .array(currentMetric)
      .max(STATUS_LIMITS.metrics)
      .optional()
      .describe('The metrics as last read, in the order of the spec.'),
    conditions: z
      .array(condition)
      .max(STATUS_LIMITS.conditions)
      .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] })
      .optional()
      .describe("What is true of this target now, under the HPA's names."),
    lastDecision: decisionRecordSchema.optional(),
    scaleEvents: z
      .object({ up: scaleEvents.describe('Growth.'), down: scaleEvents.describe('Shrinkage.') })
      .optional()
      .describe('Recent changes that the rate policies still count, kept for a restart.'),
    history: z.array(change).max(STATUS_LIMITS.history).optional().describe('The last ten changes, newest last.'),
    summary: z
      .object({
        target: text(STATUS_LIMITS.text).optional().describe('What is scaled, such as `Deployment/web`.'),
        metrics: text(STATUS_LIMITS.text).optional().describe('Values against targets, such as `cpu: 73%/60%`.'),
        why: text(STATUS_LIMITS.text).optional().describe('Why this size, in short.'),
      })
      .optional()
      .describe('Texts for the columns of `kubectl get`.'),
  })
  .describe('What the controller last saw and did.');

/** The status on the wire. Times are RFC 3339, quantities texts in canonical form. */
export type ScaledTargetStatus = z.output<typeof statusSchema>;
/** One entry of `currentMetrics`. */
export type CurrentMetricStatus = z.output<typeof currentMetric>;
/** One entry of `conditions`. */
export type ConditionStatus = z.output<typeof condition>;

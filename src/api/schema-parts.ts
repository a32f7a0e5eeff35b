// Building blocks of the ScaledTarget schema: bounded texts, numbers, quantities, and rules that span fields.
// Each block says the same thing twice, to zod (the parser) and to OpenAPI or CEL (the API server); tests hold both to one list.
import * as z from 'zod';
import { MAX_INT32 } from './limits.ts';

const SUFFIX = String.raw`(?:[KMGTPE]i|[eE][+-]?[0-9]+|[numkMGTPE])?`;
const POSITIVE_QUANTITY = new RegExp(
  String.raw`^\+?(?:[0-9]*[1-9][0-9]*(?:\.[0-9]*)?|[0-9]*\.[0-9]*[1-9][0-9]*)${SUFFIX}$`,
);
const QUANTITY_FROM_ZERO = new RegExp(String.raw`^\+?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)${SUFFIX}$`);
/** What may stand as one segment of a URL path: not `.`, not `..`, no slash, no percent sign. */
const PATH_SEGMENT = /^(?:[^/%]*[^/%.][^/%]*|\.{3,})$/;

/** A text of at most `max` characters. */
export function text(max: number) {
  return z.string().max(max);
}

/** A whole number within bounds that include both ends. */
export function whole(min: number, max = MAX_INT32) {
  return z.int().min(min).max(max);
}

/** A count that may pass 32 bits: generations and epochs. */
export function count64() {
  return z.int().min(0);
}

/** An RFC 3339 time, as the API server checks it. Parsed leniently where it is read. */
export function time() {
  return z.string().max(40).meta({ format: 'date-time' });
}

/** A name that becomes a segment of a request path, as the API server demands of an HPA's references and metrics. */
export function pathSegment(max: number) {
  return z
    .string()
    .min(1)
    .max(max)
    .regex(PATH_SEGMENT, 'must not be "." or ".." and must not contain "/" or "%": write the plain name');
}

/** A Kubernetes quantity above zero: a whole number, or a text such as `500m`, `2`, `1.5Gi`. */
export function positiveQuantity() {
  return quantity(1, POSITIVE_QUANTITY, 'must be a quantity above zero such as 500m, 100 or "1.5"');
}

/** A Kubernetes quantity of zero or more. */
export function quantityFromZero() {
  return quantity(0, QUANTITY_FROM_ZERO, 'must be a quantity of zero or more such as 0, 50m or "0.1"');
}

function quantity(min: number, pattern: RegExp, message: string) {
  return z
    .union([z.int(message).min(min, message), z.string().max(64, message).regex(pattern, message)], message)
    .meta({ 'x-kubernetes-int-or-string': true });
}

/** A label selector. As for an HPA its parts are not checked here: a selector that cannot be used fails its metric. */
export function labelSelector() {
  const requirement = z.object({
    key: text(1024).describe('Key of the label.'),
    operator: text(64).describe('In, NotIn, Exists or DoesNotExist.'),
    values: z.array(text(1024)).max(100).optional().describe('What In and NotIn compare with.'),
  });
  return z.object({
    matchLabels: z
      .record(z.string(), text(1024))
      .meta({ maxProperties: 100 })
      .optional()
      .describe('Labels that must all have these values.'),
    matchExpressions: z.array(requirement).max(100).optional().describe('Requirements that must all hold.'),
  });
}

/** A rule that spans fields, once for the API server and once for the parser. */
export interface Rule<T> {
  /** CEL, true when the value is good. */
  readonly cel: string;
  /** The same in TypeScript. */
  readonly holds: (value: T) => boolean;
  /** One line that names field, value and remedy; for the parser. */
  readonly message: (value: T) => string;
  /** The same as a CEL expression, for the API server: without the value where its length has no bound. */
  readonly celMessage: string;
  /** The field at fault, from where the rule stands. */
  readonly field: string;
}

/** Attaches rules to a schema: zod checks for the parser, `x-kubernetes-validations` for the CRD. */
export function withRules<S extends z.ZodType>(schema: S, rules: readonly Rule<z.output<S>>[]): S {
  const checked = schema.check(
    z.superRefine((value: z.output<S>, context) => {
      for (const rule of rules) {
        if (rule.holds(value)) continue;
        context.addIssue({ code: 'custom', path: [rule.field], message: rule.message(value), params: { whole: true } });
      }
    }),
  );
  return checked.meta({
    ...schema.meta(),
    'x-kubernetes-validations': rules.map(({ cel, celMessage, field }) => ({
      rule: cel,
      messageExpression: celMessage,
      fieldPath: `.${field}`,
    })),
  });
}

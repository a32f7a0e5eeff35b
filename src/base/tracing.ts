// Spans as a port: what a part of a cycle did, for whoever records it. A tracer that nobody listens to gives no spans, and who has
// no span makes nothing for it (`span?.child(...)`): tracing costs nothing where it is not wanted. Where spans go is not said here.

/** What is undefined is left out. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** What names a span, in hexadecimal digits as in log lines. */
export interface SpanOrigin {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
}

export interface Span {
  readonly origin: SpanOrigin;
  /** A part of this one, with what the first span was told of the target. May begin after this one has ended. */
  child(name: string, attributes: SpanAttributes): Span;
  set(attributes: SpanAttributes): void;
  /** Says that it failed: a word that errors can be counted by, and a message for people. The last call counts. */
  fail(type: string, message: string): void;
  /** Points to a span that this one depends on without being a part of it. */
  link(to: SpanOrigin): void;
  /** Nothing that is said after the first call counts. */
  end(): void;
}

export interface Tracer {
  /** Whether anybody listens. Costs next to nothing, and is asked before anything is made for a span. */
  isOn(): boolean;
  /**
   * A span without a parent; undefined when this one is not recorded, and then none of its parts is. `everywhere` is said on
   * its parts too.
   */
  start(name: string, everywhere: SpanAttributes, attributes: SpanAttributes): Span | undefined;
}

/** Nobody listens. */
export const noTracer: Tracer = { isOn: () => false, start: () => undefined };

/** Fields by which a log line is found from its span; undefined, which adds nothing, without a span. */
export function traceFields(
  span: Span | undefined,
): { readonly trace_id: string; readonly span_id: string } | undefined {
  return span && { trace_id: span.origin.traceId, span_id: span.origin.spanId };
}

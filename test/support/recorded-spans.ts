// A tracer that keeps what it is told, and counts the spans that were made: for tests that ask what a cycle says, or that it says
// nothing to nobody.
import type { Span, SpanAttributes, SpanOrigin, Tracer } from '../../src/base/tracing.ts';

export interface RecordedSpan {
  readonly name: string;
  readonly origin: SpanOrigin;
  readonly parent: SpanOrigin | undefined;
  readonly attributes: Record<string, string | number | boolean | undefined>;
  readonly links: SpanOrigin[];
  error: { readonly type: string; readonly message: string } | undefined;
  isOver: boolean;
}

export class RecordingTracer implements Tracer {
  readonly spans: RecordedSpan[] = [];
  /** Times that anybody asked whether to make a span. */
  asked = 0;
  on = true;
  sampled = true;

  isOn(): boolean {
    this.asked += 1;
    return this.on;
  }

  start(name: string, everywhere: SpanAttributes, attributes: SpanAttributes): Span | undefined {
    return this.sampled ? this.#span(name, everywhere, attributes, undefined) : undefined;
  }

  /** Of this name, in the order of their beginnings. */
  named(name: string): RecordedSpan[] {
    return this.spans.filter((span) => span.name === name);
  }

  #span(name: string, everywhere: SpanAttributes, attributes: SpanAttributes, parent: SpanOrigin | undefined): Span {
    const spanId = `span-${this.spans.length}`;
    const origin = { traceId: parent?.traceId ?? `trace-${spanId}`, spanId, traceFlags: 1 };
    const recorded: RecordedSpan = {
      name,
      origin,
      parent,
      attributes: { ...everywhere, ...attributes },
      links: [],
      error: undefined,
      isOver: false,
    };
    this.spans.push(recorded);
    return {
      origin,
      child: (childName, of) => this.#span(childName, everywhere, of, origin),
      set: (more) => {
        if (!recorded.isOver) Object.assign(recorded.attributes, more);
      },
      fail: (type, message) => {
        if (!recorded.isOver) recorded.error = { type, message };
      },
      link: (to) => void recorded.links.push(to),
      end: () => {
        recorded.isOver = true;
      },
    };
  }
}

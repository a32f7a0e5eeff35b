// Spans through the API of OpenTelemetry, to whatever SDK the process was started with; the only file that knows it. Parents are
// passed on, never taken from a context that is active: cycles run interleaved, and an SDK need not follow them. What an SDK throws
// ends tracing, not a cycle.
import {
  type Context,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  type Span as ApiSpan,
  SpanStatusCode,
  trace,
  type Tracer as ApiTracer,
} from '@opentelemetry/api';
import type { Clock } from './clock.ts';
import { messageOf } from './errors.ts';
import type { Logger } from './logger.ts';
import type { Span, SpanAttributes, SpanOrigin, Tracer } from './tracing.ts';

const SCOPE = 'setpoint';
/** What the API gives while no SDK is registered. */
const NONE = new ProxyTracerProvider().getDelegate();

/** What a provider of an SDK can do beyond the API; asked for by name, since it is another copy of the code. */
interface Flushing {
  forceFlush(): Promise<void>;
}

export class OpenTelemetryTracer implements Tracer {
  readonly #version: string;
  readonly #logger: Logger;
  /** Once an SDK is found, for good. */
  #tracer: ApiTracer | undefined;
  /** The SDK threw: it is not called again. */
  #isBroken = false;

  constructor(version: string, logger: Logger) {
    this.#version = version;
    this.#logger = logger;
  }

  /** An SDK may be registered at any time: until one is, each call looks, which takes nanoseconds and makes nothing. */
  isOn(): boolean {
    if (this.#isBroken) return false;
    if (this.#tracer) return true;
    const provider = trace.getTracerProvider();
    // The API keeps one of its own before there is any; one that an SDK registered is a proxy as well, of a copy of the API.
    if (provider instanceof ProxyTracerProvider && provider.getDelegate() === NONE) return false;
    this.#tracer = provider.getTracer(SCOPE, this.#version);
    return true;
  }

  start(name: string, everywhere: SpanAttributes, attributes: SpanAttributes): Span | undefined {
    const tracer = this.isOn() ? this.#tracer : undefined;
    if (!tracer) return undefined;
    return this.#safely(() => {
      const span = tracer.startSpan(name, { attributes: { ...everywhere, ...attributes } }, ROOT_CONTEXT);
      const safely = <T>(call: () => T) => this.#safely(call);
      // Not sampled: its parts would be lost as well, so they are not even made.
      return span.isRecording() ? new RecordedSpan(span, { tracer, everywhere, safely }) : undefined;
    });
  }

  /** Calls the SDK; undefined when it threw, now or before. */
  #safely<T>(call: () => T): T | undefined {
    if (this.#isBroken) return undefined;
    try {
      return call();
    } catch (error) {
      this.#isBroken = true;
      this.#logger.error('tracing ended: the OpenTelemetry SDK threw', { error: messageOf(error) });
      return undefined;
    }
  }

  /** Hands over what waits to be sent, if the SDK can do so, for `timeoutMs` at most. Never rejects: the SDK tells its own troubles. */
  async flush(clock: Clock, timeoutMs: number): Promise<void> {
    if (!this.isOn()) return;
    const provider: unknown = trace.getTracerProvider();
    const sdk: unknown = isProxy(provider) ? provider.getDelegate() : provider;
    if (!isFlushing(sdk)) return;
    let cancel = () => {};
    const late = new Promise<void>((resolve) => {
      cancel = clock.setTimer(timeoutMs, resolve);
    });
    const flushed = this.#safely(() => sdk.forceFlush())?.catch(() => undefined);
    await Promise.race([flushed, late]);
    cancel();
  }
}

/** What the spans of one cycle share. */
interface Recording {
  readonly tracer: ApiTracer;
  readonly everywhere: SpanAttributes;
  readonly safely: <T>(call: () => T) => T | undefined;
}

class RecordedSpan implements Span {
  readonly origin: SpanOrigin;
  readonly #span: ApiSpan;
  readonly #recording: Recording;
  #context: Context | undefined;
  #isOver = false;

  constructor(span: ApiSpan, recording: Recording) {
    this.origin = span.spanContext();
    this.#span = span;
    this.#recording = recording;
  }

  child(name: string, attributes: SpanAttributes): Span {
    const { tracer, everywhere, safely } = this.#recording;
    const made = safely(() => {
      this.#context ??= trace.setSpan(ROOT_CONTEXT, this.#span);
      const span = tracer.startSpan(name, { attributes: { ...everywhere, ...attributes } }, this.#context);
      return new RecordedSpan(span, this.#recording);
    });
    // Tracing has ended: nothing that is said of this one is heard any more, so it may stand for its part.
    return made ?? this;
  }

  set(attributes: SpanAttributes): void {
    this.#call((span) => span.setAttributes(attributes));
  }

  fail(type: string, message: string): void {
    this.#call((span) => span.setAttribute('error.type', type).setStatus({ code: SpanStatusCode.ERROR, message }));
  }

  link(to: SpanOrigin): void {
    this.#call((span) => span.addLink({ context: to }));
  }

  end(): void {
    this.#call((span) => span.end());
    this.#isOver = true;
  }

  #call(call: (span: ApiSpan) => unknown): void {
    if (!this.#isOver) this.#recording.safely(() => call(this.#span));
  }
}

function isProxy(provider: unknown): provider is Pick<ProxyTracerProvider, 'getDelegate'> {
  return typeof provider === 'object' && provider !== null && 'getDelegate' in provider;
}

function isFlushing(sdk: unknown): sdk is Flushing {
  return typeof sdk === 'object' && sdk !== null && 'forceFlush' in sdk && typeof sdk.forceFlush === 'function';
}

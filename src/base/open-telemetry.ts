// Spans through the API of OpenTelemetry, to whatever SDK the process was started with; the only file that knows it. Parents are
// passed on, never taken from a context that is active: cycles run interleaved, and an SDK need not follow them.
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
  /** Once an SDK is found, for good. */
  #tracer: ApiTracer | undefined;

  constructor(version: string) {
    this.#version = version;
  }

  /** An SDK may be registered at any time: until one is, each call looks, which takes nanoseconds and makes nothing. */
  isOn(): boolean {
    if (this.#tracer) return true;
    const provider = trace.getTracerProvider();
    // The API keeps one of its own before there is any; one that an SDK registered is a proxy as well, of a copy of the API.
    if (provider instanceof ProxyTracerProvider && provider.getDelegate() === NONE) return false;
    this.#tracer = provider.getTracer(SCOPE, this.#version);
    return true;
  }

  start(name: string, everywhere: SpanAttributes, attributes: SpanAttributes): Span | undefined {
    if (!this.isOn() || !this.#tracer) return undefined;
    const span = this.#tracer.startSpan(name, { attributes: { ...everywhere, ...attributes } }, ROOT_CONTEXT);
    // Not sampled: its parts would be lost as well, so they are not even made.
    return span.isRecording() ? new RecordedSpan(this.#tracer, span, everywhere) : undefined;
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
    await Promise.race([sdk.forceFlush().catch(() => undefined), late]);
    cancel();
  }
}

class RecordedSpan implements Span {
  readonly origin: SpanOrigin;
  readonly #tracer: ApiTracer;
  readonly #span: ApiSpan;
  readonly #everywhere: SpanAttributes;
  #context: Context | undefined;
  #isOver = false;

  constructor(tracer: ApiTracer, span: ApiSpan, everywhere: SpanAttributes) {
    this.origin = span.spanContext();
    this.#tracer = tracer;
    this.#span = span;
    this.#everywhere = everywhere;
  }

  child(name: string, attributes: SpanAttributes): Span {
    this.#context ??= trace.setSpan(ROOT_CONTEXT, this.#span);
    const everywhere = this.#everywhere;
    const span = this.#tracer.startSpan(name, { attributes: { ...everywhere, ...attributes } }, this.#context);
    return new RecordedSpan(this.#tracer, span, everywhere);
  }

  set(attributes: SpanAttributes): void {
    if (!this.#isOver) this.#span.setAttributes(attributes);
  }

  fail(type: string, message: string): void {
    if (this.#isOver) return;
    this.#span.setAttribute('error.type', type);
    this.#span.setStatus({ code: SpanStatusCode.ERROR, message });
  }

  link(to: SpanOrigin): void {
    if (!this.#isOver) this.#span.addLink({ context: to });
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#span.end();
  }
}

function isProxy(provider: unknown): provider is Pick<ProxyTracerProvider, 'getDelegate'> {
  return typeof provider === 'object' && provider !== null && 'getDelegate' in provider;
}

function isFlushing(sdk: unknown): sdk is Flushing {
  return typeof sdk === 'object' && sdk !== null && 'forceFlush' in sdk && typeof sdk.forceFlush === 'function';
}

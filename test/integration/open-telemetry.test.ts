// Spans through the API of OpenTelemetry to a real SDK: nothing before there is one, everything from then on, with the right parents.
import { trace } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  InMemorySpanExporter,
  type Sampler,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLogger } from '../../src/base/logger.ts';
import { OpenTelemetryTracer } from '../../src/base/open-telemetry.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { controllerOn, World } from '../support/ports.ts';
import { target } from '../support/targets.ts';

afterEach(() => trace.disable());

function sdk(sampler?: Sampler): InMemorySpanExporter {
  const exporter = new InMemorySpanExporter();
  const processors = { spanProcessors: [new SimpleSpanProcessor({ exporter })] };
  trace.setGlobalTracerProvider(new TracerProvider(sampler ? { ...processors, sampler } : processors));
  return exporter;
}

function controller() {
  const world = new World();
  world.deploy('web', 3);
  world.put(target());
  world.loadPerPod(450);
  const on = controllerOn(world, { tracer: new OpenTelemetryTracer('1.2.3', silentLogger) });
  world.onChange = () => {};
  return on;
}

describe('an SDK that throws', () => {
  it.each(['onStart', 'onEnd'] as const)('in %s ends tracing, said once, and no cycle', async (where) => {
    let calls = 0;
    const bug = () => {
      calls += 1;
      throw new Error('a bug of the SDK');
    };
    const processor = {
      onStart: () => undefined,
      onEnd: () => undefined,
      shutdown: () => Promise.resolve(),
      forceFlush: () => Promise.resolve(),
      [where]: bug,
    };
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [processor] }));
    const errors: string[] = [];
    const logger = { ...silentLogger, error: (message: string) => errors.push(message) };
    const world = new World();
    world.deploy('web', 3);
    world.put(target());
    world.loadPerPod(450);
    const on = controllerOn(world, { tracer: new OpenTelemetryTracer('1.2.3', logger) });
    expect(await on.cycle()).toEqual({ kind: 'done' });
    expect(world.sizes).toEqual(['web 3→5']);
    expect(await on.cycle()).toEqual({ kind: 'done' });
    expect([calls, errors]).toEqual([1, ['tracing ended: the OpenTelemetry SDK threw']]);
  });
});

describe('the tracer', () => {
  it('is off without an SDK, and on as soon as one is registered, early or late', () => {
    const tracer = new OpenTelemetryTracer('1.2.3', silentLogger);
    expect([tracer.isOn(), tracer.start('a', {}, {})]).toEqual([false, undefined]);
    const exporter = sdk();
    tracer.start('b', { name: 'web' }, { count: 2, nothing: undefined })?.end();
    expect(exporter.getFinishedSpans()).toMatchObject([
      {
        name: 'b',
        attributes: { name: 'web', count: 2 },
        instrumentationScope: { name: 'setpoint', version: '1.2.3' },
      },
    ]);
    expect(new OpenTelemetryTracer('1.2.3', silentLogger).isOn()).toBe(true);
  });

  it('records a cycle as one trace', async () => {
    const exporter = sdk();
    await controller().cycle();
    const spans = exporter.getFinishedSpans();
    const cycle = spans.find(({ name }) => name === 'setpoint.cycle');
    expect(cycle?.parentSpanContext).toBeUndefined();
    const parts = spans.filter((span) => span !== cycle);
    expect(parts.map(({ name }) => name)).toEqual([
      'setpoint.read',
      'setpoint.decide',
      'setpoint.scale.write',
      'setpoint.status.write',
    ]);
    for (const { parentSpanContext, attributes } of parts) {
      expect(parentSpanContext).toMatchObject({
        spanId: cycle?.spanContext().spanId,
        traceId: cycle?.spanContext().traceId,
      });
      expect(attributes).toMatchObject({
        'k8s.namespace.name': 'shop',
        'setpoint.name': 'web',
        'setpoint.cycle': '1-1',
      });
    }
  });

  it('keeps apart cycles that run interleaved', async () => {
    const exporter = sdk();
    const on = controller();
    await Promise.all([on.cycle(), on.cycle(), on.cycle()]);
    const spans = exporter.getFinishedSpans();
    for (const span of spans) {
      const root = spans.find(({ name, attributes }) => {
        return name === 'setpoint.cycle' && attributes['setpoint.cycle'] === span.attributes['setpoint.cycle'];
      });
      expect(span.spanContext().traceId).toBe(root?.spanContext().traceId);
    }
    expect(new Set(spans.map((span) => span.spanContext().traceId)).size).toBe(3);
  });

  it('makes nothing of a cycle that is not sampled', async () => {
    let asked = 0;
    const never = new AlwaysOffSampler();
    const exporter = sdk({
      shouldSample() {
        asked += 1;
        return never.shouldSample();
      },
      toString: () => 'counting',
    });
    await controller().cycle();
    expect([asked, exporter.getFinishedSpans()]).toEqual([1, []]);
  });

  it('records an error with its word and its message', () => {
    const exporter = sdk();
    const span = new OpenTelemetryTracer('1.2.3', silentLogger).start('a', {}, {});
    span?.fail('Timeout', 'no answer');
    span?.end();
    span?.fail('TooLate', 'said after the end');
    expect(exporter.getFinishedSpans()).toMatchObject([
      { status: { code: 2, message: 'no answer' }, attributes: { 'error.type': 'Timeout' } },
    ]);
  });
});

describe('at the end of the process', () => {
  it('hands over what waits, and waits no longer than it may', async () => {
    const clock = new FakeClock();
    await new OpenTelemetryTracer('1.2.3', silentLogger).flush(clock, 1_000);
    let flushes = 0;
    const processor = {
      onStart() {},
      onEnd() {},
      shutdown: () => Promise.resolve(),
      forceFlush: () => {
        flushes += 1;
        return flushes === 1 ? Promise.resolve() : new Promise<void>(() => {});
      },
    };
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [processor] }));
    const tracer = new OpenTelemetryTracer('1.2.3', silentLogger);
    await tracer.flush(clock, 1_000);
    const flushing = tracer.flush(clock, 1_000);
    await clock.advance(1_000);
    await flushing;
    expect([flushes, clock.pendingTimers]).toEqual([2, 0]);
  });
});

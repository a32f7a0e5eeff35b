// One contender: plays cycles of the real reconciler on a world in memory, and tells the processor time and the bytes they took.
import { trace } from '@opentelemetry/api';
import { AlwaysOffSampler, InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { silentLogger } from '../../src/base/logger.ts';
import { OpenTelemetryTracer } from '../../src/base/open-telemetry.ts';
import { noTracer } from '../../src/base/tracing.ts';
import { controllerOn, readyPod, type Workload, World } from '../../test/support/ports.ts';
import { spec, target } from '../../test/support/targets.ts';

/** `steady`: nothing is to be written; `writing`: each cycle writes a size and a status. */
export type Kind = 'steady' | 'writing';

export interface Order {
  readonly kind: Kind;
  readonly passes: number;
}

export interface Played {
  readonly cycles: number;
  readonly cpuNs: number;
  readonly bytes: number;
  readonly spans: number;
}

const TARGETS = 20;
const SIZE = 3;
const PERIOD_MS = 15_000;

const contender = process.argv[2] ?? '';
const exporter = new InMemorySpanExporter();
if (contender.startsWith('SDK')) {
  const spanProcessors = [new SimpleSpanProcessor({ exporter })];
  const isSampled = contender === 'SDK';
  trace.setGlobalTracerProvider(
    new TracerProvider(isSampled ? { spanProcessors } : { spanProcessors, sampler: new AlwaysOffSampler() }),
  );
}
const tracer = contender === 'without tracing' ? noTracer : new OpenTelemetryTracer('0.0.0', silentLogger);

/** A world of its own for each kind of cycles. */
function setUp(kind: Kind) {
  const world = new World();
  const on = controllerOn(world, { tracer });
  world.onChange = () => {};
  const workloads: Workload[] = [];
  const keys: string[] = [];
  for (let index = 0; index < TARGETS; index++) {
    const name = `app-${index}`;
    workloads.push(world.deploy(name, SIZE));
    world.put(target({ name, spec: spec({ scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name } }) }));
    keys.push(`shop/${name}`);
  }
  const pods = new Map(
    workloads.map(({ selector, name }) => [
      selector,
      Array.from({ length: SIZE }, (_, index) => readyPod(`${name}-${index}`)),
    ]),
  );
  world.select = (_namespace, selector) => ({ pods: pods.get(selector) ?? [] });
  // 3 pods at their target, or at 90 % where 60 % are wanted.
  world.loadPerPod(kind === 'steady' ? 300 : 450);
  return async (passes: number) => {
    for (let pass = 0; pass < passes; pass++) {
      for (const key of keys) await on.cycle(key);
      for (const list of [world.events, world.reports, world.sizes, world.reads]) list.length = 0;
      if (kind === 'writing') for (const workload of workloads) world.resize(workload, SIZE);
      await world.clock.advance(PERIOD_MS);
    }
  };
}

const worlds = { steady: setUp('steady'), writing: setUp('writing') };

process.on('message', (order: Order) => {
  void play(order).then((played) => process.send?.(played));
});

async function play({ kind, passes }: Order): Promise<Played> {
  const collect = globalThis.gc;
  if (!collect) throw new Error('start it with --expose-gc');
  collect();
  const before = process.memoryUsage().heapUsed;
  const began = process.threadCpuUsage();
  await worlds[kind](passes);
  const { user, system } = process.threadCpuUsage(began);
  const bytes = process.memoryUsage().heapUsed - before;
  const spans = exporter.getFinishedSpans().length;
  exporter.reset();
  return { cycles: passes * TARGETS, cpuNs: (user + system) * 1000, bytes, spans };
}

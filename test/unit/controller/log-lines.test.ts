// Every line that a cycle logs says which target and which cycle it is of, and its span when there is one.
import { beforeEach, describe, expect, it } from 'vitest';
import { SetpointError } from '../../../src/base/errors.ts';
import type { LogFields, Logger } from '../../../src/base/logger.ts';
import { noTracer } from '../../../src/base/tracing.ts';
import { controllerOn, World } from '../../support/ports.ts';
import { RecordingTracer } from '../../support/recorded-spans.ts';
import { target } from '../../support/targets.ts';

const down = () => {
  throw new SetpointError('Network', 'no answer');
};

/** What makes a cycle log, by the line that it logs. */
const CAUSES: readonly [line: string, cause: (world: World) => void][] = [
  ['size written', () => {}],
  ['size not written', (world) => (world.beforeScaleWrite = down)],
  ['status not written', (world) => (world.beforeStatusWrite = down)],
  ['a metric source threw', (world) => (world.answer = down)],
  ['cycle failed', (world) => (world.select = down)],
];

describe.each([
  ['without tracing', noTracer],
  ['with tracing', new RecordingTracer()],
] as const)('log lines of a cycle %s', (_, tracer) => {
  let world: World;
  let lines: { readonly message: string; readonly fields: LogFields | undefined }[];
  let on: ReturnType<typeof controllerOn>;
  beforeEach(() => {
    world = new World();
    lines = [];
    const add = (message: string, fields?: LogFields) => void lines.push({ message, fields });
    const logger: Logger = { debug: add, info: add, warn: add, error: add, with: () => logger };
    on = controllerOn(world, { tracer, logger });
    world.deploy('web', 3);
    world.put(target());
    world.onChange = () => {};
    world.loadPerPod(450);
  });

  /** Fields of the line, and what ought to be among them: of cycle `count` of this controller. */
  function expectFields(line: string, count: number): void {
    const found = lines.find(({ message }) => message === line)?.fields;
    expect(found).toMatchObject({ namespace: 'shop', name: 'web', cycle: `1-${count}` });
    const isTraced = tracer instanceof RecordingTracer;
    const root = isTraced ? tracer.named('setpoint.cycle').at(-1)?.origin.traceId : undefined;
    expect(found?.['trace_id']).toBe(root);
    expect(typeof found?.['span_id']).toBe(isTraced ? 'string' : 'undefined');
  }

  it.each(CAUSES)('%s', async (line, cause) => {
    cause(world);
    await on.cycle();
    expectFields(line, 1);
    expect(lines.every(({ fields }) => fields?.['cycle'] === '1-1')).toBe(true);
  });

  it('a size that could not be written is told with its record and the reason', async () => {
    world.beforeScaleWrite = down;
    await on.cycle();
    expect(lines.find(({ message }) => message === 'size not written')?.fields).toMatchObject({
      from: 3,
      to: 5,
      error: expect.stringContaining('no answer'),
      decision: { currentReplicas: 3, desiredReplicas: 5, outcome: 'Failed', winner: 'cpu' },
    });
  });

  it('a size that was written is told with the record that the status has', async () => {
    await on.cycle();
    const fields = lines.find(({ message }) => message === 'size written')?.fields;
    expect(fields).toMatchObject({ from: 3, to: 5, decision: { outcome: 'Written', desiredReplicas: 5 } });
    expect(fields?.['decision']).toEqual(world.status('shop/web')['lastDecision']);
  });

  it('status not refreshed, also when its turn came after the cycle', async () => {
    world.loadPerPod(300);
    await on.cycle();
    await world.clock.advance(15_000);
    world.loadPerPod(303);
    await on.cycle();
    world.beforeStatusWrite = down;
    await world.clock.advance(60_000);
    expectFields('status not refreshed', 2);
  });
});

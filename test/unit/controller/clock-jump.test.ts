import { describe, expect, it } from 'vitest';
import { followClock, shiftHistory } from '../../../src/controller/clock-jump.ts';
import { Memory } from '../../../src/controller/memory.ts';
import type { History } from '../../../src/decide/types.ts';
import { controllerOn, World } from '../../support/ports.ts';
import { spec, target } from '../../support/targets.ts';

const AT = Date.UTC(2026, 0, 1);
const reading = { kind: 'value', valueMilli: 5n, atMs: AT, scrapeIntervalMs: undefined, partial: false } as const;
const full: History = {
  recommendations: [{ replicas: 3, atMs: AT }],
  scaleEvents: { up: [{ change: 1, atMs: AT, outdated: false }], down: [{ change: 2, atMs: AT, outdated: true }] },
  metrics: {
    cpu: {
      subject: 'cpu',
      last: reading,
      lastSeenAtMs: AT,
      sample: { reading, newAtMs: AT, target: '60', ceiling: 4 },
      peaks: [{ totalMilli: 9n, atMs: AT }],
      fall: { peakMilli: 9n, sinceMs: AT, agreed: 1 },
      partialSinceMs: AT,
      absentSinceMs: AT,
      unseen: new Map([['web-1', { sinceMs: AT, sample: undefined }]]),
    },
    bare: { subject: 'bare' },
  },
  holdSinceMs: AT,
};

describe('shiftHistory', () => {
  it('moves every time of ours, and forgets which sample of a source is the newest', () => {
    expect(shiftHistory(full, 7)).toEqual({
      recommendations: [{ replicas: 3, atMs: AT + 7 }],
      scaleEvents: {
        up: [{ change: 1, atMs: AT + 7, outdated: false }],
        down: [{ change: 2, atMs: AT + 7, outdated: true }],
      },
      metrics: {
        cpu: {
          subject: 'cpu',
          peaks: [{ totalMilli: 9n, atMs: AT + 7 }],
          fall: { peakMilli: 9n, sinceMs: AT + 7, agreed: 1 },
          partialSinceMs: AT + 7,
          absentSinceMs: AT + 7,
          unseen: new Map([['web-1', { sinceMs: AT + 7, sample: undefined }]]),
        },
        bare: { subject: 'bare' },
      },
      holdSinceMs: AT + 7,
    });
  });

  it('leaves what is not there out', () => {
    const empty: History = { recommendations: null, scaleEvents: { up: [], down: [] }, metrics: {} };
    expect(shiftHistory(empty, 7)).toEqual(empty);
  });
});

describe('followClock', () => {
  it('moves nothing for a clock that is slewed, and adds slewing up to what is worth a move', () => {
    const memory = new Memory().recall(target(), 'ref');
    memory.history = full;
    followClock(memory, AT, 0);
    followClock(memory, AT + 15_600, 15_000);
    expect(memory.history).toBe(full);
    followClock(memory, AT + 31_200, 30_000);
    expect(memory.history.recommendations).toEqual([{ replicas: 3, atMs: AT + 1_200 }]);
  });

  it('moves the beginning of a lead time that is being measured', () => {
    const memory = new Memory().recall(target(), 'ref');
    followClock(memory, AT, 0);
    memory.leadTime = { pending: { replicas: 4, atMs: AT }, lastMs: 20_000 };
    followClock(memory, AT + 3_615_000, 15_000);
    expect(memory.leadTime).toEqual({ pending: { replicas: 4, atMs: AT + 3_600_000 }, lastMs: 20_000 });
  });
});

describe('F07: a wall clock that is set', () => {
  it.each([3_600_000, -3_600_000])('by %i ms neither ends the down window at once nor prolongs it', async (jump) => {
    const world = new World();
    world.deploy('web', 5);
    world.put(target({ spec: spec({ guards: 'Disabled' }) }));
    const on = controllerOn(world);
    world.loadPerPod(300);
    on.start();
    // Five replicas are right until here.
    await world.clock.advance(30_000);
    world.loadInAll(() => 600);
    world.clock.jumpWall(jump);
    await world.clock.advance(240_000);
    expect(world.sizes).toEqual([]);
    await world.clock.advance(90_000);
    expect(world.sizes).toEqual(['web 5→2']);
    await on.stop();
  });
});

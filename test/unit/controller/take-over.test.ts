// Time-lines of the moment when another autoscaler leaves the workload: minutes beside it, then minutes alone.
import { beforeEach, describe, expect, it } from 'vitest';
import type { ScalingRules, TakeOver, TargetSpec } from '../../../src/api/spec.ts';
import { controllerOn, type Workload, World } from '../../support/ports.ts';
import { spec, target } from '../../support/targets.ts';

const PERIOD = 15_000;
const MINUTE = 60_000;
/** What one pod should do, in millicores. */
const EACH = 300;
const FROM_RECOMMENDATION: TakeOver = { from: 'recommendation' };

const rules = (stabilizationWindowSeconds?: number): ScalingRules => ({
  ...(stabilizationWindowSeconds !== undefined && { stabilizationWindowSeconds }),
  selectPolicy: 'Max',
  policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
});
const BEHAVIOR = { scaleUp: rules(0), scaleDown: rules(300) };

let world: World;
let web: Workload;
let on: ReturnType<typeof controllerOn>;
/** So many replicas are needed. */
let needed: number;

beforeEach(() => {
  world = new World();
  web = world.deploy('web', 8);
  world.loadInAll(() => needed * EACH);
  needed = 2;
});

function begin(changes: Partial<TargetSpec> = {}, takeOver?: TakeOver): void {
  world.put(target({ spec: spec({ maxReplicas: 20, ...changes }), takeOver }));
  restart();
}

/** Another process, with a memory of its own. */
function restart(): void {
  on = controllerOn(world);
  world.onChange = () => {};
}

function hpaWants(...desiredReplicas: (number | undefined)[]): void {
  world.autoscalers = desiredReplicas.map((desired, index) => ({ name: `hpa-${index}`, desiredReplicas: desired }));
}

/** A cycle now and every period until that much time is over. */
async function cycles(forMs: number): Promise<void> {
  for (let passed = 0; passed < forMs; passed += PERIOD) {
    await on.cycle();
    await world.clock.advance(PERIOD);
  }
}

const desired = () => world.status('shop/web')['desiredReplicas'];

describe('when an HPA goes after 20 minutes of another opinion', () => {
  describe.each([
    ['with guards', {}],
    ['without guards', { guards: 'Disabled' }],
    ['with behavior', { behavior: BEHAVIOR }],
    ['with behavior, without guards', { behavior: BEHAVIOR, guards: 'Disabled' }],
  ] satisfies [string, Partial<TargetSpec>][])('%s', (_, changes) => {
    beforeEach(async () => {
      begin(changes);
      hpaWants(8);
      await cycles(20 * MINUTE);
    });

    it('the other opinion was shown and not written', () => {
      expect([world.sizes, desired()]).toEqual([[], 2]);
    });

    it('the size stays for a whole window, and then follows', async () => {
      hpaWants();
      await cycles(5 * MINUTE);
      expect(world.sizes).toEqual([]);
      await cycles(MINUTE);
      expect(web.replicas).toBe(2);
    });

    it('the size stays where the HPA left it, also when it had just changed it', async () => {
      world.resize(web, 11);
      hpaWants();
      await cycles(5 * MINUTE);
      expect(world.sizes).toEqual([]);
    });

    it('more is written at once: an increase that is needed is no jump', async () => {
      needed = 12;
      hpaWants();
      await cycles(PERIOD);
      expect(world.sizes).toEqual(['web 8→12']);
    });

    it('a higher recommendation that nobody acted on does not raise the size either', async () => {
      needed = 14;
      await cycles(PERIOD);
      expect(desired()).toBe(14);
      needed = 2;
      await cycles(2 * MINUTE);
      hpaWants();
      await cycles(2 * MINUTE);
      expect(world.sizes).toEqual([]);
    });

    it('a size beyond maxReplicas goes to the bound: bounds hold always', async () => {
      world.edit('shop/web', { maxReplicas: 6 });
      hpaWants();
      await cycles(PERIOD);
      expect(world.sizes).toEqual(['web 8→6']);
      await cycles(3 * MINUTE);
      expect(web.replicas).toBe(6);
    });

    it('an HPA that ends while metrics are being read is noticed before that decision', async () => {
      const { answer } = world;
      world.answer = (...asked) => {
        hpaWants();
        return answer(...asked);
      };
      await cycles(MINUTE);
      expect([world.sizes, world.condition('shop/web', 'Conflict')]).toEqual([[], 'False/NoConflict']);
    });

    it('a restart between the last look at the HPA and its end changes nothing', async () => {
      restart();
      hpaWants();
      await cycles(5 * MINUTE);
      expect(world.sizes).toEqual([]);
    });

    it('a restart while the HPA is there changes nothing', async () => {
      restart();
      await cycles(20 * MINUTE);
      hpaWants();
      await cycles(5 * MINUTE);
      expect(world.sizes).toEqual([]);
    });

    it('a cycle that could not write is no end of it', async () => {
      hpaWants();
      needed = 12;
      world.gateError = new Error('no longer the leader');
      await cycles(PERIOD);
      world.gateError = undefined;
      needed = 2;
      await cycles(2 * MINUTE);
      expect(web.replicas).toBeGreaterThanOrEqual(8);
    });
  });

  it('windows that behavior sets begin anew in both directions', async () => {
    begin({ behavior: { scaleUp: rules(60), scaleDown: rules(30) } });
    hpaWants(8);
    needed = 12;
    await cycles(20 * MINUTE);
    hpaWants();
    await cycles(MINUTE);
    expect(world.sizes).toEqual([]);
    await cycles(PERIOD);
    expect(world.sizes).toEqual(['web 8→12']);
  });

  it('a window of 0 waits for nothing', async () => {
    begin({ behavior: { scaleUp: rules(0), scaleDown: rules(0) }, guards: 'Disabled' });
    hpaWants(8);
    await cycles(MINUTE);
    hpaWants();
    await cycles(PERIOD);
    expect(world.sizes).toEqual(['web 8→2']);
  });

  it('metrics that are missing at that moment keep the size, and it is held for a window from there', async () => {
    begin();
    hpaWants(8);
    await cycles(20 * MINUTE);
    hpaWants();
    const { answer } = world;
    world.answer = () => ({ kind: 'absent', reason: 'Empty', message: 'no data' });
    await cycles(10 * MINUTE);
    world.answer = answer;
    await cycles(4 * MINUTE);
    expect(world.sizes).toEqual([]);
    await cycles(2 * MINUTE);
    expect(web.replicas).toBe(2);
  });

  it('a workload that was made anew meanwhile has no past', async () => {
    begin({}, FROM_RECOMMENDATION);
    hpaWants(4);
    await cycles(20 * MINUTE);
    web = world.deploy('web', 8, { uid: 'another' });
    hpaWants();
    await cycles(2 * MINUTE);
    expect(world.sizes).toEqual([]);
  });
});

describe('other ends of a conflict', () => {
  it('an older ScaledTarget that goes is an HPA that goes', async () => {
    const older = target({ name: 'older', createdAtMs: 0 });
    begin();
    on.owners.note(older);
    await cycles(20 * MINUTE);
    expect([desired(), world.condition('shop/web', 'Conflict')]).toEqual([2, 'True/ScaledTarget']);
    on.owners.forget(older.key);
    await cycles(5 * MINUTE);
    expect(world.sizes).toEqual([]);
    await cycles(MINUTE);
    expect(web.replicas).toBe(2);
  });

  it('Recommend that becomes Scale takes what it showed', async () => {
    begin({ mode: 'Recommend' });
    hpaWants(8);
    await cycles(20 * MINUTE);
    hpaWants();
    await cycles(MINUTE);
    world.edit('shop/web', { mode: 'Scale' });
    await cycles(PERIOD);
    expect(world.sizes).toEqual(['web 8→2']);
  });

  it('Scale beside an HPA that becomes Recommend, and Scale again when the HPA is gone, takes what it showed', async () => {
    begin();
    hpaWants(8);
    await cycles(10 * MINUTE);
    world.edit('shop/web', { mode: 'Recommend' });
    await cycles(MINUTE);
    hpaWants();
    world.edit('shop/web', { mode: 'Scale' });
    await cycles(PERIOD);
    expect(world.sizes).toEqual(['web 8→2']);
  });

  it('an HPA that comes and goes and comes leaves the size alone', async () => {
    begin();
    for (let times = 0; times < 3; times++) {
      hpaWants(8);
      await cycles(10 * MINUTE);
      hpaWants();
      await cycles(MINUTE);
    }
    expect(world.sizes).toEqual([]);
  });
});

describe("when a target goes on from the HPA's recommendation", () => {
  describe.each([
    ['without behavior', {}],
    ['with behavior', { behavior: BEHAVIOR }],
  ] satisfies [string, Partial<TargetSpec>][])('%s', (_, changes) => {
    beforeEach(() => begin(changes, FROM_RECOMMENDATION));

    it('a lower one is gone to at once, and held for a window', async () => {
      hpaWants(5);
      await cycles(20 * MINUTE);
      hpaWants();
      await cycles(PERIOD);
      expect(world.sizes).toEqual(['web 8→5']);
      await cycles(4 * MINUTE);
      expect(world.sizes).toEqual(['web 8→5']);
      await cycles(MINUTE);
      expect(web.replicas).toBe(2);
    });

    it('a lower one is not gone to when more is needed', async () => {
      needed = 8;
      hpaWants(5);
      await cycles(20 * MINUTE);
      hpaWants();
      await cycles(10 * MINUTE);
      expect(world.sizes).toEqual([]);
    });

    it('of several HPAs the highest counts, and one that has decided nothing does not', async () => {
      hpaWants(4, 6, undefined);
      await cycles(MINUTE);
      hpaWants();
      await cycles(PERIOD);
      expect(world.sizes).toEqual(['web 8→6']);
    });

    it('an HPA that has decided nothing leaves the size', async () => {
      hpaWants(undefined);
      await cycles(20 * MINUTE);
      hpaWants();
      await cycles(5 * MINUTE);
      expect(world.sizes).toEqual([]);
    });

    it('one that was last seen longer ago than the window leaves the size', async () => {
      // Guards hold the size after such a time anyway.
      world.edit('shop/web', { guards: 'Disabled' });
      hpaWants(5);
      await cycles(20 * MINUTE);
      world.beforeScaleRead = () => {
        throw new Error('no answer');
      };
      await cycles(10 * MINUTE);
      world.beforeScaleRead = () => {};
      hpaWants();
      await cycles(4 * MINUTE);
      expect(world.sizes).toEqual([]);
    });

    it('after a restart that missed the end of the HPA the size is gone on from', async () => {
      hpaWants(5);
      await cycles(20 * MINUTE);
      restart();
      hpaWants();
      await cycles(4 * MINUTE);
      expect(world.sizes).toEqual([]);
    });

    it('a clock that is set meanwhile does not make it older', async () => {
      hpaWants(5);
      await cycles(MINUTE);
      world.clock.jumpWall(60 * MINUTE);
      hpaWants();
      await cycles(PERIOD);
      expect(world.sizes).toEqual(['web 8→5']);
    });

    it('the minimum holds', async () => {
      world.edit('shop/web', { minReplicas: 7 });
      hpaWants(5);
      await cycles(MINUTE);
      hpaWants();
      await cycles(PERIOD);
      expect(world.sizes).toEqual(['web 8→7']);
    });
  });

  it('without behavior a higher one is gone to, and held for a window', async () => {
    begin({}, FROM_RECOMMENDATION);
    hpaWants(12);
    await cycles(20 * MINUTE);
    hpaWants();
    await cycles(4 * MINUTE);
    expect(world.sizes).toEqual(['web 8→12']);
    await cycles(2 * MINUTE);
    expect(web.replicas).toBe(2);
  });

  it('with behavior a higher one keeps the size from falling and does not raise it: no remembered one does', async () => {
    begin({ behavior: BEHAVIOR }, FROM_RECOMMENDATION);
    hpaWants(12);
    await cycles(20 * MINUTE);
    hpaWants();
    await cycles(4 * MINUTE);
    expect(world.sizes).toEqual([]);
  });

  it('with behavior a higher one lets an increase to it pass the window of growth', async () => {
    begin({ behavior: { scaleUp: rules(120), scaleDown: rules(300) } }, FROM_RECOMMENDATION);
    needed = 14;
    hpaWants(12);
    await cycles(20 * MINUTE);
    hpaWants();
    await cycles(PERIOD);
    expect(world.sizes).toEqual(['web 8→12']);
    await cycles(3 * MINUTE);
    expect(world.sizes).toEqual(['web 8→12', 'web 12→14']);
  });

  it('an annotation that is not known is told while it matters, and leaves the size', async () => {
    begin({}, { from: 'size', problem: 'annotation x is "y" and has no effect' });
    hpaWants(5);
    await cycles(20 * MINUTE);
    expect(world.events.map(({ event }) => event.message)).toContainEqual(
      expect.stringMatching(/^HorizontalPodAutoscaler hpa-0 scales .*; annotation x is "y" and has no effect$/),
    );
    expect(JSON.stringify(world.status('shop/web')['conditions'])).toContain('has no effect');
    hpaWants();
    await cycles(4 * MINUTE);
    expect(world.sizes).toEqual([]);
    expect(JSON.stringify(world.status('shop/web')['conditions'])).not.toContain('has no effect');
  });
});

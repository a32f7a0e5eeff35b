// Whatever goes wrong in whatever order, the promises hold: sizes within the bounds of the spec, nothing lowered without data,
// no other target delayed; and when the faults end, the right size follows and then silence. fast-check prints its seed.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ApiStatusError, SetpointError } from '../../../src/base/errors.ts';
import type { Reading } from '../../../src/decide/types.ts';
import { controllerOn, cpuReading, World } from '../../support/ports.ts';
import { prometheus, spec, target } from '../../support/targets.ts';

const PERIOD_MS = 15_000;
const absent: Reading = { kind: 'absent', reason: 'Empty', message: 'no data' };
/** Both ways at once, so that the right size does not wait for a window. */
const rules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max' as const,
  policies: [{ type: 'Percent' as const, value: 1000, periodSeconds: 15 }],
};

/** One fault, or one thing that users and other controllers do; it lasts for a period. */
const happening = fc.oneof(
  fc.record({ kind: fc.constant('load' as const), milli: fc.integer({ min: 0, max: 4_000 }) }),
  fc.record({ kind: fc.constant('resize' as const), replicas: fc.integer({ min: 1, max: 14 }) }),
  fc.record({ kind: fc.constant('bounds' as const), min: fc.integer({ min: 1, max: 4 }), span: fc.nat(8) }),
  fc.record({ kind: fc.constant('rollout' as const), conflicts: fc.integer({ min: 1, max: 7 }) }),
  fc.record({ kind: fc.constant('race' as const), replicas: fc.integer({ min: 1, max: 14 }) }),
  fc.record({ kind: fc.constant('refuse' as const), code: fc.constantFrom(403, 404, 422, 429, 500) }),
  fc.record({ kind: fc.constant('jump' as const), ms: fc.integer({ min: -7_200_000, max: 7_200_000 }) }),
  fc.record({
    kind: fc.constantFrom('unreadable', 'no status', 'no data', 'hang', 'throw', 'gate', 'recreate', 'restart', 'lag'),
  }),
);
type Happening = typeof happening extends fc.Arbitrary<infer T> ? T : never;

class Trial {
  readonly world = new World();
  readonly sizes: { readonly text: string; readonly min: number; readonly max: number; readonly blind: boolean }[] = [];
  #on = controllerOn(this.world);
  #milli = 900;
  #blind = false;
  /** The latest that the wall clock has shown before it was set back. */
  #latestMs = Number.NEGATIVE_INFINITY;

  constructor(guards: 'Enabled' | 'Disabled') {
    const { world } = this;
    world.deploy('web', 3);
    world.put(target({ spec: spec({ behavior: { scaleUp: rules, scaleDown: rules }, guards }) }));
    world.deploy('witness', 3);
    const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'witness' };
    world.put(target({ name: 'witness', spec: spec({ scaleTargetRef, metrics: [prometheus('witness')] }) }));
    this.#on.start();
    this.calm();
  }

  /** Ends every fault. */
  calm(): void {
    const { world } = this;
    this.#blind = false;
    world.beforeScaleRead = () => {};
    world.beforeScaleWrite = () => {};
    world.beforeStatusWrite = () => {};
    world.gateError = undefined;
    world.answer = (metric, { podNames }, signal) => this.#answer(metric.type, new Set(podNames), signal, undefined);
  }

  async live(happening: Happening): Promise<void> {
    this.calm();
    await this.#begin(happening);
    await this.pass(1);
  }

  async pass(periods: number): Promise<void> {
    const { world } = this;
    for (let period = 0; period < periods; period++) {
      await world.clock.advance(PERIOD_MS);
      const { minReplicas, maxReplicas } = world.target('shop/web').spec!;
      for (const text of world.sizes.splice(0)) {
        this.sizes.push({ text, min: minReplicas, max: maxReplicas, blind: this.#blind });
      }
    }
  }

  /** Until no pod is of the future any more: one that starts later than now counts as one that has just started. */
  async catchUp(): Promise<void> {
    await this.pass(Math.max(0, Math.ceil((this.#latestMs - this.world.clock.now()) / PERIOD_MS)));
  }

  async stop(): Promise<void> {
    await this.#on.stop();
    await this.#on.budget.stop();
  }

  #answer(type: string, podNames: ReadonlySet<string>, signal: AbortSignal, fault: string | undefined) {
    const { clock } = this.world;
    if (type === 'Prometheus') {
      return {
        kind: 'value',
        valueMilli: 300_000n,
        atMs: undefined,
        scrapeIntervalMs: 30_000,
        partial: false,
      } as const;
    }
    if (fault === 'no data') return absent;
    if (fault === 'throw') return Promise.reject(new Error('bug'));
    if (fault === 'hang') {
      return new Promise<Reading>((resolve) => {
        signal.addEventListener('abort', () => resolve(absent));
        clock.setTimer(5_000, () => resolve(absent));
      });
    }
    return cpuReading(podNames, Math.round(this.#milli / Math.max(1, podNames.size)), clock.now());
  }

  async #begin(happening: Happening): Promise<void> {
    const { world } = this;
    const web = () => world.workloads.get('shop/Deployment/web')!;
    const mine = (name: string) => name === 'web';
    switch (happening.kind) {
      case 'load':
        this.#milli = happening.milli;
        return;
      case 'resize':
        world.resize(web(), happening.replicas);
        return;
      case 'bounds':
        world.edit('shop/web', { minReplicas: happening.min, maxReplicas: happening.min + happening.span });
        return;
      case 'rollout': {
        let left = happening.conflicts;
        world.beforeScaleWrite = ({ name }) => {
          if (mine(name) && left-- > 0) web().version += 1;
        };
        return;
      }
      case 'race': {
        let raced = false;
        world.beforeScaleWrite = ({ name }) => {
          if (mine(name) && !raced) world.resize(web(), happening.replicas);
          raced = true;
        };
        return;
      }
      case 'refuse':
        world.beforeScaleWrite = ({ name }) => {
          if (mine(name)) throw new ApiStatusError(happening.code, '', 'refused');
        };
        return;
      case 'jump':
        this.#latestMs = Math.max(this.#latestMs, world.clock.now());
        world.clock.jumpWall(happening.ms);
        return;
      case 'unreadable':
        world.beforeScaleRead = ({ name }) => {
          if (mine(name)) throw new SetpointError('Network', 'connection reset');
        };
        return;
      case 'no status':
        world.beforeStatusWrite = ({ name }) => {
          if (mine(name)) throw new ApiStatusError(500, '', 'etcd');
        };
        return;
      case 'no data':
      case 'hang':
      case 'throw':
        this.#blind = true;
        world.answer = (metric, { podNames }, signal) =>
          this.#answer(metric.type, new Set(podNames), signal, happening.kind);
        return;
      case 'gate':
        world.gateError = new SetpointError('GateClosed', 'the lease may be lost');
        return;
      case 'recreate':
        world.deploy('web', 2, { uid: `uid-${world.clock.monotonic()}` });
        return;
      case 'restart':
        await this.stop();
        this.#on = controllerOn(world);
        this.#on.start();
        return;
      case 'lag': {
        // The watch shows a write only at the end of the period.
        const shown = world.target('shop/web');
        const now = (key: string) => world.targets.get(key);
        world.get = (key) => (key === 'shop/web' ? shown : now(key));
        world.clock.setTimer(PERIOD_MS - 1, () => (world.get = now));
        return;
      }
    }
  }
}

describe('faults in any order', () => {
  it('leave the promises standing, and the right size and silence when they end', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(happening, { maxLength: 25 }),
        fc.constantFrom('Enabled', 'Disabled'),
        async (happenings, guards) => {
          const trial = new Trial(guards);
          const { world } = trial;
          for (const one of happenings) await trial.live(one);

          // P1 and P3: within the bounds of the spec; never lowered on missing data, but to a lowered maximum.
          for (const { text, min, max, blind } of trial.sizes) {
            const [before, after] = text.replace(/^\w+ /, '').split('→').map(Number) as [number, number];
            expect(after, text).toBeGreaterThanOrEqual(min);
            expect(after, text).toBeLessThanOrEqual(max);
            if (blind && after < before) expect(after, text).toBe(max);
          }

          // P9: the faults end, the load is steady. A foreign writer is forgotten after ten minutes.
          await trial.live({ kind: 'load', milli: 1_500 });
          await trial.catchUp();
          await trial.pass(50);
          const { minReplicas, maxReplicas } = world.target('shop/web').spec!;
          const { replicas } = world.workloads.get('shop/Deployment/web')!;
          const [fewest, most] = [1_500 / 300 / 1.1, 1_500 / 300 / 0.9 + 1];
          expect(replicas).toBeGreaterThanOrEqual(Math.min(maxReplicas, Math.max(minReplicas, Math.floor(fewest))));
          expect(replicas).toBeLessThanOrEqual(Math.max(minReplicas, Math.min(maxReplicas, Math.ceil(most))));
          expect(world.condition('shop/web', 'ScalingActive')).toBe('True/ValidMetricFound');
          expect(world.status('shop/web')).toMatchObject({ currentReplicas: replicas, desiredReplicas: replicas });
          const writes = { ...world.requests };
          await trial.pass(10);
          expect(world.requests).toEqual({ ...writes, metricReads: world.requests.metricReads });

          // P8: the other target was decided in every period, on time.
          const witness = world.reports.filter(({ target }) => target.name === 'witness');
          expect(Math.max(...witness.map(({ lagMs }) => lagMs))).toBeLessThan(50);
          expect(witness.length).toBeGreaterThanOrEqual(happenings.length + 58);
          await trial.stop();
        },
      ),
      { numRuns: 40 },
    );
  });
});

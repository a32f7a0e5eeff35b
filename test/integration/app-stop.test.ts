// SIGTERM in every phase of the application's life: it ends soon, with 0, and gives back what it holds.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CPU, RealTimeStage } from '../support/real-time-app.ts';
import type { RunningApp } from '../support/running-app.ts';

let stage: RealTimeStage;
beforeEach(async () => {
  stage = await RealTimeStage.open();
});
afterEach(() => stage.close());

describe('told to stop', () => {
  const QUICKLY_MS = 2_000;
  /** Each brings an application into a phase of its life. */
  const PHASES: Record<string, () => Promise<RunningApp>> = {
    'before anything happened': async () => stage.start(),
    'while the API server cannot be reached': async () => {
      await stage.proxy.cut();
      const app = stage.start();
      await stage.until('said', () => app.logs.some((line) => line.includes('ECONNREFUSED')));
      return app;
    },
    'while the API server takes connections and says nothing': async () => {
      stage.proxy.hang();
      const app = stage.start();
      await stage.until('connected', () => stage.proxy.open > 0);
      return app;
    },
    'while the CRD is missing': async () => {
      const app = stage.start();
      await stage.until('said', () => app.logs.some((line) => line.includes('install the CRD')));
      return app;
    },
    'while another one leads': async () => {
      stage.installCrd();
      const leader = stage.start();
      await stage.until('led', () => leader.logs.some((line) => line.includes('became leader')));
      const app = stage.start();
      await stage.until('stands by', () => app.logs.some((line) => line.includes('new leader')));
      return app;
    },
    'while it leads': async () => {
      const app = await leading();
      await stage.until('decided', () => stage.sizeOf('web') === 4);
      return app;
    },
    'while a metric hangs': async () => {
      stage.installCrd();
      const match = { verb: 'list', group: 'metrics.k8s.io' };
      const hanging = stage.cluster.faults.add({ match, fault: { kind: 'hang' } });
      const app = await leading();
      await stage.until('asked', () => hanging.hits > 0);
      return app;
    },
    'while it leads and the API server has just gone': async () => {
      const app = await leading();
      await stage.until('decided', () => stage.sizeOf('web') === 4);
      await stage.proxy.cut();
      return app;
    },
  };

  async function leading(): Promise<RunningApp> {
    stage.installCrd();
    stage.deploy('web', 2);
    stage.scale('web', CPU);
    stage.work(1000);
    const app = stage.start();
    await stage.until('leads', () => app.logs.some((line) => line.includes('became leader')));
    return app;
  }

  it.each(Object.entries(PHASES))('%s: ends within 2 s, with 0', async (_phase, enter) => {
    const app = await enter();
    const { code, tookMs } = await app.stop();
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(QUICKLY_MS);
    expect(app.logs.at(-1)).toMatch(/^info stopped/);
  });

  it('while a size is being written that gets no answer: waits for the write to end, and not for long', async () => {
    const match = { verb: 'update', resource: 'deployments', subresource: 'scale' };
    const hanging = stage.cluster.faults.add({ match, fault: { kind: 'hang' } });
    const app = await leading();
    await stage.until('written', () => hanging.hits > 0);
    const { code, tookMs } = await app.stop();
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(6_000);
    const lease = stage.cluster.store.get('leases.coordination.k8s.io', 'setpoint-system', 'setpoint')!;
    expect(lease['spec']).not.toHaveProperty('holderIdentity');
  });
});

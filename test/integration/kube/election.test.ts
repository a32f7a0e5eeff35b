// Two electors on a Lease of the local API server, in real time with short durations: 2 s, 1 s, 0.2 s.
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { KubeClient } from '../../../src/kube/client.ts';
import { plainAccess } from '../../../src/kube/kubeconfig.ts';
import { KubeLeases } from '../../../src/kube/leases.ts';
import { Elector } from '../../../src/leader/elector.ts';
import { withLocalApi } from '../../support/local-api.ts';

async function withElectors(use: (all: { first: Elector; second: Elector; cutOffFirst: () => void }) => Promise<void>) {
  await withLocalApi(async ({ server }) => {
    const agents = ['one', 'two'].map((identity) => {
      server.addUser(`token-${identity}`, { user: identity, groups: ['system:masters'] });
      const access = plainAccess(server.url, { authorization: `Bearer token-${identity}` });
      const client = new KubeClient({ access, clock: systemClock, version: '0' });
      const store = new KubeLeases({
        client,
        clock: systemClock,
        random: () => 0,
        namespace: 'setpoint-system',
        name: 'setpoint',
        timeoutMs: 500,
      });
      const elector = new Elector({
        store,
        clock: systemClock,
        random: () => 0.5,
        logger: silentLogger,
        identity,
        leaseDurationMs: 2000,
        renewDeadlineMs: 1000,
        retryPeriodMs: 200,
      });
      return { client, elector };
    });
    const [one, two] = agents as [(typeof agents)[0], (typeof agents)[0]];
    try {
      await one.elector.acquire();
      await use({ first: one.elector, second: two.elector, cutOffFirst: () => void one.client.close() });
    } finally {
      await Promise.all(agents.map(({ elector }) => elector.stop()));
      await Promise.all(agents.map(({ client }) => client.close()));
    }
  });
}

describe('two processes on one Lease', () => {
  it('the lease that is given back is taken at once', async () => {
    await withElectors(async ({ first, second }) => {
      const taken = second.acquire();
      await expect.poll(() => second.leader).toBe('one');
      const startedAt = performance.now();
      await first.stop();
      await taken;
      expect(performance.now() - startedAt).toBeLessThan(1000);
      expect(second.gate.epoch).toBe(1);
      expect(() => second.gate.check()).not.toThrow();
      expect(() => first.gate.check()).toThrow();
    });
  });

  it('a leader that cannot reach the API server has closed its gate and given up before the other leads', async () => {
    await withElectors(async ({ first, second, cutOffFirst }) => {
      const taken = second.acquire();
      await expect.poll(() => second.leader).toBe('one');
      const startedAt = performance.now();
      let gaveUpAfterMs = Number.POSITIVE_INFINITY;
      const lost = (async () => {
        const error = await first.lost;
        gaveUpAfterMs = performance.now() - startedAt;
        return error;
      })();
      cutOffFirst();
      await taken;
      const tookMs = performance.now() - startedAt;
      expect((await lost).code).toBe('LeaseLost');
      expect(gaveUpAfterMs).toBeLessThan(tookMs);
      expect(first.gate.isOpen).toBe(false);
      expect(tookMs).toBeGreaterThan(1000);
      expect(tookMs).toBeLessThan(4000);
    });
  });
});

// A reflector while everything goes wrong at once: in the end its store is what the API server has, object for object.
import { expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import { listWatchOf } from '../../../src/kube/list-watch.ts';
import { identityOf } from '../../../src/kube/raw-object.ts';
import { keyOf, Store } from '../../../src/kube/store.ts';
import { Reflector } from '../../../src/kube/watch.ts';
import { neverAborted, withLocalApi } from '../../support/local-api.ts';

const ROUNDS = 400;
const SEED = Number(process.env['SETPOINT_TEST_SEED'] ?? 42);

/** Numbers from 0 to 1 that a seed repeats. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

it(`ends equal to the server after ${ROUNDS} changes under faults (seed ${SEED})`, async () => {
  await withLocalApi(async ({ server, client }) => {
    const random = seeded(SEED);
    const store = new Store({ logger: silentLogger });
    const reflector = new Reflector({
      name: 'configmaps',
      source: listWatchOf(client, '/api/v1/configmaps'),
      store,
      trim: identityOf,
      clock: systemClock,
      random: () => 0,
      logger: silentLogger,
    });
    const wanted = () =>
      new Map(
        server.store
          .list('configmaps')
          .map(({ metadata }) => [keyOf({ namespace: '', ...metadata }), metadata.resourceVersion]),
      );
    const seen = () => new Map([...store.all()].map((item) => [keyOf(item), item.resourceVersion]));
    const change = () => {
      const name = `c-${Math.floor(random() * 30)}`;
      const found = server.store.get('configmaps', 'shop', name);
      if (!found)
        server.store.create('configmaps', {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name, namespace: 'shop' },
        });
      else if (random() < 0.3) server.store.delete('configmaps', 'shop', name);
      else server.store.update('configmaps', { ...structuredClone(found), data: { n: String(random()) } });
    };
    const trouble = () => {
      const match = { resource: 'configmaps' };
      const kind = Math.floor(random() * 7);
      if (kind === 0) server.faults.cutWatches(match);
      else if (kind === 1) server.faults.compactHistory();
      else if (kind === 2) server.faults.add({ match, fault: { kind: 'error', code: 500 }, times: 2 });
      else if (kind === 3) server.faults.add({ match, fault: { kind: 'reset' }, times: 1 });
      else if (kind === 4)
        server.faults.add({
          match: { ...match, verb: 'watch' },
          fault: { kind: 'truncate-watch', afterEvents: 2 },
          times: 1,
        });
      else if (kind === 5) server.faults.add({ match, fault: { kind: 'body', code: 200, body: '<html>' }, times: 1 });
      else server.faults.add({ match, fault: { kind: 'error', code: 429, retryAfterSeconds: 0 }, times: 1 });
    };
    reflector.start();
    try {
      await reflector.waitForSync(neverAborted());
      for (let round = 0; round < ROUNDS; round++) {
        change();
        if (random() < 0.15) trouble();
        if (random() < 0.3) await new Promise((resolve) => setTimeout(resolve, 2));
      }
      server.faults.clear();
      server.faults.cutWatches({ resource: 'configmaps' });
      await expect.poll(seen, { timeout: 10_000 }).toEqual(wanted());
      expect(reflector.counts.failures).toBeGreaterThan(5);
    } finally {
      await reflector.stop();
    }
  });
});

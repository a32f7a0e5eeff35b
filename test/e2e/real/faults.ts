// What happens when a controller, the API server or etcd goes away in the middle of a change: the right size afterwards, and none
// that is lower meanwhile.
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from './eventually.ts';
import { downAfter, external, Space } from './space.ts';
import type { Replica } from './replica.ts';
import { lowered } from './safe-writes.ts';
import type { RealStage } from './stage.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const;
const WINDOW_SECONDS = 15;
const HELD = 'held by the scale-down window';
const ETCD_PAUSE_MS = 20_000;

export function faultTests(stage: () => RealStage): void {
  describe('when something fails', () => {
    let space: Space;
    /** What each is told to be by its own metric. */
    const wanted = new Map<string, number>();

    const want = (size: number, ...names: readonly string[]) => {
      for (const name of names) {
        wanted.set(name, size);
        space.tell(`queue-${name}`, size * 10);
      }
    };
    const untilAllAreRight = () =>
      eventually(
        `sizes ${JSON.stringify(Object.fromEntries(wanted))}`,
        async () =>
          Object.fromEntries(await Promise.all(NAMES.map(async (name) => [name, await space.size(name)] as const))),
        (sizes) => NAMES.every((name) => sizes[name] === wanted.get(name)),
      );
    const writesSince = (sinceMs: number) =>
      NAMES.map((name) => [name, space.written(name).filter(({ receivedAtMs }) => receivedAtMs >= sinceMs)] as const);
    const loweredSince = (sinceMs: number) =>
      NAMES.filter((name) => lowered(space.written(name)).some(({ receivedAtMs }) => receivedAtMs >= sinceMs));
    /** The leader, and another one that is ready to follow it. */
    const pair = async (): Promise<readonly [leader: Replica, standby: Replica]> => {
      const leader = await stage().leader();
      const standby = stage().replicas.find((replica) => replica !== leader)!;
      standby.start();
      await eventually(
        'the standby has its watches',
        () => standby.said('watches synced'),
        (synced) => synced,
      );
      return [leader, standby];
    };
    /** Waits until it wants fewer and only the window keeps them. */
    const untilHeld = (name: string) =>
      space.untilStatus(HELD, name, ({ summary }) => summary?.why?.includes(HELD) === true);

    beforeAll(async () => {
      space = await Space.make(stage(), 'faults');
      want(3, ...NAMES);
      for (const name of NAMES) {
        await space.workload(name, { replicas: 3 });
        await space.target(name, { metrics: [external(`queue-${name}`, 10)], ...downAfter(WINDOW_SECONDS) });
      }
      for (const name of NAMES) await space.untilCondition(name, 'ScalingActive', 'True ValidMetricFound');
    }, 300_000);

    it('kill -9 of the leader: the other decides within 20 s, and begins its windows anew', async () => {
      const [leader, standby] = await pair();
      want(2, 'a');
      await untilHeld('a');
      const killedAtMs = Date.now();
      expect(await leader.end('SIGKILL')).toBe('SIGKILL');
      want(5, 'b');
      await untilAllAreRight();
      const raised = space.written('b').at(-1);
      const seconds = ((raised?.receivedAtMs ?? 0) - killedAtMs) / 1000;
      process.stderr.write(`failover after kill -9 on a real API server: ${seconds.toFixed(1)} s\n`);
      expect(raised).toMatchObject({ replicas: 5, credential: standby.credential });
      expect(seconds).toBeLessThan(20);
      const shrank = space.written('a').at(-1);
      expect(shrank).toMatchObject({ replicas: 2, credential: standby.credential });
      expect(shrank?.receivedAtMs).toBeGreaterThan((raised?.receivedAtMs ?? 0) + (WINDOW_SECONDS - 2) * 1000);
    });

    it('SIGTERM of the leader: it ends cleanly, and the other decides within 3 s', async () => {
      const [leader, standby] = await pair();
      const stoppedAtMs = Date.now();
      const ending = leader.end('SIGTERM');
      want(4, 'c', 'd', 'e', 'f', 'g', 'h');
      await untilAllAreRight();
      expect(await ending).toBe(0);
      const byStandby = writesSince(stoppedAtMs)
        .flatMap(([, writes]) => writes)
        .filter(({ credential }) => credential === standby.credential);
      const first = Math.min(...byStandby.map(({ receivedAtMs }) => receivedAtMs));
      const seconds = (first - stoppedAtMs) / 1000;
      process.stderr.write(`failover after SIGTERM on a real API server: ${seconds.toFixed(1)} s\n`);
      expect(seconds).toBeLessThan(3);
    });

    it('an API server that crashes in the middle of a change', async () => {
      await pair();
      const api = stage().plane.component('kube-apiserver');
      const startedAtMs = Date.now();
      const [slow, ...fast] = NAMES;
      want(6, slow);
      want(7, ...fast);
      await eventually(
        'the first sizes are written',
        () => writesSince(startedAtMs).filter(([, writes]) => writes.length > 0).length,
        (count) => count > 0,
      );
      const killedAtMs = Date.now();
      await api.kill();
      await api.start();
      stage().outages.push({ fromMs: killedAtMs, toMs: Date.now() });
      await untilAllAreRight();
      process.stderr.write(`API server killed: all right ${((Date.now() - killedAtMs) / 1000).toFixed(1)} s later\n`);
      expect(loweredSince(startedAtMs)).toEqual([]);
      // Nobody was unsure of what had become of a write, nor wrote the same twice.
      for (const [name, writes] of writesSince(startedAtMs)) {
        const sizes = writes.map(({ replicas }) => replicas);
        expect([name, sizes]).toEqual([name, [...new Set(sizes)]]);
      }
    });

    it('etcd frozen for 20 s in the middle of a change', async () => {
      await pair();
      const etcd = stage().plane.component('etcd');
      const startedAtMs = Date.now();
      const [falling, ...rising] = NAMES;
      want(8, ...rising);
      etcd.pause();
      try {
        want(4, falling);
        // Longer than a lease: this is the fault itself.
        await sleep(ETCD_PAUSE_MS);
      } finally {
        etcd.resume();
      }
      const thawedAtMs = Date.now();
      await untilAllAreRight();
      expect(loweredSince(startedAtMs)).toEqual([falling]);
      const shrank = lowered(space.written(falling)).at(-1);
      expect(shrank?.receivedAtMs).toBeGreaterThan(thawedAtMs);
      process.stderr.write(
        `etcd frozen for 20 s: all right ${((Date.now() - thawedAtMs) / 1000).toFixed(1)} s later, replicas ended ` +
          `${stage()
            .replicas.map(({ ends }) => ends)
            .join(' and ')} times\n`,
      );
    });
  });
}

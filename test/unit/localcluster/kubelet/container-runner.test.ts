// One container's restarts, probes and end, with processes that a test plays.
import { expect, test } from 'vitest';
import { ContainerRunner, type Restart } from '../../../../src/localcluster/kubelet/container-runner.ts';
import type { Exit } from '../../../../src/localcluster/kubelet/process-group.ts';
import type { Container } from '../../../../src/localcluster/workloads/types.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

function running(container: Partial<Container> = {}, restart: Restart = 'Always') {
  const clock = new FakeClock();
  const starts: number[] = [];
  const signals: string[] = [];
  const events: string[] = [];
  const probe = { ok: true };
  let end: (exit: Exit) => void = () => undefined;
  const runner = new ContainerRunner(
    {
      clock,
      backoff: { firstMs: 10_000, longestMs: 40_000 },
      start() {
        starts.push(clock.monotonic());
        const { promise, resolve } = Promise.withResolvers<Exit>();
        end = resolve;
        return {
          pid: 1_000 + starts.length,
          exited: promise,
          signal(name) {
            signals.push(`${clock.monotonic()} ${name}`);
            if (name === 'SIGKILL') resolve({ exitCode: 137, signal: 9 });
          },
        };
      },
      attempt: () => Promise.resolve({ ok: probe.ok, message: 'refused' }),
      exec: (command) => {
        signals.push(`${clock.monotonic()} ${command.join(' ')}`);
        return Promise.resolve(0);
      },
      events: { change: () => undefined, record: (_, reason) => events.push(reason) },
    },
    { name: 'main', ...container },
    { restart, probed: true },
  );
  const exit = async (exitCode: number) => {
    end({ exitCode });
    await clock.advance(0);
  };
  return { clock, runner, starts, signals, events, probe, exit };
}

test('restarts: at once, then after a back-off that doubles up to its limit', async () => {
  const { clock, runner, starts, exit } = running();
  runner.start();
  expect(runner.view).toMatchObject({ ready: true, started: true, restartCount: 0 });
  for (let crash = 0; crash < 5; crash++) {
    await exit(1);
    await clock.advance(50_000);
  }
  // Each run lasts from its start to the end of the 50 s that follow the crash before.
  expect(starts).toEqual([0, 0, 60_000, 120_000, 190_000, 240_000]);
  expect(runner.view).toMatchObject({ restartCount: 5, lastState: { terminated: { exitCode: 1, reason: 'Error' } } });
});

test('a long run starts the back-off anew', async () => {
  const { clock, runner, starts, exit } = running();
  runner.start();
  await exit(1);
  await exit(1);
  await clock.advance(10_000);
  await clock.advance(700_000);
  await exit(1);
  expect(starts.at(-1)).toBe(710_000);
});

test.each<[Restart, number, boolean]>([
  ['Always', 0, true],
  ['OnFailure', 0, false],
  ['OnFailure', 1, true],
  ['Never', 1, false],
])('restartPolicy %s after exit code %i: restarted %s', async (restart, code, again) => {
  const { runner, starts, exit } = running({}, restart);
  runner.start();
  await exit(code);
  expect(starts.length === 2).toBe(again);
});

test('stop: preStop, SIGTERM, and SIGKILL at the end of the grace period, which covers both', async () => {
  const { clock, runner, signals, starts } = running({ lifecycle: { preStop: { sleep: { seconds: 5 } } } });
  runner.start();
  const stopped = runner.stop(8_000);
  await clock.advance(10_000);
  await stopped;
  expect(signals).toEqual(['5000 SIGTERM', '8000 SIGKILL']);
  await clock.advance(100_000);
  expect(starts).toHaveLength(1);
  expect(await runner.done).toBe(137);
});

test('stop: a preStop command runs before SIGTERM; a process that ends is not killed', async () => {
  const { clock, runner, signals, exit } = running({ lifecycle: { preStop: { exec: { command: ['drain', 'now'] } } } });
  runner.start();
  const stopped = runner.stop(8_000);
  await clock.advance(1_000);
  await exit(0);
  await stopped;
  await clock.advance(10_000);
  expect(signals).toEqual(['0 drain now', '0 SIGTERM']);
  expect(clock.pendingTimers).toBe(0);
});

test('stop during a back-off: no further start', async () => {
  const { clock, runner, starts, exit } = running();
  runner.start();
  await exit(1);
  await exit(1);
  expect(runner.view.state.waiting?.reason).toBe('CrashLoopBackOff');
  await runner.stop(1_000);
  await clock.advance(100_000);
  expect(starts).toHaveLength(2);
});

test('readiness follows its probe from the start on; liveness kills', async () => {
  const period = { periodSeconds: 1, failureThreshold: 2 };
  const { clock, runner, probe, signals, events } = running({
    readinessProbe: { httpGet: { port: 80 }, ...period },
    livenessProbe: { httpGet: { port: 80 }, ...period, failureThreshold: 4 },
  });
  runner.start();
  expect(runner.view.ready).toBe(false);
  await clock.advance(500);
  expect(runner.view.ready).toBe(true);
  probe.ok = false;
  await clock.advance(1_000);
  expect(runner.view.ready).toBe(true);
  await clock.advance(1_000);
  expect(runner.view.ready).toBe(false);
  expect(signals).toEqual([]);
  await clock.advance(2_000);
  expect(signals).toEqual(['4000 SIGKILL']);
  expect(events).toContain('Killing');
  expect(runner.view.restartCount).toBe(1);
});

test('a startup probe holds readiness back, and its failure restarts', async () => {
  const startupProbe = { tcpSocket: { port: 80 }, periodSeconds: 1, failureThreshold: 3 };
  const { clock, runner, probe, starts } = running({ startupProbe });
  probe.ok = false;
  runner.start();
  await clock.advance(1_500);
  expect(runner.view).toMatchObject({ ready: false, started: false });
  probe.ok = true;
  await clock.advance(1_000);
  expect(runner.view).toMatchObject({ ready: true, started: true });
  expect(starts).toEqual([0]);
});

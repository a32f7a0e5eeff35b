// The thresholds of probes.
import { expect, test } from 'vitest';
import { Prober } from '../../../../src/localcluster/kubelet/probe.ts';
import type { Probe } from '../../../../src/localcluster/workloads/types.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

function probing(probe: Probe, outcomes: boolean[], durationMs = 0) {
  const clock = new FakeClock();
  const attempts: number[] = [];
  const verdicts: string[] = [];
  const failures: string[] = [];
  const attempt = () =>
    new Promise<{ ok: boolean; message: string }>((resolve) => {
      attempts.push(clock.monotonic());
      const ok = outcomes.shift() ?? true;
      clock.setTimer(durationMs, () => resolve({ ok, message: ok ? '' : 'refused' }));
    });
  const prober = new Prober(clock, probe, attempt, {
    verdict: (ok, message) => verdicts.push(`${clock.monotonic()} ${ok} ${message}`.trim()),
    failure: (message) => failures.push(message),
  });
  return { clock, attempts, verdicts, failures, prober };
}

test('begins after initialDelaySeconds and repeats each periodSeconds, however long an attempt takes', async () => {
  const { clock, attempts } = probing({ initialDelaySeconds: 5, periodSeconds: 10 }, [], 4_000);
  await clock.advance(36_000);
  expect(attempts).toEqual([5_000, 15_000, 25_000, 35_000]);
});

test('a verdict needs that many in a row', async () => {
  const outcomes = [true, false, true, true, false, false, true, false, false, false];
  const probe = { periodSeconds: 1, successThreshold: 2, failureThreshold: 3 };
  const { clock, verdicts, failures } = probing(probe, outcomes);
  await clock.advance(9_500);
  expect(verdicts).toEqual(['3000 true', '9000 false refused']);
  expect(failures).toHaveLength(6);
});

test('after stop there is no attempt and no verdict, not even of one under way', async () => {
  const { clock, attempts, verdicts, prober } = probing({ periodSeconds: 1 }, [], 500);
  await clock.advance(100);
  prober.stop();
  await clock.advance(10_000);
  expect(attempts).toHaveLength(1);
  expect(verdicts).toEqual([]);
  expect(clock.pendingTimers).toBe(0);
});

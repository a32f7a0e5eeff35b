// Setpoint on a real Kubernetes control plane, installed and used as users do: one cluster for all, each test in a namespace of its own.
// The tests of the first group run beside each other, since each mostly waits for metrics; then the cluster is hurt.
import { afterAll, beforeAll, describe } from 'vitest';
import { explainTests } from './real/explained.ts';
import { faultTests } from './real/faults.ts';
import { installTests } from './real/install.ts';
import { kindTests } from './real/kinds.ts';
import { metricsTests } from './real/metrics.ts';
import { ruleTests } from './real/rules.ts';
import { type RealStage, startRealStage } from './real/stage.ts';
import { takeOverTests } from './real/take-over.ts';

/** The programs may have to be built first. */
const BUILD_TIMEOUT_MS = 1_800_000;
/** Each wait has a limit of its own, with words. */
const TIMEOUT_MS = 600_000;

let started: RealStage | undefined;
const stage = (): RealStage => {
  if (!started) throw new Error('the cluster did not start');
  return started;
};

beforeAll(async () => {
  started = await startRealStage();
}, BUILD_TIMEOUT_MS);

afterAll(() => started?.close(), 120_000);

describe.concurrent('Setpoint on a real cluster', { timeout: TIMEOUT_MS }, () => {
  installTests(stage);
  metricsTests(stage);
  kindTests(stage);
  takeOverTests(stage);
  explainTests(stage);
});

describe('Setpoint on a real cluster that is hurt', { timeout: TIMEOUT_MS }, () => {
  faultTests(stage);
  ruleTests(stage);
});

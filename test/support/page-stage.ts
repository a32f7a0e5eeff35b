// A page over drawn targets and their decisions, as the controller would tell them, without a cluster: for many targets at once.
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import type { ScaledTarget } from '../../src/api/spec.ts';
import { decide } from '../../src/decide/decide.ts';
import type { CycleObserver, CycleReport } from '../../src/record/cycle-report.ts';
import { recordOf } from '../../src/record/decision-record.ts';
import { fanOut } from '../../src/record/fan-out.ts';
import { Journal } from '../../src/record/journal.ts';
import { LatestCycles } from '../../src/record/latest.ts';
import { LastSituations } from '../../src/record/last-situations.ts';
import { Timelines } from '../../src/record/timeline.ts';
import { openAccess } from '../../src/server/access.ts';
import { loadAssets } from '../../src/server/assets.ts';
import { Feed } from '../../src/server/feed.ts';
import { startPage } from '../../src/server/page-server.ts';
import { Views } from '../../src/server/views.ts';
import { situation } from './situations.ts';
import { CPU, prometheus, spec, target } from './targets.ts';

const BYTES = 4_194_304;
const PERIOD_MS = 15_000;

/** The targets `shop-N/web-N`, twenty to a namespace. */
export function drawTargets(count: number): ReadonlyMap<string, ScaledTarget> {
  const metrics = [CPU, prometheus('sum(rate(http_requests_total[1m]))')];
  return new Map(
    Array.from({ length: count }, (_, index) => {
      const one = target({
        namespace: `shop-${Math.floor(index / 20)}`,
        name: `web-${index}`,
        spec: spec({ metrics, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: `web-${index}` } }),
      });
      return [one.key, one];
    }),
  );
}

/** What is kept of decisions, as page.ts puts it together. */
export function pageMemory() {
  const journal = new Journal({ maxBytes: BYTES, maxHolds: 20 });
  const timelines = new Timelines({ maxBytes: BYTES, maxPointsPerTarget: 720 });
  const latest = new LatestCycles();
  return { journal, timelines, latest };
}

const decided = decide(situation({ spec: spec({ metrics: [CPU] }) })).decision;

/** A cycle of a target; `round` counts its cycles: a new story every tenth, a new size every fortieth. */
export function cycleOf(one: ScaledTarget, round: number, startMs = systemClock.now()): CycleReport {
  const atMs = startMs + round * PERIOD_MS;
  const size = 3 + Math.floor(round / 10);
  const isWritten = round % 40 === 39;
  const [proposal] = decided.proposals;
  const proposals = (one.spec?.metrics ?? []).map(({ name }) => ({
    ...proposal,
    name,
    replicas: size,
    rawReplicas: size,
    ratio: 0.9 + (round % 7) / 50,
    status: { name, averageUtilization: 50 + (round % 20), averageValueMilli: 90_000n, sampleAtMs: atMs - 9000 },
    mayLower: true,
    guards: [],
    steps: proposal?.steps ?? [],
    failure: undefined,
  }));
  const decision = { ...decided, currentReplicas: size, desiredReplicas: size, winner: 'cpu', proposals };
  const outcome = { kind: isWritten ? 'written' : 'none' } as const;
  const record = recordOf({
    decision,
    metrics: one.spec?.metrics ?? [],
    outcome,
    error: undefined,
    cycle: { id: `1-${round}`, epoch: 1 },
    readyPods: size,
    leadTimeMs: 21_000,
    now: atMs,
  });
  return {
    cycle: `1-${round}`,
    target: one,
    decision,
    record,
    conditions: decided.conditions,
    outcome,
    readings: [],
    readyPods: size,
    atMs,
    lagMs: 0,
    error: undefined,
  };
}

export interface PageStage {
  readonly port: number;
  readonly feed: Feed;
  readonly observer: CycleObserver;
  readonly targets: ReadonlyMap<string, ScaledTarget>;
  close(): Promise<void>;
}

/** Serves these targets on a free port. */
export async function servePage(targets: ReadonlyMap<string, ScaledTarget>, maxStreams = 250): Promise<PageStage> {
  const memory = pageMemory();
  const clock = systemClock;
  const views = new Views({
    ...memory,
    targets: { get: (key) => targets.get(key), all: () => targets.values() },
    clock,
    version: '0.0.0',
    syncPeriodMs: PERIOD_MS,
    downscaleStabilizationMs: 300_000,
    tolerance: 0.1,
    isLeading: () => true,
    leader: () => 'me',
  });
  const feed = new Feed({ views, clock, id: 'test', maxStreams });
  const assets = loadAssets(undefined);
  const served = {
    views,
    situations: new LastSituations(),
    feed,
    access: openAccess,
    assets,
    hosts: [],
    clock,
    logger: silentLogger,
  };
  const readObject = () => Promise.reject(new Error('there is no API server here'));
  const server = await startPage({ ...served, readObject }, { bindAddress: '127.0.0.1', port: 0 });
  return {
    port: server.port,
    feed,
    observer: fanOut([memory.journal, memory.timelines, memory.latest, feed], silentLogger),
    targets,
    async close() {
      feed.close();
      await server.close();
    },
  };
}

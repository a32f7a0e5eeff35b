// One contender, from its start to its figures: a steady phase in which values move within the tolerance, then a step of all targets.
import { setTimeout as sleep } from 'node:timers/promises';
import { type AuditEntry, readAudit } from '../../test/controlplane/audit.ts';
import { type Contender, type Interval, type Mark, periodOf, type RunningContender } from './contender.ts';
import { byVerbAndResource, requestsOf, type StepFigures, stepFigures } from './figures.ts';
import { cpuSeconds, residentMib } from './process-usage.ts';
import { ON_TARGET_MILLI, type Target } from './world.ts';

/** How long the servers are looked at alone; before it, they have as long to come to rest from making the objects. */
const ALONE_SECONDS = 20;
/** Short of twice, so that values that stray ask for twice the pods, all of them. */
const STEP = 1.9;

export interface PhaseFigures {
  readonly seconds: number;
  readonly decisions: number;
  readonly requestsPerDecision: number;
  readonly requests: Readonly<Record<string, number>>;
  /** CPU seconds per 1,000 decisions. */
  readonly contenderCpu: number;
  readonly serverCpu: number;
}

export interface ContenderFigures {
  readonly contender: string;
  readonly steady: PhaseFigures & {
    readonly interval: Interval;
    /** Of `serverCpu`: what the servers take in the same time when nobody asks them for anything. */
    readonly serverCpuAlone: number;
  };
  readonly step: PhaseFigures & StepFigures;
  /** MiB. */
  readonly resident: { readonly steady: number; readonly now: number; readonly peak: number };
}

export interface Stage {
  readonly auditLogPath: string;
  /** Of API server and etcd. */
  readonly serverPids: readonly number[];
  readonly targets: readonly Target[];
  readonly warmUpSeconds: number;
  readonly steadySeconds: number;
  readonly stepSeconds: number;
  setUsage(milli: number): void;
  /** One line of progress. */
  readonly say: (line: string) => void;
}

interface Moment {
  readonly mark: Mark;
  readonly contenderCpu: number;
  readonly serverCpu: number;
}

/** Runs the contender through both phases and stops it. */
export async function measure(contender: Contender, stage: Stage): Promise<ContenderFigures> {
  stage.setUsage(ON_TARGET_MILLI);
  stage.say(`${contender.name}: making its objects`);
  await contender.prepare(stage.targets);
  stage.say(`API server and etcd alone, ${2 * ALONE_SECONDS} s`);
  const alone = await serverCpuAlone(stage);
  const running = await contender.start();
  try {
    stage.say(`${contender.name}: warming up, ${stage.warmUpSeconds} s`);
    await sleep(stage.warmUpSeconds * 1000);
    stage.say(`${contender.name}: steady phase, ${stage.steadySeconds} s`);
    const begin = await momentOf(running, stage);
    await sleep(stage.steadySeconds * 1000);
    const flip = await momentOf(running, stage);
    const { now: steadyMib } = residentMib(running.pid);
    stage.say(`${contender.name}: step of all targets, ${stage.stepSeconds} s`);
    const flippedAtMs = Date.now();
    stage.setUsage(ON_TARGET_MILLI * STEP);
    await sleep(stage.stepSeconds * 1000);
    const end = await momentOf(running, stage);
    const resident = residentMib(running.pid);
    const entries = readAudit(stage.auditLogPath);
    const between = (from: Moment, to: Moment) =>
      requestsOf(entries, contender.userAgent, periodOf(from.mark, to.mark));
    const steadyRequests = between(begin, flip);
    const stepRequests = between(flip, end);
    const steady = phaseFigures(running, steadyRequests, [begin, flip]);
    return {
      contender: contender.name,
      steady: {
        ...steady,
        serverCpuAlone: ((alone * steady.seconds) / steady.decisions) * 1000,
        interval: running.intervalBetween(begin.mark, flip.mark, steadyRequests),
      },
      step: { ...phaseFigures(running, stepRequests, [flip, end]), ...stepFigures(stepRequests, flippedAtMs) },
      resident: { steady: steadyMib, ...resident },
    };
  } finally {
    await running.stop();
    stage.say(`${contender.name}: removing its objects`);
    await contender.remove(stage.targets);
  }
}

async function momentOf(running: RunningContender, stage: Stage): Promise<Moment> {
  const mark = await running.mark();
  return { mark, contenderCpu: cpuSeconds(running.pid), serverCpu: serverCpu(stage) };
}

function serverCpu({ serverPids }: Stage): number {
  return serverPids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
}

/** CPU seconds a second while no contender runs. */
async function serverCpuAlone(stage: Stage): Promise<number> {
  await sleep(ALONE_SECONDS * 1000);
  const before = serverCpu(stage);
  await sleep(ALONE_SECONDS * 1000);
  return (serverCpu(stage) - before) / ALONE_SECONDS;
}

function phaseFigures(
  running: RunningContender,
  requests: readonly AuditEntry[],
  [from, to]: readonly [Moment, Moment],
): PhaseFigures {
  const decisions = running.decisionsBetween(from.mark, to.mark);
  const perThousand = (seconds: number) => (seconds / decisions) * 1000;
  return {
    seconds: (to.mark.atMs - from.mark.atMs) / 1000,
    decisions,
    requestsPerDecision: requests.length / decisions,
    requests: Object.fromEntries(byVerbAndResource(requests)),
    contenderCpu: perThousand(to.contenderCpu - from.contenderCpu),
    serverCpu: perThousand(to.serverCpu - from.serverCpu),
  };
}

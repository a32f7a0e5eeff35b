// What each metric asks for: its arithmetic, the guards around it, and its direction. One number from them all is for
// combine.ts.
import type { Metric } from '../api/spec.ts';
import { guardMetric } from './guards/guard-metric.ts';
import type { GuardContext, GuardedProposal, PlainProposal } from './guards/types.ts';
import { type Failure, measure, type Measured, warmUpOf } from './measure.ts';
import type { Tolerance } from './numbers.ts';
import type { MetricMemory, Proposal, Reading, Situation, Step } from './types.ts';

/** All proposals in the order of the spec, and what the guards remember of each metric. */
export interface Recommended {
  readonly proposals: readonly Proposal[];
  /** For each proposal: the failure in the words of the decision's error. */
  readonly failures: readonly (Failure | undefined)[];
  readonly memories: Readonly<Record<string, MetricMemory>>;
}

/** One metric's plain answer, with what the guards look at on top. */
interface Plain extends PlainProposal {
  readonly measured: Measured;
}

type Propose = (reading: Reading, averageOver: 'status' | 'spec') => Plain;

const unread: Reading = { kind: 'absent', reason: 'NoSource', message: 'the metric was not read' };

export function recommend(situation: Situation): Recommended {
  const tolerance = toleranceOf(situation);
  const answers = situation.spec.metrics.map((metric, index) => {
    const reading = situation.readings[index] ?? unread;
    const propose: Propose = (given, averageOver) => {
      const measured = measure({ situation, tolerance, averageOver }, metric, given);
      const { replicas, ratio, serving } = measured.computed ?? {};
      return { replicas, ratio, serving, measured };
    };
    const guarded = situation.spec.guards === 'Enabled' ? guard(situation, metric, reading, propose) : undefined;
    const plain = guarded?.plain ?? propose(reading, 'status');
    const proposal = withDirection(situation, metric, proposalOf(situation, metric, plain, guarded));
    return { proposal, failure: plain.measured.failure, memory: guarded?.memory };
  });
  return {
    proposals: answers.map(({ proposal }) => proposal),
    failures: answers.map(({ failure }) => failure),
    memories: memoriesOf(answers),
  };
}

/** By name of the metric; without guards there are none. */
function memoriesOf(
  answers: readonly { readonly proposal: Proposal; readonly memory: MetricMemory | undefined }[],
): Recommended['memories'] {
  return Object.fromEntries(answers.flatMap(({ proposal, memory }) => (memory ? [[proposal.name, memory]] : [])));
}

function guard(situation: Situation, metric: Metric, reading: Reading, propose: Propose): GuardedProposal<Plain> {
  const { now, scale, spec, pods, history } = situation;
  const context: GuardContext = {
    now,
    metric,
    scale,
    minReplicas: spec.minReplicas,
    pods,
    toleranceUp: toleranceOf(situation).up,
    cpuInitializationPeriodMs: warmUpOf(situation).cpuInitializationMs,
    memory: Object.hasOwn(history.metrics, metric.name) ? history.metrics[metric.name] : undefined,
  };
  return guardMetric(propose, reading, context);
}

/** Tolerances by direction: of `behavior` where given, else the controller's. */
function toleranceOf({ spec, defaults }: Situation): Tolerance {
  return {
    down: spec.behavior?.scaleDown.tolerance ?? defaults.tolerance,
    up: spec.behavior?.scaleUp.tolerance ?? defaults.tolerance,
  };
}

function proposalOf(
  situation: Situation,
  metric: Metric,
  plain: Plain,
  guarded: GuardedProposal<Plain> | undefined,
): Proposal {
  const { computed, status, failure } = plain.measured;
  const steps: readonly Step[] =
    computed === undefined
      ? []
      : [
          {
            stage: 'metric',
            before: situation.scale.specReplicas,
            after: computed.replicas,
            reason: computed.why,
            detail: `${metric.name} is ${computed.detail}`,
          },
        ];
  return {
    name: metric.name,
    replicas: guarded === undefined ? computed?.replicas : guarded.replicas,
    rawReplicas: computed?.replicas,
    ratio: computed?.ratio,
    counted: computed?.counted,
    status,
    mayLower: failure === undefined && !(guarded?.held ?? false),
    guards: guarded?.guards ?? [],
    steps: guarded === undefined ? steps : steps.concat(guarded.steps),
    failure: failure === undefined ? undefined : { reason: failure.reason, message: failure.message },
  };
}

/** `direction` Up: never votes for fewer. Down: never for more. */
function withDirection({ scale }: Situation, metric: Metric, proposal: Proposal): Proposal {
  const before = proposal.replicas;
  const current = scale.specReplicas;
  if (metric.direction === 'Both' || before === undefined) return proposal;
  const stays = metric.direction === 'Up' ? before < current : before > current;
  if (!stays) return proposal;
  const step: Step = {
    stage: 'metric',
    before,
    after: current,
    reason: metric.direction === 'Up' ? 'DirectionUp' : 'DirectionDown',
    detail: `${metric.name} may only vote for ${metric.direction === 'Up' ? 'more' : 'fewer'} replicas`,
  };
  return { ...proposal, replicas: current, steps: [...proposal.steps, step] };
}

// The guards of one metric around its arithmetic, in their order: age first, since it decides which samples count; then what
// they are averaged over; then what they may raise; then every objection to fewer. All that objects to fewer ends at the
// current size, so that the order among those does not matter to the number. What a hold means for the recommendations is
// hold-time.ts's. With `guards: Disabled` nothing here is called.
//
// Together the guards promise: beside the same readings, the answer is never below the plain one, except that SameSample cuts
// growth (never below the current size), SurgeIsNotSize takes a rollout's surge out of an average, and StaleSample takes
// samples away or lets an earlier one stand. A metric that wants more than the current size by a new and fresh sample is never
// slowed down. A hold ends by itself or with its cause (an overload, an old sample, an answer called partial, no pod ready).
import type { GuardName } from '../../api/reasons.ts';
import type { MetricMemory, Reading, Step } from '../types.ts';
import { objectToFewReady } from './few-ready.ts';
import { objectUnderLoad } from './no-shrink-under-load.ts';
import { judgeView, type View } from './partial-view.ts';
import { followSample, objectToGrowth } from './same-sample.ts';
import { rememberReading, totalOf } from './samples.ts';
import { type Aged, judgeAge } from './stale-sample.ts';
import { subjectOf, targetOf } from './subject.ts';
import { describeSurge, differsBySurge } from './surge-is-not-size.ts';
import type { GuardContext, GuardedProposal, Objection, PlainProposal, Propose } from './types.ts';
import { objectForRemembered, withRemembered } from './unseen-pods.ts';
import { observeLoad, objectToFall } from './vanished-load.ts';

/** The number on its way through the guards. */
interface Vote {
  readonly replicas: number;
  readonly held: boolean;
  readonly guards: readonly GuardName[];
  readonly steps: readonly Step[];
}

export function guardMetric<P extends PlainProposal>(
  propose: Propose<P>,
  reading: Reading,
  context: GuardContext,
): GuardedProposal<P> {
  const known = memoryOf(context);
  const aged = judgeAge(reading, known.last, context.now, context.metric.maxAgeSeconds * 1000);
  const plain = propose(aged.usable, 'status');
  const view = judgeView(aged, known, context);
  const seen = plain.replicas === undefined ? undefined : judgeSize(propose, reading, aged, context, plain);
  const asked = seen && withUnseen(propose, seen, aged, view, context.scale.specReplicas);
  const memory = { ...remember(context, known, aged, asked?.vote.replicas), ...view.memory };
  if (asked === undefined) {
    // Without a number there is no step; the failure says what the guard found.
    return {
      plain,
      replicas: undefined,
      held: false,
      guards: aged.usable === reading ? [] : ['StaleSample'],
      steps: [],
      memory,
    };
  }
  const { replicas, held, guards, steps } = object(context, view, memory, asked);
  return { plain, replicas, held, guards, steps, memory };
}

/** The memory, unless it is of something else that had the same name. */
function memoryOf({ memory, metric }: GuardContext): MetricMemory {
  const subject = subjectOf(metric);
  return memory?.subject === subject ? memory : { subject };
}

/** What the metric asks for before anything is said against it, and its load by the replicas that are wanted. */
interface Asked {
  readonly vote: Vote;
  readonly ratio: number | undefined;
  readonly serving: number | undefined;
}

function judgeSize<P extends PlainProposal>(
  propose: Propose<P>,
  reading: Reading,
  aged: Aged,
  { scale }: GuardContext,
  plain: PlainProposal,
): Asked {
  const averageOver = differsBySurge(aged.usable, scale) ? 'spec' : 'status';
  const judged = averageOver === 'status' ? plain : propose(aged.usable, averageOver);
  let vote: Vote = { replicas: plain.replicas ?? scale.specReplicas, held: false, guards: [], steps: [] };
  if (judged.replicas !== undefined && judged.replicas !== vote.replicas) {
    vote = act(vote, judged.replicas, { guard: 'SurgeIsNotSize', detail: describeSurge(scale) });
  }
  if (aged.usable !== reading) vote = tellAge(vote, propose(reading, averageOver).replicas, aged.detail);
  const all: Asked = { vote, ratio: judged.ratio, serving: judged.serving };
  if (aged.fresh === aged.usable) return all;
  const fresh = aged.fresh.kind === 'absent' ? undefined : propose(aged.fresh, averageOver);
  return withoutOldSamples(all, fresh, scale.specReplicas, aged.detail);
}

/** Other samples than those read count already: that is worth a word where it made a difference, and only there. */
function tellAge(vote: Vote, asRead: number | undefined, detail: string): Vote {
  if (asRead === vote.replicas) return vote;
  const instead = asRead === undefined ? 'would fail' : `would ask for ${asRead}`;
  return act(vote, vote.replicas, { guard: 'StaleSample', detail: `${detail}; as read it ${instead}` });
}

/** Old samples may raise, not lower: with them where that is more, without them where that is fewer. */
function withoutOldSamples(all: Asked, fresh: PlainProposal | undefined, current: number, detail: string): Asked {
  const { vote } = all;
  const objection: Objection = { guard: 'StaleSample', detail };
  if (fresh?.replicas === undefined)
    return vote.replicas < current ? { ...all, vote: hold(vote, current, objection) } : all;
  // An overload that only the old or only the fresh samples show counts against shrinking either way.
  const ratio = Math.max(all.ratio ?? 0, fresh.ratio ?? 0);
  if (vote.replicas >= fresh.replicas) return { ...all, ratio };
  return { ...all, vote: act(vote, fresh.replicas, objection), ratio };
}

/** Pods without a sample count with their last one, where that keeps more of the size. They never raise it. */
function withUnseen<P extends PlainProposal>(
  propose: Propose<P>,
  asked: Asked,
  { usable, fresh }: Aged,
  { remembered }: View,
  current: number,
): Asked {
  const { vote } = asked;
  if (remembered.size === 0 || vote.replicas >= current || usable.kind !== 'pods') return asked;
  const all = propose(withRemembered(usable, remembered), 'status');
  const young = fresh.kind === 'pods' && fresh !== usable ? propose(withRemembered(fresh, remembered), 'status') : all;
  const withThem = Math.max(all.replicas ?? 0, young.replicas ?? 0);
  const objection = objectForRemembered(remembered.size, { replicas: vote.replicas, current, withThem });
  const ratio = Math.max(asked.ratio ?? 0, all.ratio ?? 0, young.ratio ?? 0);
  return { ...asked, vote: objection ? raise(vote, current, objection) : vote, ratio };
}

/** An absent reading leaves all as it is. Since when the view is partial is the view's to say. */
function remember(context: GuardContext, known: MetricMemory, aged: Aged, replicas: number | undefined): MetricMemory {
  const { now, pods, metric } = context;
  const { usable, fresh } = aged;
  if (usable.kind === 'absent') return known;
  const { sample, isNew } = followSample(usable, known.sample, { now, target: targetOf(metric), replicas });
  const isTrusted = fresh.kind === 'pods' || (fresh.kind === 'value' && !fresh.partial);
  const load = isTrusted
    ? observeLoad(known, { now, totalMilli: totalOf(fresh), isNew, lastSeenAtMs: known.lastSeenAtMs })
    : known;
  return {
    subject: known.subject,
    last: rememberReading(usable, known.last, pods, now - metric.maxAgeSeconds * 1000),
    lastSeenAtMs: isTrusted ? now : known.lastSeenAtMs,
    sample,
    peaks: load.peaks,
    fall: load.fall,
  };
}

/** The vote after all that the guards have against it. Each looks at what was asked for, not at what another left of it. */
function object(
  context: GuardContext,
  { objection }: View,
  memory: MetricMemory,
  { vote: asked, ratio, serving }: Asked,
): Vote {
  const { now, minReplicas, toleranceUp, scale } = context;
  const { specReplicas: current, statusReplicas } = scale;
  const ask = { now, replicas: asked.replicas, current, statusReplicas, minReplicas, toleranceUp, ratio, serving };
  const growth = memory.sample && objectToGrowth(memory.sample, ask);
  if (growth) return act(asked, growth.ceiling, growth);
  let vote = asked;
  const overload = objectUnderLoad(ask);
  if (overload) vote = hold(vote, ask.current, overload);
  const fall = objectToFall(memory, ask);
  if (fall) vote = raise(vote, ask.current, fall);
  const few = overload ? undefined : objectToFewReady(ask);
  if (few) vote = raise(vote, ask.current, few);
  return objection && ask.replicas < ask.current ? hold(vote, ask.current, objection) : vote;
}

/** Lifts the vote to a floor, unless it is above that already. A floor at the current size is a hold. */
function raise(vote: Vote, current: number, objection: Objection & { readonly floor: number }): Vote {
  if (objection.floor >= current) return hold(vote, current, objection);
  return act(vote, Math.max(vote.replicas, objection.floor), objection);
}

/** Lifts the vote to the current size: fewer was asked for and is refused. */
function hold(vote: Vote, current: number, objection: Objection): Vote {
  return { ...act(vote, current, objection), held: true };
}

/** A step even where another guard has already brought the number there: each tells its part of the story. */
function act(vote: Vote, after: number, { guard, detail }: Objection): Vote {
  const step: Step = { stage: 'metric', before: vote.replicas, after, reason: guard, detail };
  const guards = vote.guards.includes(guard) ? vote.guards : [...vote.guards, guard];
  return { ...vote, replicas: after, guards, steps: [...vote.steps, step] };
}

// Comparing and telling, with Setpoint itself in the place of the HPA, made to err where a test says so.
import { describe, expect, it } from 'vitest';
import { answerOf } from '../../src/cli/situations/answer.ts';
import { Player } from '../../src/cli/situations/play.ts';
import { readLine } from '../../src/cli/situations/read.ts';
import { compareLine } from '../support/situation-agreement.ts';
import { differingFields, smallestDisagreement, tell } from './disagreement.ts';
import { situationAt } from './generate/situation.ts';
import { answered, NoAnswer } from './hpa-process.ts';
import { type Answered, Reasons } from './reasons.ts';
import type { SituationJson } from './situation.ts';

type Expected = Record<string, unknown> & { replicas: number };

/** What an HPA that decides as Setpoint would print; `err` changes its mind. */
async function answer(line: string, err?: (expected: Expected, situation: SituationJson) => void): Promise<string> {
  const given = readLine(line);
  const { id, ...expected } = JSON.parse(JSON.stringify(answerOf(given, await new Player().play(given)))) as Expected;
  err?.(expected, (JSON.parse(line) as { situation: SituationJson }).situation);
  return JSON.stringify({ id, expected });
}

const pod = (phase: string) => ({
  phase,
  ready: true,
  startedAgoSeconds: 5000.5,
  readyTransitionAgoSeconds: 4000.5,
  requests: { cpu: '1' },
  usage: { cpu: 500 },
});
const SITUATION = {
  ...situationAt(1, 0).situation,
  specReplicas: 3,
  metrics: [{ type: 'Resource', name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } }],
  pods: [pod('Running'), pod('Pending'), pod('Running')],
  recommendationsHistory: [{ replicas: 3, ageSeconds: 20.5 }],
};
const LINE = JSON.stringify({ id: 'one', profile: 'basic', situation: SITUATION });

/** Errs by one replica as long as a pod is pending. */
const errOnPending = (expected: Expected, { pods }: SituationJson): void => {
  if (pods?.some(({ phase }) => phase === 'Pending')) expected.replicas += 1;
};

describe('answered lines', () => {
  it('hold the situation and the answer, and agree where both decide alike', async () => {
    const line = answered(LINE, await answer(LINE));
    expect(JSON.parse(line)).toMatchObject({ id: 'one', situation: SITUATION, expected: { replicas: 3 } });
    expect(differingFields(await compareLine(line))).toEqual([]);
  });

  it('of another situation, or without an answer, are errors', async () => {
    const other = (await answer(LINE)).replace('"one"', '"two"');
    expect(() => answered(LINE, other)).toThrow('asked about one, the HPA program answered {"id":"two"');
    expect(() => answered(LINE, '{"id":"one","fault":"panic: nil"}')).toThrow(NoAnswer);
  });
});

describe('a disagreement', () => {
  it('is named by its field, and lines with an overflow of the size are free', async () => {
    const line = answered(LINE, await answer(LINE, errOnPending));
    expect(differingFields(await compareLine(line))).toEqual(['replicas']);
    const free = line.replace('"expected":', '"overflow":["size"],"expected":');
    expect(differingFields(await compareLine(free))).toEqual([]);
  });

  it('shrinks to the pod that it is about', async () => {
    const line = answered(LINE, await answer(LINE, errOnPending));
    const smallest = await smallestDisagreement(line, (text) => answer(text, errOnPending));
    const { situation, expected } = JSON.parse(smallest) as Answered;
    expect(situation.pods).toEqual([{ phase: 'Pending' }]);
    expect(situation).not.toHaveProperty('recommendationsHistory.0');
    expect(situation.features).toBeDefined();
    expect(differingFields(await compareLine(smallest))).toEqual(['replicas']);
    expect(expected).toBeDefined();
  });

  it('passes over smaller situations that the HPA cannot answer', async () => {
    const line = answered(LINE, await answer(LINE, errOnPending));
    const smallest = await smallestDisagreement(line, (text) =>
      text.includes('"Running"') ? answer(text, errOnPending) : Promise.resolve('{"id":"one","fault":"panic"}'),
    );
    const { situation } = JSON.parse(smallest) as Answered;
    expect(situation.pods.map(({ phase }) => phase).toSorted()).toEqual(['Pending', 'Running']);
  });

  it('is told with the steps of the one and the answer of the other', async () => {
    const told = await tell(answered(LINE, await answer(LINE, errOnPending)));
    expect(told).toContain('HPA      [4,false]');
    expect(told).toContain('Setpoint [3,false]');
    expect(told).toContain('cpu asks for 3 replicas');
    expect(told).toContain('  replicas: 4');
  });
});

describe('reasons', () => {
  it('count what an answer says, but not a condition that stood there before', async () => {
    const reasons = new Reasons();
    const parsed = JSON.parse(answered(LINE, await answer(LINE))) as Answered;
    reasons.add(parsed);
    reasons.add({ ...parsed, overflow: ['status'] });
    const conditions = parsed.expected.conditions.filter(({ type }) => type === 'ScalingActive');
    const previousStatus = { currentReplicas: 3, desiredReplicas: 3, conditions };
    reasons.add({ ...parsed, situation: { ...parsed.situation, previousStatus } });
    const counts = new Map(reasons.entries());
    expect(counts.get('ScalingActive=True/ValidMetricFound')).toBe(2);
    expect(counts.get('AbleToScale=True/ReadyForNewScale')).toBe(3);
    expect(counts.get('an overflow of a shown average')).toBe(1);
    expect(counts.get('event FailedRescale')).toBe(0);
    expect(counts.get('none/none')).toBe(3);
  });
});

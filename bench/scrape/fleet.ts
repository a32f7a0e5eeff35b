// A fleet of targets with three metrics each, as its reports come in: every figure of each moves from round to round.
import type { CycleReport } from '../../src/record/cycle-report.ts';
import { decisionOf, pods, proposalOf, reportOf, spec, targetNamed } from '../../test/support/cycle-reports.ts';

const NAMES = ['cpu', 'requests', 'queue'];
const [METRIC] = spec.metrics;

/** The reports of one round of cycles. */
export function roundOf(targets: number, round: number): CycleReport[] {
  return Array.from({ length: targets }, (_, index) => {
    const metrics = NAMES.flatMap((name) => (METRIC ? [{ ...METRIC, name }] : []));
    const load = 50 + ((index * 7 + round * 13) % 61);
    return reportOf(targetNamed(`service-${index}`, metrics), {
      decision: decisionOf({
        proposals: NAMES.map((name) =>
          proposalOf({ name, ratio: load / 60, status: { name, averageUtilization: load } }),
        ),
        steps: [
          { stage: 'combine', before: 4, after: 3, reason: 'MetricProposal', detail: '' },
          { stage: 'stabilize', before: 3, after: 4, reason: 'ScaleDownStabilized', detail: '' },
        ],
      }),
      conditions: [
        { type: 'AbleToScale', status: 'True', reason: 'ReadyForNewScale', message: '' },
        { type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound', message: '' },
        { type: 'ScalingLimited', status: 'False', reason: 'DesiredWithinRange', message: '' },
        { type: 'Conflict', status: 'False', reason: 'NoConflict', message: '' },
      ],
      outcome: { kind: 'none' },
      readings: NAMES.map(() => pods(round * 15_000 + index)),
      atMs: round * 15_000 + index + 4_000,
    });
  });
}

// The figures as a table for people, with the ratio of the two contenders.
import type { ContenderFigures } from './measure.ts';

interface Row {
  readonly what: string;
  readonly digits: number;
  readonly of: (figures: ContenderFigures) => number;
}

const ROWS: readonly Row[] = [
  { what: 'steady: API requests per decision', digits: 3, of: ({ steady }) => steady.requestsPerDecision },
  { what: 'steady: CPU s per 1,000 decisions, contender', digits: 2, of: ({ steady }) => steady.contenderCpu },
  { what: 'steady: CPU s per 1,000 decisions, API server + etcd', digits: 2, of: ({ steady }) => steady.serverCpu },
  { what: 'steady: of that, taken with no contender running', digits: 2, of: ({ steady }) => steady.serverCpuAlone },
  { what: 'steady: interval between decisions, p50 (s)', digits: 2, of: ({ steady }) => steady.interval.p50 },
  { what: 'steady: interval between decisions, p99 (s)', digits: 2, of: ({ steady }) => steady.interval.p99 },
  { what: 'step: targets with a new size', digits: 0, of: ({ step }) => step.accepted },
  { what: 'step: flip to accepted write, p50 (s)', digits: 2, of: ({ step }) => step.reaction.p50 },
  { what: 'step: flip to accepted write, p99 (s)', digits: 2, of: ({ step }) => step.reaction.p99 },
  { what: 'step: flip to accepted write, max (s)', digits: 2, of: ({ step }) => step.reaction.max },
  { what: 'step: API requests per decision', digits: 3, of: ({ step }) => step.requestsPerDecision },
  { what: 'resident memory, steady (MiB)', digits: 0, of: ({ resident }) => resident.steady },
  { what: 'resident memory, after the step (MiB)', digits: 0, of: ({ resident }) => resident.now },
  { what: 'resident memory, highest (MiB)', digits: 0, of: ({ resident }) => resident.peak },
];

/** Markdown, so that it can go into a document as it is. */
export function tableOf(figures: readonly ContenderFigures[], targets: number): string {
  const names = figures.map(({ contender }) => contender);
  const [first, second] = figures;
  const ratio = second === undefined ? [] : [`${names[1]} / ${names[0]}`];
  const head = [`${targets} targets, every 15 s`, ...names, ...ratio];
  const lines = ROWS.map(({ what, digits, of }) => {
    const values = figures.map((one) => of(one).toFixed(digits));
    const compared = first && second ? [(of(second) / of(first)).toFixed(1)] : [];
    return [what, ...values, ...compared];
  });
  const table = [head, head.map((_, index) => (index === 0 ? '---' : '---:')), ...lines].map(
    (cells) => `| ${cells.join(' | ')} |`,
  );
  const requests = figures.map(
    ({ contender, steady, step }) =>
      `${contender}, requests in the steady phase: ${listOf(steady.requests)}; in the step: ${listOf(step.requests)}.`,
  );
  return [
    ...table,
    '',
    ...requests,
    ...figures.map(({ contender, steady }) => `${contender}, interval: ${steady.interval.from}.`),
  ].join('\n');
}

function listOf(requests: Readonly<Record<string, number>>): string {
  return Object.entries(requests)
    .map(([name, number]) => `${number} ${name}`)
    .join(', ');
}

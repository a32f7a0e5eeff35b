// The result as a table for people, one line for each stair of each pair. Pure.
import { allowedSeconds, type Climb, lastOf, type StairResult } from './compare.ts';
import { METRICS, type Pair } from './pairs.ts';

export interface PairResult {
  readonly pair: Pair;
  readonly stairs: readonly StairResult[];
}

const HEAD = [
  'pair',
  'stair',
  'load',
  'expected size',
  "HPA's sizes",
  "Setpoint's sizes",
  'HPA after (s)',
  'Setpoint after (s)',
  'difference (s)',
  'allowed (s)',
  '',
];

/** Markdown, so that it can go into a document as it is. */
export function tableOf(results: readonly PairResult[]): string {
  const lines = results.flatMap(({ pair, stairs }) =>
    stairs.map((one) => [
      pair.name,
      `${one.stair}`,
      METRICS[pair.metric].text(one.load),
      `${one.expected}`,
      sizesOf(one.hpa),
      sizesOf(one.setpoint),
      one.hpa.seconds.toFixed(1),
      one.setpoint.seconds.toFixed(1),
      one.differenceSeconds.toFixed(1),
      `${allowedSeconds(pair)}`,
      one.agrees ? 'agree' : 'DIFFER',
    ]),
  );
  return [HEAD, HEAD.map((_, column) => (column < 1 ? '---' : '---:')), ...lines]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}

/** One sentence for each stair that does not agree. */
export function faultsOf(results: readonly PairResult[]): readonly string[] {
  return results.flatMap(({ pair, stairs }) =>
    stairs
      .filter(({ agrees }) => !agrees)
      .map(({ stair, hpa, setpoint, expected, differenceSeconds }) => {
        const sizes = `HPA at ${lastOf(hpa)}, Setpoint at ${lastOf(setpoint)}, expected ${expected}`;
        return `${pair.name}, stair ${stair}: ${sizes}; ${differenceSeconds.toFixed(1)} s apart, ${allowedSeconds(pair)} s allowed`;
      }),
  );
}

function sizesOf({ sizes }: Climb): string {
  return sizes.join(' → ');
}

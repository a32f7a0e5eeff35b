// `npm run bench:tracing`: what spans cost a cycle when nobody wants them, and when somebody does. All contenders take turns within one
// run, so that whatever else the machine does meets them alike; ratios are of rounds played one after the other.
import { quantile } from '../cluster/statistics.ts';
import { buildContenders, CONTENDERS, type Contender, ContenderProcess } from './contenders.ts';
import type { Kind, Played } from './worker.ts';

const ROUNDS = 30;
/** Not counted: code that is not compiled yet, and statuses that are not written yet. */
const WARM_UP = 5;
const KINDS: readonly (readonly [kind: Kind, passes: number, meaning: string])[] = [
  ['steady', 40, 'one metric read, a decision, nothing to write'],
  ['writing', 20, 'one metric read, a decision, a size and a status written'],
];
const BASE: Contender = 'without tracing';

const median = (values: readonly number[]): number =>
  quantile(
    values.toSorted((a, b) => a - b),
    0.5,
  );

/** Each contender's rounds; whoever begins a round is another one each time. */
async function playAll(kind: Kind, passes: number): Promise<ReadonlyMap<Contender, readonly Played[]>> {
  const processes = new Map(CONTENDERS.map((contender) => [contender, new ContenderProcess(contender)]));
  const played = new Map<Contender, Played[]>(CONTENDERS.map((contender) => [contender, []]));
  for (let round = 0; round < WARM_UP + ROUNDS; round++) {
    const first = round % CONTENDERS.length;
    for (const contender of [...CONTENDERS.slice(first), ...CONTENDERS.slice(0, first)]) {
      const figures = await processes.get(contender)?.play({ kind, passes });
      if (figures && round >= WARM_UP) played.get(contender)?.push(figures);
    }
  }
  for (const one of processes.values()) await one.end();
  return played;
}

function report(played: ReadonlyMap<Contender, readonly Played[]>): void {
  const base = played.get(BASE) ?? [];
  console.log('                    µs/cycle    best   ratio (middle half)    bytes/cycle   ratio   spans/cycle');
  for (const [contender, rounds] of played) {
    const perCycle = (figure: 'cpuNs' | 'bytes' | 'spans') => rounds.map((round) => round[figure] / round.cycles);
    const timeRatios = rounds.map(({ cpuNs }, index) => cpuNs / (base[index]?.cpuNs ?? Number.NaN));
    const byteRatios = rounds.map(({ bytes }, index) => bytes / (base[index]?.bytes ?? Number.NaN));
    const sorted = timeRatios.toSorted((a, b) => a - b);
    const middle = `${quantile(sorted, 0.25).toFixed(3)} to ${quantile(sorted, 0.75).toFixed(3)}`;
    console.log(
      [
        contender.padEnd(18),
        (median(perCycle('cpuNs')) / 1000).toFixed(1).padStart(10),
        (Math.min(...perCycle('cpuNs')) / 1000).toFixed(1).padStart(8),
        `${median(timeRatios).toFixed(3)} (${middle})`.padStart(25),
        median(perCycle('bytes')).toFixed(0).padStart(12),
        median(byteRatios).toFixed(3).padStart(9),
        median(perCycle('spans')).toFixed(1).padStart(10),
      ].join(''),
    );
  }
}

await buildContenders();
console.log(`Time is the processor time of the thread, the median of ${ROUNDS} rounds; Node ${process.version}.`);
for (const [kind, passes, meaning] of KINDS) {
  console.log(`\n${kind}: ${meaning}`);
  report(await playAll(kind, passes));
}

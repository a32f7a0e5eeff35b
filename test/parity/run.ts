// One parity run: draws situations, lets the HPA and Setpoint decide each, compares, and counts what occurred. Prints nothing.
import { isDeepStrictEqual } from 'node:util';
import { compareLine } from '../support/situation-agreement.ts';
import { differingFields } from './disagreement.ts';
import { situationAt } from './generate/situation.ts';
import { answered, type HpaProcess } from './hpa-process.ts';
import { Kinds } from './kinds.ts';
import { type Answered, Reasons } from './reasons.ts';
import type { RecordedLine } from './recorded.ts';

export interface Tally {
  lines: number;
  counted: number;
  /** Of the counted: equal in size, conditions, event reasons and kept history. */
  agree: number;
  /** Of the counted: equal in messages, shown metrics, status and errors, too. */
  agreeInAll: number;
  /** By field. */
  readonly differing: Map<string, number>;
  /** The answered line of the first disagreement in each set of fields: different sets mostly have different causes. */
  readonly firsts: Map<string, string>;
}

export interface RunOptions {
  readonly seed: number;
  readonly count: number;
  readonly progress: (tally: Tally) => void;
}

export interface RunResult {
  readonly tally: Tally;
  readonly reasons: Reasons;
  readonly kinds: Kinds;
}

/** Large enough that the pipe costs nothing, small enough that both sides always have work. */
const BATCH = 250;

/** Two batches are on their way at any time: the HPA works on one while Setpoint is compared on the other. */
export async function parityRun(hpa: HpaProcess, { seed, count, progress }: RunOptions): Promise<RunResult> {
  const tally: Tally = { lines: 0, counted: 0, agree: 0, agreeInAll: 0, differing: new Map(), firsts: new Map() };
  const result = { tally, reasons: new Reasons(), kinds: new Kinds() };
  let before: Promise<readonly string[]> = Promise.resolve([]);
  for (let start = 0; start < count; start += BATCH) {
    const lines = drawLines(seed, start, Math.min(count, start + BATCH));
    const answers = hpa.answers(lines).then((all) => all.map((answer, index) => answered(lines[index] ?? '', answer)));
    // A failure is told when the batch is waited for.
    answers.catch(() => {});
    await compareAll(await before, result);
    progress(tally);
    before = answers;
  }
  await compareAll(await before, result);
  progress(tally);
  return result;
}

function drawLines(seed: number, from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => JSON.stringify(situationAt(seed, from + index)));
}

async function compareAll(lines: readonly string[], { tally, reasons, kinds }: RunResult): Promise<void> {
  for (const line of lines) {
    const agreement = await compareLine(line);
    const parsed = JSON.parse(line) as Answered;
    reasons.add(parsed);
    kinds.add(parsed.situation);
    tally.lines += 1;
    if (!agreement.counts) continue;
    tally.counted += 1;
    const fields = differingFields(agreement);
    if (agreement.wrong.length === 0) tally.agree += 1;
    if (fields.length === 0) tally.agreeInAll += 1;
    else if (!tally.firsts.has(fields.join())) tally.firsts.set(fields.join(), line);
    for (const field of fields) tally.differing.set(field, (tally.differing.get(field) ?? 0) + 1);
  }
}

/**
 * Asks the HPA program about recorded situations: it has to give every answer again, to the letter. Resolves with the names of
 * those to which it gives another one.
 */
export async function reproduce(hpa: HpaProcess, recorded: readonly RecordedLine[]): Promise<string[]> {
  const differing: string[] = [];
  for (let start = 0; start < recorded.length; start += BATCH) {
    const batch = recorded.slice(start, start + BATCH);
    const answers = await hpa.answers(batch.map(({ line }) => line));
    for (const [index, { id, overflow, expected }] of batch.entries()) {
      const again = JSON.parse(answers[index] ?? '{}') as { overflow?: unknown; expected?: unknown };
      if (!isDeepStrictEqual([again.overflow, again.expected], [overflow, expected])) differing.push(id);
    }
  }
  return differing;
}

// `--diff`: what another spec would decide on the readings of the last cycle, side by side. The readings are in the memory of the
// controller, so that it has to be asked.
import { basename } from 'node:path';
import { systemClock } from '../../base/clock.ts';
import { compareSpecs, type Comparison, type Row } from '../../record/explain/compare.ts';
import { whenText } from '../../record/explain/words.ts';
import { situationFromJson } from '../../record/situation-json.ts';
import type { Situation } from '../../decide/types.ts';
import { type Io, USAGE_ERROR } from '../command.ts';
import type { Cluster } from './cluster.ts';
import { readOtherSpec } from './manifest.ts';
import { harmless } from './print.ts';
import type { ExplainOptions } from './usage.ts';

const REMEDY =
  'the readings are in the memory of the controller that leads: be allowed get and create on pods/portforward beside it, or give --controller URL';

/** Resolves with the exit code. */
export async function explainDifference(
  io: Io,
  cluster: Cluster,
  { name, output }: ExplainOptions,
  file: string,
): Promise<number> {
  const other = await readOtherSpec(file, name, io.stdin);
  const refuse = (line: string, exitCode: number) => {
    io.stderr.write(harmless(`setpoint explain: ${line}\n`));
    return exitCode;
  };
  if ('faults' in other) return other.faults.map((fault) => refuse(fault, USAGE_ERROR)).at(-1) ?? USAGE_ERROR;
  await cluster.read();
  const asked = await cluster.ask('/situation');
  if ('fault' in asked) return refuse(`--diff: ${asked.fault}; ${REMEDY}`, 1);
  let situation: Situation;
  try {
    situation = situationFromJson(asked.body);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return refuse(`--diff: ${asked.where} answered with ${error.message}`, 1);
  }
  const nowMs = systemClock.now();
  const comparison = compareSpecs(situation, other.spec, nowMs);
  const { now, scale } = situation;
  const at = new Date(now).toISOString();
  if (output === 'json') {
    io.stdout.write(
      `${JSON.stringify({ at, current: comparison.current, other: { title: other.title, ...comparison.other }, rows: comparison.rows, notes: comparison.notes }, undefined, 2)}\n`,
    );
    return 0;
  }
  const key = `${situation.namespace}/${situation.name}`;
  io.stdout.write(`${key} with ${scale.specReplicas} replicas, on what was read ${whenText(at, nowMs)}:\n\n`);
  io.stdout.write(harmless(tableOf(comparison, ['in force', `${other.title} (${basename(file)})`])));
  return 0;
}

/** Long texts stand below each other, all else side by side. */
function tableOf({ rows, notes }: Comparison, titles: readonly [string, string]): string {
  const short = rows.filter(({ what }) => what !== 'why');
  const cells: readonly Row[] = [{ what: '', current: titles[0], other: titles[1], differs: false }, ...short];
  const width = (text: (cell: Row) => string) => Math.max(...cells.map((cell) => text(cell).length));
  const [first, second, third] = [
    width(({ what }) => what),
    width(({ current }) => current),
    width(({ other }) => other),
  ];
  const lines = cells.map(({ what, current, other, differs }) =>
    `  ${what.padEnd(first)}  ${current.padEnd(second)}  ${differs ? `${other.padEnd(third)}  differs` : other}`.trimEnd(),
  );
  const why = rows.find(({ what }) => what === 'why');
  const told = why ? ['', `  in force: ${why.current}`, `  with it:  ${why.other}`] : [];
  const said = notes.length === 0 ? [] : ['', ...notes.map((note) => `  ${note}`)];
  return `${[...lines, ...told, ...said].join('\n')}\n`;
}

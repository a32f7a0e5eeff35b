// Compares the answers of the decision with a situations file, field by field: node scripts/compare-situations.ts FILE
// (or SETPOINT_SITUATIONS). Exit code 1 when a line that counts differs in what must agree.
import { isDeepStrictEqual } from 'node:util';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { answerOf } from '../src/cli/situations/answer.ts';
import { play } from '../src/cli/situations/play.ts';
import { readLine } from '../src/cli/situations/read.ts';

type Json = Record<string, unknown>;
const withoutMessage = (list: unknown) => (list as Json[]).map(({ message: _message, ...rest }) => rest);
const reasons = (list: unknown) => (list as Json[]).map(({ reason }) => reason);

/** What must agree, then what else is compared. */
const MUST: Record<string, (answer: Json) => unknown> = {
  replicas: (answer) => [answer.replicas, answer.rescaled],
  conditions: (answer) => withoutMessage(answer.conditions),
  eventReasons: (answer) => reasons(answer.events),
  recommendations: (answer) => answer.recommendationsAfter,
  scaleEvents: (answer) => answer.scaleEventsAfter,
};
const ALSO: Record<string, (answer: Json) => unknown> = {
  messages: (answer) => [answer.conditions, answer.events],
  currentMetrics: (answer) => answer.currentMetrics,
  status: (answer) => [answer.desiredReplicasStatus, answer.currentReplicasStatus, answer.statusWritten],
  errors: (answer) => [answer.errorLabel, answer.error],
  action: (answer) => answer.actionLabel,
};

const file = process.argv[2] ?? process.env.SETPOINT_SITUATIONS;
if (file === undefined) {
  console.error('which file? node scripts/compare-situations.ts FILE (or set SETPOINT_SITUATIONS)');
  process.exit(2);
}
const show = Number(process.argv[3] ?? 5);
const input = createReadStream(file);
const lines = createInterface({
  input: file.endsWith('.gz') ? input.pipe(createGunzip()) : input,
  crlfDelay: Infinity,
});
const tally = { lines: 0, counted: 0, agree: 0, allAgree: 0, free: 0, freeAgree: 0 };
const differing = new Map<string, number>();
for await (const line of lines) {
  const { expected, overflow, situation } = JSON.parse(line) as Json & { expected: Json; situation: Json };
  const given = readLine(line);
  const answer = JSON.parse(JSON.stringify(answerOf(given, await play(given)))) as Json;
  const isFree =
    ((overflow ?? []) as string[]).includes('size') || Object.values(situation.features as Json).includes(false);
  const statusIsFree = ((overflow ?? []) as string[]).includes('status');
  const wrong = (fields: typeof MUST) =>
    Object.entries(fields).filter(([, of]) => !isDeepStrictEqual(of(answer), of(expected)));
  const must = wrong(MUST);
  const also = wrong(ALSO).filter(([name]) => !(statusIsFree && name === 'currentMetrics'));
  tally.lines += 1;
  if (isFree) {
    tally.free += 1;
    if (must.length === 0) tally.freeAgree += 1;
    continue;
  }
  tally.counted += 1;
  if (must.length === 0) tally.agree += 1;
  if (must.length + also.length === 0) tally.allAgree += 1;
  for (const [name, of] of [...must, ...also]) {
    const count = (differing.get(name) ?? 0) + 1;
    differing.set(name, count);
    if (count <= show) {
      console.log(`${given.id} ${name}\n  want ${JSON.stringify(of(expected))}\n  have ${JSON.stringify(of(answer))}`);
    }
  }
}
console.log(
  `${tally.agree} of ${tally.counted} counted lines agree (${tally.allAgree} also in messages, metrics, status, errors); ` +
    `of ${tally.free} lines not counted ${tally.freeAgree} agree; ${tally.lines} lines`,
);
for (const [name, count] of differing) console.log(`  ${name}: ${count} differ`);
process.exitCode = tally.agree === tally.counted ? 0 : 1;

// Compares the answers of the whole reconcile with a situations file: node scripts/compare-situations.ts FILE [EXAMPLES]
// (or SETPOINT_SITUATIONS). Prints how many lines agree; exit code 1 when one that counts differs in what must agree.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { compareLine } from '../test/support/situation-agreement.ts';

const file = process.argv[2] ?? process.env['SETPOINT_SITUATIONS'];
if (file === undefined) {
  console.error('which file? node scripts/compare-situations.ts FILE (or set SETPOINT_SITUATIONS)');
  process.exit(2);
}
const examples = Number(process.argv[3] ?? 5);
const bytes = readFileSync(file);
const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
const tally = { lines: 0, counted: 0, agree: 0, agreeInAll: 0, free: 0, freeAgree: 0 };
const differing = new Map<string, number>();
for (const line of text.split('\n')) {
  if (line === '') continue;
  const { id, counts, wrong, alsoWrong } = await compareLine(line);
  tally.lines += 1;
  if (!counts) {
    tally.free += 1;
    if (wrong.length === 0) tally.freeAgree += 1;
    continue;
  }
  tally.counted += 1;
  if (wrong.length === 0) tally.agree += 1;
  if (wrong.length + alsoWrong.length === 0) tally.agreeInAll += 1;
  for (const { field, want, have } of [...wrong, ...alsoWrong]) {
    const count = (differing.get(field) ?? 0) + 1;
    differing.set(field, count);
    if (count <= examples) {
      console.log(`${id} ${field}\n  want ${JSON.stringify(want)}\n  have ${JSON.stringify(have)}`);
    }
  }
}
console.log(
  `${tally.agree} of ${tally.counted} counted lines agree (${tally.agreeInAll} also in messages, metrics, status, errors); ` +
    `of ${tally.free} lines not counted ${tally.freeAgree} agree; ${tally.lines} lines`,
);
for (const [field, count] of differing) console.log(`  ${field}: ${count} differ`);
process.exitCode = tally.agree === tally.counted ? 0 : 1;

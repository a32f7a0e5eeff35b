// Picks a compact part of a situations file for test/fixtures/hpa: node scripts/pick-situations.ts FILE OUT [COUNT].
// Greedy cover: each line is described by what happens in it, and the next line taken is the one that adds most of what was
// seen fewer than twice, for its length. Deterministic: the same file gives the same part.
import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { Player } from '../src/cli/situations/play.ts';
import { readLine } from '../src/cli/situations/read.ts';

const [file = '', out = '', count = '400'] = process.argv.slice(2);
const SEEN_ENOUGH = 2;

interface Candidate {
  readonly line: string;
  readonly facts: readonly string[];
}

interface Parsed {
  readonly profile: string;
  readonly overflow?: readonly string[];
  readonly situation: Record<string, unknown>;
}

const candidates: Candidate[] = [];
for (const line of gunzipSync(readFileSync(file)).toString('utf8').split('\n')) {
  if (line === '') continue;
  const { profile, overflow, situation } = JSON.parse(line) as Parsed;
  const isFree = overflow?.includes('size') || Object.values(situation['features'] as object).includes(false);
  if (!isFree) candidates.push({ line, facts: await factsOf(line, profile, situation) });
}

async function factsOf(line: string, profile: string, situation: Record<string, unknown>): Promise<string[]> {
  const given = readLine(line);
  const outcome = await new Player().play(given);
  const { decision } = outcome;
  const steps = decision === undefined ? [] : [...decision.steps, ...decision.proposals.flatMap((one) => one.steps)];
  const facts = [
    ...outcome.status.conditions.map(({ type, status, reason }) => `${profile} ${type} ${status} ${reason}`),
    ...outcome.events.map(({ reason, message }) => `${reason} ${message.replaceAll(/-?\d+/g, '#')}`),
    ...steps.map(({ stage, reason, before, after }) => `${profile} ${stage} ${reason} ${Math.sign(after - before)}`),
    ...given.situation.spec.metrics.map(
      ({ type, target }, index) =>
        `${type} ${target.type} ${given.situation.readings[index]?.kind} ${decision?.proposals[index]?.steps[0]?.reason}`,
    ),
    ...Object.keys(situation).map((field) => `${profile} has ${field}`),
    ...(situation['pods'] as object[]).flatMap((pod) =>
      Object.entries(pod).map(
        ([field, value]) => `pod ${field} ${typeof value === 'number' ? 'number' : String(value)}`,
      ),
    ),
    `rescaled ${profile} ${outcome.rescaled} ${outcome.error?.kind} ${outcome.statusWritten}`,
    `behavior ${JSON.stringify(situation['behavior'])?.replaceAll(/\d+(\.\d+)?/g, '#')}`.slice(0, 70),
  ];
  return [...new Set(facts)];
}

const seen = new Map<string, number>();
const picked: string[] = [];
const left = new Set(candidates);
while (picked.length < Number(count)) {
  let best: Candidate | undefined;
  let bestWorth = 0;
  for (const candidate of left) {
    const fresh = candidate.facts.filter((fact) => (seen.get(fact) ?? 0) < SEEN_ENOUGH).length;
    const worth = fresh / candidate.line.length;
    if (worth > bestWorth) [best, bestWorth] = [candidate, worth];
  }
  if (best === undefined) break;
  left.delete(best);
  for (const fact of best.facts) seen.set(fact, (seen.get(fact) ?? 0) + 1);
  picked.push(best.line);
}
picked.sort((a, b) => (JSON.parse(a).id < JSON.parse(b).id ? -1 : 1));
const packed = gzipSync(`${picked.join('\n')}\n`, { level: 9 });
writeFileSync(out, packed);
const covered = candidates.flatMap(({ facts }) => facts).filter((fact) => seen.has(fact)).length;
console.log(`${picked.length} lines, ${packed.length} bytes, ${seen.size} facts, covers ${covered} occurrences`);

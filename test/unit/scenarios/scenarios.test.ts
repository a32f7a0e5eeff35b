// The scenarios that come with the project: what must be true of each is, and what was written from them is up to date.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HELP, parseArguments } from '../../../scripts/scenarios/arguments.ts';
import {
  FOLDER,
  playResult,
  readScenario,
  type Result,
  ROOT,
  scenarioNames,
} from '../../../scripts/scenarios/files.ts';
import { scenarioPages } from '../../../scripts/scenarios/pages.ts';
import { plotOf } from '../../../scripts/scenarios/plot.ts';
import { resultLines } from '../../../scripts/scenarios/print.ts';
import { clock, length, limitText, measuredText } from '../../../scripts/scenarios/words.ts';

const NAMES = scenarioNames();
const results = new Map<string, Result>();

function resultOf(name: string): Result {
  const known = results.get(name) ?? playResult(readScenario(name));
  results.set(name, known);
  return known;
}

describe('the scenarios', () => {
  it('are these', () => {
    expect(NAMES).toEqual([
      'steady',
      'daily-wave',
      'flash-crowd',
      'sawtooth',
      'slow-start',
      'source-outage',
      'rollout-during-peak',
      'vanished-load',
    ]);
  });

  it.each(NAMES)('%s: what must be true is', (name) => {
    const result = resultOf(name);
    const first = result.verdicts.find(({ holds }) => !holds);
    expect(first && `${first.expectation.says}: ${measuredText(first)}, must be ${limitText(first)}`).toBeUndefined();
    // Each says something of the plain case and of what stands beside it.
    expect(new Set(result.verdicts.map(({ expectation }) => expectation.of))).toEqual(new Set(['itself', 'beside']));
  });

  it.each(NAMES)('%s: the load is a small extract with its licence', (name) => {
    const { load, file } = resultOf(name).scenario;
    expect(load.points).toBeGreaterThanOrEqual(40);
    expect(statSync(join(ROOT, FOLDER, name, 'load.csv')).size).toBeLessThan(8_000);
    const { licence, commit } = file.load.source;
    expect(commit).toMatch(/^[0-9a-f]{40}$/);
    const text = readFileSync(join(ROOT, FOLDER, /\((licences\/[a-z0-9]+\.txt)\)/.exec(licence)?.[1] ?? ''), 'utf8');
    expect(text).toMatch(/Copyright|CC BY 4\.0/);
  });

  it.each(scenarioPages().map((page) => [page.path, page] as const))('%s is up to date', (path, page) => {
    expect(page.render() === readFileSync(join(ROOT, path), 'utf8'), 'run npm run scenarios -- --write').toBe(true);
  });
});

describe('a folder without its files', () => {
  it('is one line that says which', () => {
    const message = `${FOLDER}/none/scenario.yaml cannot be read: a scenario is scenario.yaml, scaledtarget.yaml and load.csv`;
    expect(() => readScenario('none')).toThrow(message);
  });
});

describe('a picture', () => {
  it('has the lines, the band of an incident, and nothing that is no number', () => {
    const svg = plotOf(resultOf('vanished-load'));
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    for (const name of ['load', 'size', 'ready', 'unclamped', 'beside', 'band']) expect(svg).toContain(`${name}"`);
    expect(svg).toContain('>load gone</text>');
  });

  it('marks what has no end, and takes titles as text', () => {
    const result = resultOf('rollout-during-peak');
    const file = { ...result.scenario.file, title: 'a < b & "c"' };
    const svg = plotOf({ ...result, scenario: { ...result.scenario, file } });
    expect(svg).toContain('class="mark"');
    expect(svg).toContain('a &lt; b &amp; &quot;c&quot;');
  });
});

describe('the time-line', () => {
  it('has every change with its why, what goes wrong, who keeps the size, and the verdicts', () => {
    const lines = resultLines(resultOf('vanished-load'), false);
    expect(lines[0]).toBe('vanished-load: 114 values of requests per second in 57 min, 9 changes of size');
    expect(lines.filter((line) => /[▲▼]/.test(line))).toHaveLength(9);
    const gone = lines.findIndex((line) => line === '   0:45:00  ! load gone until 0:57:00');
    expect(lines[gone + 1]).toContain('   0:45:15  = 62  VanishedLoad: rps 0% of target: stays at 62');
    expect(lines[gone + 2]).toBe('   0:46:15  ▼ 62 → 2  rps 0% of target, limited by minReplicas');
    expect(lines.at(-1)).toMatch(/^ {2}✓ guards: Disabled: .* \(135 s, must be at least 105 s\)$/);
  });

  it('shows what stands beside when asked to', () => {
    const lines = resultLines(resultOf('vanished-load'), true);
    expect(lines).toContain('  beside it, guards: Disabled: 14 changes');
    expect(lines).toContain('   0:25:00  ▼ 74 → 2  rps 0% of target, limited by minReplicas');
  });

  it('says what is not as it must be', () => {
    const result = resultOf('steady');
    const verdicts = result.verdicts.map((verdict) => ({ ...verdict, holds: false }));
    expect(resultLines({ ...result, verdicts }, false)).toContain(
      '  ✗ no change of size in two hours (0, must be at most 0)',
    );
  });

  it('counts time as people do', () => {
    expect([0, 59, 3661, 86_400].map(clock)).toEqual(['0:00:00', '0:00:59', '1:01:01', '24:00:00']);
    expect([3420, 7200, 7260].map(length)).toEqual(['57 min', '2 h', '2 h 1 min']);
  });

  it('says what never came', () => {
    const [verdict] = resultOf('flash-crowd').verdicts;
    expect(verdict && measuredText({ ...verdict, measured: Number.POSITIVE_INFINITY })).toBe('never');
  });
});

describe('the flags', () => {
  it('are a name and switches', () => {
    expect(parseArguments(['steady', '--beside'], NAMES)).toMatchObject({ name: 'steady', beside: true, write: false });
    expect(parseArguments([], NAMES)).toMatchObject({ name: undefined, list: false, help: false });
    expect(parseArguments(['-h'], NAMES).help).toBe(true);
    for (const flag of ['--beside', '--list', '--write', '--help']) expect(HELP).toContain(flag);
  });

  it.each([
    [['calm'], `"calm" is no scenario: give one of ${NAMES.join(', ')}`],
    [['steady', 'sawtooth'], '2 names: give one, or none for all'],
    [['--speed=3'], "Unknown option '--speed'; npm run scenarios -- --help lists the flags"],
  ])('%j is refused in one line', (args, message) => {
    expect(() => parseArguments(args, NAMES)).toThrow(new Error(message));
  });
});

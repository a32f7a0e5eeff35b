// What the user says to `npm run test:parity`: flags, and a file of recorded situations.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HELP, parseArguments } from '../../scripts/parity/arguments.ts';
import { readRecorded } from './recorded.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parity-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(content: string | Uint8Array): string {
  const path = join(folder, 'recorded');
  writeFileSync(path, content);
  return path;
}

describe('the flags of npm run test:parity', () => {
  it('are read, and recorded situations come from the fixtures by default', () => {
    const options = parseArguments([]);
    expect(options).toMatchObject({ count: 3000, seed: 1 });
    if (options === 'help') throw new Error('no help was asked for');
    expect(readRecorded(options.answers).length).toBeGreaterThan(500);
    expect(parseArguments(['--count', '100000', '--seed=007', '--answers', 'x'])).toEqual({
      count: 100_000,
      seed: 7,
      answers: 'x',
    });
    expect(parseArguments(['--seed', '1', '-h'])).toBe('help');
    expect(HELP).toContain('--answers FILE');
  });

  it.each([
    [['--count', '0'], '--count: "0" is no whole number from 1 to 1000000000'],
    [['--count', '1e3'], '--count: "1e3" is no whole number'],
    [['--seed', '9007199254740993'], '--seed: "9007199254740993" is no whole number'],
    [['--seed', '-1'], "Option '--seed' argument is ambiguous; npm run test:parity -- --help lists the flags"],
    [['more'], "Unexpected argument 'more'; npm run test:parity -- --help lists the flags"],
  ])('%j is refused in one line', (args, line) => {
    expect(() => parseArguments(args)).toThrow(line);
  });
});

describe('recorded situations', () => {
  const line = '{"id":"basic-1-1","overflow":{},"situation":{},"expected":{"replicas":2}}';

  it('are lines, plain or gzip', () => {
    const recorded = [{ line, id: 'basic-1-1', overflow: {}, expected: { replicas: 2 } }];
    expect(readRecorded(file(`\n${line}\n`))).toEqual(recorded);
    expect(readRecorded(file(gzipSync(line)))).toEqual(recorded);
  });

  it.each([
    ['nothing', '', 'recorded holds no situation'],
    ['text', `${line}\n# Setpoint`, 'recorded, line 2: no JSON'],
    ['no answer', '{"id":"a","situation":{}}', 'recorded, line 1: no situation with its answer'],
    ['half a gzip', gzipSync(line).subarray(0, 20), 'recorded cannot be read: '],
  ])('%s is told in one line', (_what, content, said) => {
    expect(() => readRecorded(file(content))).toThrow(said);
  });
});

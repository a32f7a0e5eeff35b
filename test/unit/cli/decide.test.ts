// `setpoint decide`: a stream of situations in, answers or sentences out, faults told by line.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decideCommand } from '../../../src/cli/commands/decide.ts';
import { runCli } from '../../support/run-cli.ts';

const FIXTURE = join(import.meta.dirname, '../../fixtures/hpa/situations.jsonl.gz');
const lines = gunzipSync(readFileSync(FIXTURE)).toString('utf8').trim().split('\n').slice(0, 40);
const text = `${lines.join('\n')}\n`;
const idOf = (line: string) => (JSON.parse(line) as { id: string }).id;

const decide = (args: readonly string[], stdin?: string | Uint8Array) =>
  runCli([decideCommand], ['decide', ...args], stdin === undefined ? {} : { stdin });

/** The smallest line: everything that has a default left out. */
const smallest = {
  id: 'small',
  situation: {
    config: {},
    features: {},
    specReplicas: 2,
    minReplicas: 1,
    maxReplicas: 10,
    metrics: [
      {
        type: 'External',
        name: 'queue',
        target: { type: 'AverageValue', averageValueMilli: 1000 },
        currentValuesMilli: [6000],
      },
    ],
  },
};
const line = (situation: object) =>
  `${JSON.stringify({ ...smallest, situation: { ...smallest.situation, ...situation } })}\n`;

describe('setpoint decide', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'setpoint-decide-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('answers each line in order, in the shape of expected with the id', async () => {
    const { exitCode, stdout, stderr } = await decide(['--situations', '-'], text);
    const answers = stdout
      .trim()
      .split('\n')
      .map((each) => JSON.parse(each) as Record<string, unknown>);
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(answers.map(({ id }) => id)).toEqual(lines.map(idOf));
    const expected = lines.map((each) => (JSON.parse(each) as { expected: object }).expected);
    expect(answers.map(({ id: _id, ...rest }) => rest)).toEqual(expected);
  });

  it('reads plain and gzip, from a file and from standard input, alike', async () => {
    const zipped = gzipSync(text);
    const [plainFile, zippedFile] = [join(folder, 'a.jsonl'), join(folder, 'anything')];
    writeFileSync(plainFile, text);
    writeFileSync(zippedFile, zipped);
    const outputs = await Promise.all([
      decide(['--situations', '-'], text),
      decide(['--situations', '-'], zipped),
      decide(['--situations', plainFile]),
      decide(['--situations', zippedFile]),
    ]);
    expect(new Set(outputs.map(({ stdout }) => stdout)).size).toBe(1);
    expect(outputs[0]?.stdout.split('\n')).toHaveLength(lines.length + 1);
  });

  it('explains in sentences', async () => {
    const { stdout } = await decide(['--situations', '-', '--explain'], line({}));
    expect(stdout.split('\n').slice(0, 6)).toEqual([
      'small',
      '  ns/hpa went from 2 to 4 replicas: queue 300% of target, limited by the scale-up rate (decided just now, at 2026-01-01T00:00:00Z).',
      '  queue asks for 6 replicas: 3 against a target of 1 (sample 0 s old), 3 times its target over 2 replicas.',
      '  The proposal, of queue, counts: 2 → 6.',
      '  The scale-up rate limits the change: 6 → 4 (from 2 at most 4 at once by the scale-up policies).',
      '  Result: from 2 replicas to 4 replicas.',
    ]);
  });

  it('takes a last line without an end, blank lines, and Windows line ends', async () => {
    const { exitCode, stdout } = await decide(['--situations', '-'], `\r\n${line({}).trim()}\r\n\n${line({}).trim()}`);
    expect([exitCode, stdout.trim().split('\n')]).toEqual([
      0,
      [expect.stringContaining('"replicas":4'), expect.any(String)],
    ]);
  });

  it('does not mind where on the line the expected answer stands', async () => {
    const first = `{"expected":{"replicas":1},"id":"first",${JSON.stringify({ situation: smallest.situation }).slice(1)}`;
    const between = `{"id":"between","expected":{"replicas":1},${JSON.stringify({ situation: smallest.situation }).slice(1)}`;
    const text = `{"id":",\\"expected\\":",${JSON.stringify({ situation: smallest.situation }).slice(1)}`;
    const { exitCode, stdout } = await decide(['--situations', '-'], [first, between, text].join('\n'));
    expect([exitCode, stdout.match(/"replicas":4,"rescaled":true/g)]).toEqual([
      0,
      expect.objectContaining({ length: 3 }),
    ]);
  });

  it.each([
    ['{"id": "x"', /line 1: .*JSON/],
    ['[]', /line 1: line is \[\], but must be an object/],
    ['{"id":"x"}', /line 1: situation is missing, but must be an object/],
    [line({ maxReplicas: 'many' }), /line 1: situation.maxReplicas is "many", but must be a whole number/],
    [
      line({ pods: [{ phase: 'Dancing' }] }),
      /line 1: situation.pods\[0\].phase is "Dancing", but must be one of Pending, /,
    ],
    [
      line({ pods: [{ phase: 'Running', requests: { cpu: '5 apples' } }] }),
      /line 1: situation.pods\[0\].requests.cpu is "5 apples", but must be a Kubernetes quantity/,
    ],
    [
      line({ metrics: [{ type: 'External', name: 'q', target: {}, currentValuesMilli: [1.5] }] }),
      /line 1: situation.metrics\[0\].currentValuesMilli\[0\] is 1.5, but must be a whole number of thousandths/,
    ],
    [
      line({ behavior: { scaleUp: { tolerance: 'wide' } } }),
      /situation.behavior.scaleUp.tolerance is "wide", but must be/,
    ],
  ])('tells where %s is wrong, answers the others, and exits with 2', async (bad, message) => {
    const { exitCode, stdout, stderr } = await decide(['--situations', '-'], `${bad.trim()}\n${line({})}`);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect([exitCode, stdout.trim().split('\n').length]).toEqual([2, 1]);
  });

  it.each([
    ['a file that is not there', join('nowhere', 'at-all'), undefined, /--situations: .*at-all cannot be read: ENOENT/],
    [
      'a gzip that ends too early',
      '-',
      gzipSync(text).subarray(0, 2000),
      /--situations: - cannot be read after line \d+: unexpected end of file/,
    ],
  ])('says so of %s, and exits with 1', async (_what, path, stdin, message) => {
    const { exitCode, stderr } = await decide(['--situations', path], stdin);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(1);
  });
});

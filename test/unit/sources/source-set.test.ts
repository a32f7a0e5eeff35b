import { mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { LogFields, Logger } from '../../../src/base/logger.ts';
import { loadSources, type SourceSet } from '../../../src/sources/source-set.ts';
import { WatchedFile } from '../../../src/sources/watched-file.ts';
import { FakeClock } from '../../support/fake-clock.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'setpoint-sources-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const at = (name: string) => join(directory, name);
function write(name: string, text: string): string {
  writeFileSync(at(name), text);
  return at(name);
}

function setUp() {
  const clock = new FakeClock();
  const lines: { level: string; message: string; fields: LogFields | undefined }[] = [];
  const log = (level: string) => (message: string, fields?: LogFields) => void lines.push({ level, message, fields });
  const logger: Logger = {
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    with: () => logger,
  };
  const removed: string[] = [];
  const observer = { sourceRequest: () => undefined, sourceRemoved: (source: string) => void removed.push(source) };
  return { clock, lines, removed, ports: { clock, random: () => 1, logger, observer } };
}

async function load(configFile: string | undefined, prometheusUrl?: string) {
  const context = setUp();
  const outcome = await loadSources({ configFile, prometheusUrl }, context.ports);
  return { ...context, outcome };
}

function sourcesOf(outcome: Awaited<ReturnType<typeof loadSources>>): SourceSet {
  if ('faults' in outcome) throw new Error(outcome.faults.join('\n'));
  return outcome.sources;
}

const one = (name: string, more = '') => `prometheus: [{name: ${name}, url: "http://prom"${more}}]`;

describe('loadSources', () => {
  test('nothing configured: no sources, no fault', async () => {
    const { outcome } = await load(undefined);
    expect(sourcesOf(outcome).names).toEqual([]);
    expect(await sourcesOf(outcome).find('default')).toBeUndefined();
  });

  test('--prometheus-url is the source default, beside those of the file', async () => {
    const { outcome } = await load(write('sources.yaml', one('mimir')), 'http://prom:9090');
    const sources = sourcesOf(outcome);
    expect(sources.names).toEqual(['default', 'mimir']);
    expect((await sources.find('default'))?.config.url).toBe('http://prom:9090');
    // B22: names are looked up, never followed.
    for (const name of ['../mimir', 'mimir/', '__proto__', 'constructor', ''])
      expect(await sources.find(name)).toBeUndefined();
  });

  test('--prometheus-url and a source named default in the file contradict each other', async () => {
    const { outcome } = await load(write('sources.yaml', one('default')), 'http://prom:9090');
    expect(outcome).toEqual({ faults: [expect.stringContaining('--prometheus-url defines too')] });
  });

  test('a bad --prometheus-url is a fault that does not repeat it', async () => {
    const { outcome } = await load(undefined, 'http://me:hunter2@prom');
    expect(outcome).toEqual({ faults: [expect.stringMatching(/^--prometheus-url holds credentials: (?!.*hunter2)/)] });
  });

  test('B69: a file that is missing, a directory, not UTF-8 or too long', async () => {
    const faults = async (path: string) => {
      const { outcome } = await load(path);
      return 'faults' in outcome ? outcome.faults : [];
    };
    expect(await faults(at('none.yaml'))).toEqual([
      expect.stringMatching(/^--config: .*none\.yaml cannot be read \(ENOENT\)/),
    ]);
    expect(await faults(directory)).toEqual([expect.stringContaining('is not a file')]);
    expect(await faults('/dev/zero')).toEqual([expect.stringContaining('is not a file')]);
    writeFileSync(at('latin1.yaml'), Buffer.from([0x61, 0xff, 0x62]));
    expect(await faults(at('latin1.yaml'))).toEqual([expect.stringContaining('latin1.yaml: is not UTF-8')]);
    writeFileSync(at('long.yaml'), Buffer.alloc(2_000_000, ' '));
    expect(await faults(at('long.yaml'))).toEqual([expect.stringContaining('at most 1048576 are read')]);
  });

  test('every file that a source names is read at once; what is wrong is said per source, without content', async () => {
    const config = `prometheus:
- {name: a, url: "https://prom", caFile: ${at('none.pem')}, bearerTokenFile: ${write('empty', '\n')}}
- {name: b, url: "https://prom", caFile: ${write('ca.pem', '-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----\n')}}
- {name: c, url: "https://prom", basicAuth: {username: x, passwordFile: ${write('two-lines', 'hunter2\nhunter3')}}}
`;
    const { outcome } = await load(write('sources.yaml', config));
    const faults = 'faults' in outcome ? outcome.faults : [];
    expect(faults).toEqual([
      expect.stringMatching(/^source a: .*none\.pem cannot be read \(ENOENT\)/),
      expect.stringMatching(/^source a: .*empty holds no token/),
      expect.stringMatching(/^source b: .*ca\.pem cannot be used/),
      expect.stringMatching(/^source c: .*two-lines holds no password/),
    ]);
    expect(faults.join('\n')).not.toContain('hunter');
  });
});

describe('the file changes', () => {
  test('new sources appear, old ones go, unchanged ones stay the same object', async () => {
    const { outcome, clock, lines, removed } = await load(write('sources.yaml', one('a')));
    const sources = sourcesOf(outcome);
    const before = await sources.find('a');
    write('sources.yaml', `prometheus: [{name: a, url: "http://prom"}, {name: b, url: "http://other"}]`);
    // Not looked at again within five seconds.
    await clock.advance(4999);
    expect(await sources.find('b')).toBeUndefined();
    await clock.advance(1);
    expect((await sources.find('b'))?.config.url).toBe('http://other');
    expect(await sources.find('a')).toBe(before);
    write('sources.yaml', one('a', ', timeout: 1s'));
    await clock.advance(5000);
    const after = await sources.find('a');
    expect(after).not.toBe(before);
    expect(after?.config.timeoutMs).toBe(1000);
    expect(sources.names).toEqual(['a']);
    expect(removed).toEqual(['prometheus/b']);
    expect(lines.map((line) => line.message)).toEqual(['sources file read again', 'sources file read again']);
  });

  test('B69: a file that breaks changes nothing and is complained of once; repaired, it counts again', async () => {
    const { outcome, clock, lines } = await load(write('sources.yaml', one('a')));
    const sources = sourcesOf(outcome);
    for (const text of ['', 'prometheus: [', one('A'), one('b', ', timeout: never')]) {
      write('sources.yaml', text);
      await clock.advance(5000);
      expect(await sources.find('a')).toBeDefined();
      await clock.advance(5000);
      expect(await sources.find('a')).toBeDefined();
    }
    expect(lines.map((line) => line.level)).toEqual(['warn', 'warn', 'warn', 'warn']);
    unlinkSync(at('sources.yaml'));
    for (let round = 0; round < 3; round++) {
      await clock.advance(5000);
      expect(await sources.find('a')).toBeDefined();
    }
    expect(lines).toHaveLength(5);
    write('sources.yaml', one('b'));
    await clock.advance(5000);
    expect(await sources.find('b')).toBeDefined();
    expect(await sources.find('a')).toBeUndefined();
  });

  test('a new file that names a file which is not there yet waits for it', async () => {
    const { outcome, clock, lines } = await load(write('sources.yaml', one('a')));
    const sources = sourcesOf(outcome);
    write('sources.yaml', one('b', `, bearerTokenFile: ${at('token')}`));
    await clock.advance(5000);
    expect(await sources.find('b')).toBeUndefined();
    expect(await sources.find('a')).toBeDefined();
    write('token', 'abc');
    await clock.advance(5000);
    expect(await sources.find('b')).toBeDefined();
    expect(lines.map((line) => line.level)).toEqual(['warn', 'info']);
  });

  test('many readers at once cause one look', async () => {
    const { outcome, clock, lines } = await load(write('sources.yaml', one('a')));
    const sources = sourcesOf(outcome);
    write('sources.yaml', one('b'));
    await clock.advance(5000);
    const found = await Promise.all(Array.from({ length: 50 }, () => sources.find('b')));
    expect(new Set(found).size).toBe(1);
    expect(found[0]).toBeDefined();
    expect(lines).toHaveLength(1);
  });
});

describe('WatchedFile', () => {
  test('follows the swap of a symbolic link, as kubelet changes a mounted Secret', async () => {
    const clock = new FakeClock();
    write('v1', 'old');
    write('v2', 'new');
    symlinkSync(at('v1'), at('token'));
    const file = new WatchedFile(at('token'), 100, clock);
    expect((await file.read()).bytes.toString()).toBe('old');
    symlinkSync(at('v2'), at('next'));
    renameSync(at('next'), at('token'));
    expect((await file.read()).bytes.toString()).toBe('old');
    expect((await file.refresh()).bytes.toString()).toBe('new');
    expect((await file.read()).version).toBe(2);
  });

  test('the same content written again is no new version', async () => {
    const clock = new FakeClock();
    const file = new WatchedFile(write('token', 'same'), 100, clock);
    await file.read();
    unlinkSync(at('token'));
    await expect(file.refresh()).rejects.toMatchObject({ code: 'InvalidOptions' });
    expect(file.last?.bytes.toString()).toBe('same');
    write('token', 'same');
    expect((await file.refresh()).version).toBe(1);
  });
});

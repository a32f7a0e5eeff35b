// What everybody who reads metrics may rely on, whatever the source: one suite for each implementation of MetricReader.
import { describe, expect, test } from 'vitest';
import { ABSENCE_REASONS } from '../../src/api/reasons.ts';
import type { Metric } from '../../src/api/spec.ts';
import type { AbsentReading, Reading } from '../../src/decide/types.ts';
import type { MetricReader, ReadContext } from '../../src/sources/source.ts';

export interface SourceUnderTest {
  readonly reader: MetricReader;
  /** Two metrics that are read by different requests. */
  readonly metric: Metric;
  readonly other: Metric;
  /** For the first and the second metric. */
  readonly namespaces: readonly [string, string];
  /** Pods for which there are samples, where the source has samples per pod. */
  readonly podNames: ReadonlySet<string>;
  /** Requests that reached the outside so far. */
  readonly requests: () => number;
  /** From now on the outside answers well, with an error, or not at all. */
  readonly behave: (how: 'well' | 'broken' | 'hanging') => void;
  readonly close: () => Promise<void>;
}

export const never = new AbortController().signal;

function check(reading: Reading): Reading {
  expect(Object.isFrozen(reading)).toBe(true);
  expect(['pods', 'value', 'absent']).toContain(reading.kind);
  return reading;
}

function checkAbsent(reading: Reading): AbsentReading {
  check(reading);
  expect(reading.kind).toBe('absent');
  const absent = reading as AbsentReading;
  expect(ABSENCE_REASONS).toContain(absent.reason);
  // Shown in conditions and events: one line of our own words.
  expect(absent.message).toMatch(/^[^\n\r\t]{1,160}$/);
  return absent;
}

/** @param open starts a fresh source with its outside; `timeoutMs` is about how long it lets a request take. */
export function describeMetricReader(name: string, timeoutMs: number, open: () => Promise<SourceUnderTest>): void {
  describe(`${name} keeps the contract of MetricReader`, () => {
    async function withSource(
      run: (source: SourceUnderTest, at: (tick: number, which?: 0 | 1) => ReadContext) => Promise<void>,
    ) {
      const source = await open();
      const start = Date.now();
      const at = (tick: number, which: 0 | 1 = 0): ReadContext => ({
        namespace: source.namespaces[which],
        name: 'web',
        podNames: source.podNames,
        selector: 'app=web',
        tickMs: start + tick * 15_000,
      });
      try {
        await run(source, at);
      } finally {
        await source.close();
      }
    }

    test('a good answer is a reading, frozen, never below zero', () =>
      withSource(async ({ reader, metric }, at) => {
        const reading = check(await reader.read(metric, at(0), never));
        const values =
          reading.kind === 'pods'
            ? [...reading.samples.values()].map((sample) => sample.valueMilli)
            : [reading.kind === 'value' ? reading.valueMilli : -1n];
        expect(values.length).toBeGreaterThan(0);
        expect(values.every((value) => value >= 0n)).toBe(true);
      }));

    test('many readers of one tick make one request, and one per tick', () =>
      withSource(async ({ reader, metric, requests }, at) => {
        for (let tick = 0; tick < 3; tick++) {
          await Promise.all(Array.from({ length: 50 }, () => reader.read(metric, at(tick), never)));
          await reader.read(metric, at(tick), never);
        }
        expect(requests()).toBe(3);
      }));

    test('what is different is asked for by itself', () =>
      withSource(async ({ reader, metric, other, requests }, at) => {
        await Promise.all([reader.read(metric, at(0), never), reader.read(other, at(0, 1), never)]);
        expect(requests()).toBe(2);
      }));

    test('the shared key is the same for what is shared and different for what is not', () =>
      withSource(async ({ reader, metric, other, namespaces: [first, second] }) => {
        expect(reader.sharedKey(metric, first)).toBe(reader.sharedKey(structuredClone(metric), first));
        expect(reader.sharedKey(metric, first)).not.toBe(reader.sharedKey(other, second));
      }));

    test('an error is an absence with a reason, asked for once per tick', () =>
      withSource(async ({ reader, metric, requests, behave }, at) => {
        behave('broken');
        const readings = await Promise.all(Array.from({ length: 50 }, () => reader.read(metric, at(0), never)));
        expect(readings.map((reading) => checkAbsent(reading).reason)).toEqual(
          Array.from({ length: 50 }, () => 'ErrorAnswer'),
        );
        expect(requests()).toBe(1);
      }));

    test('a source in an outage is left alone after a while', () =>
      withSource(async ({ reader, metric, requests, behave }, at) => {
        behave('broken');
        for (let tick = 0; tick < 20; tick++) checkAbsent(await reader.read(metric, at(tick), never));
        expect(requests()).toBeLessThan(20);
        expect(checkAbsent(await reader.read(metric, at(20), never)).reason).toBe('CircuitOpen');
      }));

    test('no answer is an absence at the deadline', () =>
      withSource(async ({ reader, metric, behave }, at) => {
        behave('hanging');
        const begun = performance.now();
        expect(checkAbsent(await reader.read(metric, at(0), never)).reason).toBe('Timeout');
        expect(performance.now() - begun).toBeLessThan(timeoutMs + 2000);
      }));

    test('a reader that is called off leaves at once, the others stay', () =>
      withSource(async ({ reader, metric, requests, behave }, at) => {
        behave('hanging');
        const leaving = new AbortController();
        const gone = reader.read(metric, at(0), leaving.signal);
        const stays = reader.read(metric, at(0), never);
        const begun = performance.now();
        leaving.abort(new Error('shutdown'));
        expect(await Promise.race([gone.then(() => 'gone'), stays.then(() => 'stays')])).toBe('gone');
        checkAbsent(await gone);
        checkAbsent(await stays);
        expect(performance.now() - begun).toBeGreaterThan(timeoutMs / 2);
        expect(requests()).toBe(1);
        checkAbsent(await reader.read(metric, at(1), AbortSignal.abort()));
      }));

    test('after a failure the next tick asks again', () =>
      withSource(async ({ reader, metric, behave }, at) => {
        behave('broken');
        checkAbsent(await reader.read(metric, at(0), never));
        behave('well');
        expect(check(await reader.read(metric, at(1), never)).kind).not.toBe('absent');
      }));
  });
}

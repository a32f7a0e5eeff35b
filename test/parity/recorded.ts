// Recorded situations with the answers of the real HPA, as a file holds them.
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { asRecord, own, ownText } from '../../src/api/json-input.ts';
import { messageOf } from '../../src/base/errors.ts';

export interface RecordedLine {
  /** As it stands in the file. */
  readonly line: string;
  readonly id: string;
  readonly overflow: unknown;
  readonly expected: unknown;
}

/** What is wrong with the file, in one line. */
export class CannotRead extends Error {
  override readonly name = 'CannotRead';
}

/** All lines of a file, plain or gzip. @throws CannotRead for a file that cannot be read, has no line, or one without an answer. */
export function readRecorded(file: string): RecordedLine[] {
  const recorded = textOf(file)
    .split('\n')
    .flatMap((line, index) => (line === '' ? [] : [recordedLine(line, `${file}, line ${index + 1}`)]));
  if (recorded.length === 0) throw new CannotRead(`${file} holds no situation: give recorded ones with their answers`);
  return recorded;
}

function textOf(file: string): string {
  try {
    const bytes = readFileSync(file);
    return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8');
  } catch (error) {
    throw new CannotRead(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function recordedLine(line: string, place: string): RecordedLine {
  const parsed = asRecord(parsedJson(line, place));
  const id = ownText(parsed, 'id');
  const expected = own(parsed, 'expected');
  if (id === undefined || expected === undefined || own(parsed, 'situation') === undefined) {
    throw new CannotRead(`${place}: no situation with its answer: it needs id, situation and expected`);
  }
  return { line, id, overflow: own(parsed, 'overflow'), expected };
}

function parsedJson(line: string, place: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    throw new CannotRead(`${place}: no JSON: ${messageOf(error)}`, { cause: error });
  }
}

// Turns what the schema finds wrong into one line per fault that names the field, the value seen and the remedy.
import type * as z from 'zod';
import type { SpecFault } from './spec.ts';

/** More faults than this help nobody, and a status has bounds. */
const MAX_FAULTS = 20;
const MAX_SHOWN = 60;

const WANTED: Readonly<Record<string, string>> = {
  object: 'an object',
  array: 'a list',
  string: 'a text (in quotes)',
  int: 'a whole number',
  number: 'a whole number',
  boolean: 'true or false',
  record: 'an object',
};

/** The remedy for an issue whose schema gives none of its own. For zod's `error` parameter. */
export function remedyOf(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') return `must be ${WANTED[issue.expected] ?? issue.expected}`;
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`;
  if (issue.code === 'too_small') return tooSmall(issue.origin, String(issue.minimum));
  return issue.code === 'too_big' ? tooBig(issue.origin, String(issue.maximum)) : undefined;
}

function tooSmall(origin: string, limit: string): string {
  if (origin === 'string') return limit === '1' ? 'must not be empty' : `must have at least ${limit} characters`;
  return origin === 'array' ? `must hold at least ${limit} entries` : `must be ${limit} or more`;
}

function tooBig(origin: string, limit: string): string {
  if (origin === 'string') return `must have at most ${limit} characters`;
  return origin === 'array' ? `must hold at most ${limit} entries` : `must be ${limit} or less`;
}

/** `locate` gives the place of an issue in the object as the user wrote it. */
export function faultsOf(
  issues: readonly z.core.$ZodIssue[],
  locate: (path: readonly PropertyKey[]) => readonly PropertyKey[],
): SpecFault[] {
  const faults = new Map<string, SpecFault>();
  for (const issue of issues.slice(0, MAX_FAULTS)) {
    const field = fieldPath(locate(issue.path));
    const message = lineOf(issue, field);
    faults.set(message, { field, message });
  }
  return [...faults.values()];
}

function lineOf(issue: z.core.$ZodIssue, field: string): string {
  if (issue.code === 'custom') return `${field}: ${issue.message}`;
  if (issue.input === undefined) return `${field} is missing: it ${issue.message}`;
  return `${field}: ${show(issue.input)} ${issue.message}`;
}

function fieldPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((sum, key) => {
    if (typeof key === 'number') return `${sum}[${key}]`;
    return sum === '' ? String(key) : `${sum}.${String(key)}`;
  }, '');
}

/** A value as short JSON. */
function show(value: unknown): string {
  const full = typeof value === 'object' && value !== null ? shapeOf(value) : (JSON.stringify(value) ?? typeof value);
  return full.length > MAX_SHOWN ? `${full.slice(0, MAX_SHOWN)}...` : full;
}

/** Objects are not printed: they may be large, deep and anything. */
function shapeOf(value: object): string {
  return Array.isArray(value) ? `a list of ${value.length}` : 'an object';
}

// The JSONPath of printer columns: fields, quoted fields, indexes, [*], and filters such as [?(@.type=="Ready")].

import { isObject } from '../json-values.ts';

type Step =
  | { kind: 'field'; name: string }
  | { kind: 'index'; index: number }
  | { kind: 'all' }
  | { kind: 'filter'; path: Step[]; operator: string; value: unknown };

const parsed = new Map<string, Step[] | undefined>();

/** All values at the path; none when it leads nowhere or cannot be read. */
export function findAll(value: unknown, path: string): unknown[] {
  if (!parsed.has(path)) parsed.set(path, parsePath(path));
  const steps = parsed.get(path);
  return steps === undefined ? [] : follow([value], steps);
}

function follow(values: unknown[], steps: readonly Step[]): unknown[] {
  let current = values;
  for (const step of steps) current = current.flatMap((value) => take(value, step));
  return current;
}

function take(value: unknown, step: Step): unknown[] {
  switch (step.kind) {
    case 'field':
      return isObject(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [];
    case 'index':
      return Array.isArray(value) ? (value as unknown[]).slice(step.index).slice(0, 1) : [];
    case 'all':
      return Array.isArray(value) ? (value as unknown[]) : isObject(value) ? Object.values(value) : [];
    case 'filter':
    default:
      return Array.isArray(value) ? (value as unknown[]).filter((item) => passes(item, step)) : [];
  }
}

function passes(item: unknown, filter: Extract<Step, { kind: 'filter' }>): boolean {
  const found = follow([item], filter.path);
  if (filter.operator === '') return found.length > 0;
  const value = found[0];
  switch (filter.operator) {
    case '==':
      return found.length > 0 && value === filter.value;
    case '!=':
      return value !== filter.value;
    case '<':
      return Number(value) < Number(filter.value);
    case '<=':
      return Number(value) <= Number(filter.value);
    case '>':
      return Number(value) > Number(filter.value);
    default:
      return Number(value) >= Number(filter.value);
  }
}

function parsePath(path: string): Step[] | undefined {
  let rest = path
    .trim()
    .replace(/^\{(.*)\}$/, '$1')
    .replace(/^[$@]/, '');
  if (rest !== '' && !/^[.[]/.test(rest)) rest = `.${rest}`;
  const steps: Step[] = [];
  while (rest !== '') {
    const next = parseStep(rest);
    if (next === undefined) return undefined;
    steps.push(next.step);
    rest = rest.slice(next.length);
  }
  return steps;
}

function parseStep(text: string): { step: Step; length: number } | undefined {
  const field = /^\.((?:\\.|[^.[\]\\])+)/.exec(text);
  if (field !== null) {
    const name = (field[1] ?? '').replace(/\\(.)/g, '$1');
    return { step: name === '*' ? { kind: 'all' } : { kind: 'field', name }, length: field[0].length };
  }
  const all = /^\.?\[\*\]/.exec(text);
  if (all !== null) return { step: { kind: 'all' }, length: all[0].length };
  const index = /^\[(\d+)\]/.exec(text);
  if (index !== null) return { step: { kind: 'index', index: Number(index[1]) }, length: index[0].length };
  const quoted = /^\[(?:'([^']*)'|"([^"]*)")\]/.exec(text);
  if (quoted !== null) return { step: { kind: 'field', name: quoted[1] ?? quoted[2] ?? '' }, length: quoted[0].length };
  return parseFilter(text);
}

function parseFilter(text: string): { step: Step; length: number } | undefined {
  const filter = /^\[\?\(\s*@((?:\\.|[^=!<>()\s])*)\s*(?:(==|!=|<=|>=|<|>)\s*("[^"]*"|'[^']*'|[^()\s]+)\s*)?\)\]/.exec(
    text,
  );
  if (filter === null) return undefined;
  const path = parsePath(filter[1] ?? '');
  if (path === undefined) return undefined;
  return {
    step: { kind: 'filter', path, operator: filter[2] ?? '', value: literal(filter[3] ?? '') },
    length: filter[0].length,
  };
}

function literal(text: string): unknown {
  if (/^["']/.test(text)) return text.slice(1, -1);
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  return text === '' || Number.isNaN(number) ? text : number;
}

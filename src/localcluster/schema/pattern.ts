// Regular expressions from outside. The real server uses RE2, which cannot run away; JavaScript's can, so what could is refused.

const compiled = new Map<string, RegExp | string>();
const maxPatternLength = 2_000;
const maxInputLength = 65_536;

/** Whether the text matches. Throws an Error that names the pattern when it is not usable. */
export function matchesPattern(pattern: string, text: string): boolean {
  let known = compiled.get(pattern);
  if (known === undefined) {
    known = compile(pattern);
    compiled.set(pattern, known);
  }
  if (typeof known === 'string') throw new Error(`pattern ${JSON.stringify(pattern)} ${known}`);
  if (text.length > maxInputLength) throw new Error(`text of ${text.length} characters is too long to match a pattern`);
  return known.test(text);
}

function compile(pattern: string): RegExp | string {
  if (pattern.length > maxPatternLength) return `is longer than ${maxPatternLength} characters`;
  if (hasNestedRepetition(pattern)) return 'repeats a group that itself repeats without bound, which can take for ever';
  const flags = /^\(\?([ims]+)\)/.exec(pattern);
  const source = flags === null ? pattern : pattern.slice(flags[0].length);
  try {
    return new RegExp(source, `${flags?.[1] ?? ''}u`);
  } catch {
    // Escapes that Unicode mode refuses, such as \_ or \-, are fine in RE2.
    return compileLoosely(source, flags?.[1] ?? '');
  }
}

function compileLoosely(source: string, flags: string): RegExp | string {
  try {
    return new RegExp(source, flags);
  } catch (error) {
    return `is not a regular expression: ${(error as Error).message}`;
  }
}

/**
 * True for shapes like `(a+)+` and `(a|b*)*x`, where backtracking is exponential. A group that repeats is let through when its
 * rounds are separated by a literal that the rest of it cannot match, as in `^[a-z]+(\.[a-z]+)*$`.
 */
function hasNestedRepetition(pattern: string): boolean {
  const open: number[] = [];
  for (let index = 0; index < pattern.length; index += 1) {
    const char = pattern[index];
    if (char === '\\') index += 1;
    else if (char === '[') index = endOfClass(pattern, index);
    else if (char === '(') open.push(index);
    else if (char === ')') {
      const start = open.pop() ?? 0;
      const body = pattern.slice(start + 1, index).replace(/^\?(?::|P?<\w+>)/, '');
      if (isUnboundedAt(pattern, index + 1) && repeatsWithin(body) && !isSeparated(body)) return true;
    }
  }
  return false;
}

function isUnboundedAt(pattern: string, index: number): boolean {
  return /^(?:[+*]|\{\d*,\d{3,}\}|\{\d+,\})/.test(pattern.slice(index, index + 12));
}

function repeatsWithin(body: string): boolean {
  return /[+*]|\{\d*,\d*\}/.test(withoutClasses(body));
}

/** A literal at the start or end of each round that occurs nowhere else in it: there is only one way to divide the text. */
function isSeparated(body: string): boolean {
  if (withoutClasses(body).includes('|')) return false;
  const start = /^(?:\\([./_:,\\-])|([-/_:, ]))/.exec(body);
  const end = /(?:\\([./_:,\\-])|([/_:, ]))$/.exec(body);
  return [start, end].some((separator) => {
    if (separator === null) return false;
    const char = separator[1] ?? separator[2] ?? '';
    const rest = separator.index === 0 ? body.slice(separator[0].length) : body.slice(0, separator.index);
    return !rest.includes(char);
  });
}

function withoutClasses(text: string): string {
  let result = '';
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '\\') index += 1;
    else if (text[index] === '[') index = endOfClass(text, index);
    else result += text[index];
  }
  return result;
}

function endOfClass(pattern: string, start: number): number {
  let index = start + 1;
  if (pattern[index] === '^') index += 1;
  if (pattern[index] === ']') index += 1;
  while (index < pattern.length && pattern[index] !== ']') index += pattern[index] === '\\' ? 2 : 1;
  return index;
}

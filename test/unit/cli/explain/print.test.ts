// What is printed commands no terminal, whoever wrote it.
import { expect, it } from 'vitest';
import { harmless } from '../../../../src/cli/explain/print.ts';

it.each([
  ['plain, with 4 → 6 and\nlines', 'plain, with 4 → 6 and\nlines'],
  ['\u001B[2J\u001B]0;title\u0007', '\u{FFFD}[2J\u{FFFD}]0;title\u{FFFD}'],
  ['back\b\rand \u009B31m', 'back\u{FFFD}\u{FFFD}and \u{FFFD}31m'],
  ['web\u202Ebew', 'web\u{FFFD}bew'],
])('%j', (text, printed) => {
  expect(harmless(text)).toBe(printed);
});

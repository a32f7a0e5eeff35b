import { expect, it } from 'vitest';
import { isOpenToAll } from '../../src/page.ts';

it.each([
  ['127.0.0.1', 'none', false],
  ['127.0.0.53', 'none', false],
  ['localhost', 'none', false],
  ['::1', 'none', false],
  ['LOCALHOST', 'none', false],
  ['0:0:0:0:0:0:0:1', 'none', false],
  ['::ffff:127.0.0.1', 'none', false],
  ['::ffff:10.1.2.7', 'none', true],
  ['setpoint.example', 'none', true],
  ['0.0.0.0', 'none', true],
  ['::', 'none', true],
  ['10.1.2.7', 'none', true],
  ['0.0.0.0', 'kubernetes', false],
] as const)('a page on %s with --page-auth=%s is open to all: %s', (bindAddress, auth, isOpen) => {
  expect(isOpenToAll({ bindAddress, auth })).toBe(isOpen);
});

import { expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import type { CycleObserver } from '../../../src/record/cycle-report.ts';
import { fanOut } from '../../../src/record/fan-out.ts';
import { reportOf, targetNamed } from '../../support/cycle-reports.ts';

it('an observer that throws is logged, and the others hear all the same', () => {
  const heard: string[] = [];
  const bad: CycleObserver = {
    concluded() {
      throw new Error('bug');
    },
    forgotten() {
      throw new Error('bug');
    },
  };
  const good: CycleObserver = {
    concluded: ({ cycle }) => heard.push(cycle),
    ended: (durationMs) => heard.push(`over after ${durationMs} ms`),
    forgotten: (namespace, name) => heard.push(`${namespace}/${name} gone`),
  };
  const lines: unknown[] = [];
  const logger = { ...silentLogger, error: (message: string, fields?: object) => lines.push({ message, ...fields }) };
  const all = fanOut([bad, good], logger);
  all.concluded(reportOf(targetNamed('web'), { cycle: '1-7' }));
  all.ended?.(40);
  all.forgotten('shop', 'web');
  expect(heard).toEqual(['1-7', 'over after 40 ms', 'shop/web gone']);
  const message = 'an observer of cycles threw';
  expect(lines).toEqual([
    { message, namespace: 'shop', name: 'web', cycle: '1-7', error: 'bug' },
    { message, namespace: 'shop', name: 'web', error: 'bug' },
  ]);
});

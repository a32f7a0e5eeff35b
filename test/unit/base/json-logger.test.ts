import { describe, expect, it } from 'vitest';
import { createJsonLogger } from '../../../src/base/json-logger.ts';

function capture(level: 'debug' | 'info') {
  const lines: string[] = [];
  return { logger: createJsonLogger(level, { write: (line: string) => void lines.push(line) }), lines };
}

describe('JSON logs', () => {
  it('are one object a line, with level, time, message and fields', () => {
    const { logger, lines } = capture('info');
    logger.with({ target: 'shop/web' }).info('rescaled', { from: 2, to: 4 });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 'info',
      msg: 'rescaled',
      target: 'shop/web',
      from: 2,
      to: 4,
    });
    expect(JSON.parse(lines[0] ?? '').time).toMatch(/^\d{4}-.*Z$/);
  });

  it('leave out what is below the level', () => {
    const { logger, lines } = capture('info');
    logger.debug('nothing changed');
    expect(lines).toEqual([]);
  });

  it('keep an error with its code and causes, without its stack', () => {
    const { logger, lines } = capture('info');
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    logger.error('list failed', { error: new Error('no connection', { cause }) });
    expect(JSON.parse(lines[0] ?? '').error).toEqual({
      message: 'no connection',
      cause: { message: 'refused', code: 'ECONNREFUSED' },
    });
  });

  it('never hold a line break or an escape that a name brought in, nor a text without end', () => {
    const { logger, lines } = capture('info');
    logger.info('odd name', { name: 'a\nb\u001b[31m', long: 'x'.repeat(5000) });
    expect(lines).toHaveLength(1);
    const text = lines[0]?.slice(0, -1) ?? '';
    expect(text.includes('\n') || text.includes('\u001b')).toBe(false);
    expect(lines[0]?.length).toBeLessThan(1300);
  });
});

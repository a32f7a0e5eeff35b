// The decision, and the whole cycle around it, against answers of the real HPA controller. See test/fixtures/hpa.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { compareLine } from '../../support/situation-agreement.ts';

const FOLDER = join(import.meta.dirname, '../../fixtures/hpa');
const lines = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.jsonl.gz'))
  .flatMap((name) =>
    gunzipSync(readFileSync(join(FOLDER, name)))
      .toString('utf8')
      .split('\n'),
  )
  .filter((line) => line !== '');
const PROFILES = ['basic', 'pods', 'behavior', 'multi', 'zero', 'extreme'];

describe('situations with the answers of the real HPA', () => {
  it('there are hundreds, and every one has a profile', () => {
    expect(lines.length).toBeGreaterThan(400);
    expect(new Set(lines.map((line) => (JSON.parse(line) as { profile: string }).profile))).toEqual(new Set(PROFILES));
  });

  it.each(PROFILES)(
    '%s: every line agrees in size, conditions, events, history, status and errors',
    async (profile) => {
      const own = lines.filter((line) => line.includes(`"profile":"${profile}"`));
      const agreements = await Promise.all(own.map(compareLine));
      expect(agreements.length).toBeGreaterThan(20);
      expect(agreements.every(({ counts }) => counts)).toBe(true);
      expect(agreements.filter(({ wrong, alsoWrong }) => wrong.length + alsoWrong.length > 0)).toEqual([]);
    },
  );
});

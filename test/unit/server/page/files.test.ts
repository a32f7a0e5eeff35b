// The files that the build makes of the page: how much a browser loads, and nothing that a strict policy forbids.
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { buildPage } from '../../../../scripts/page.ts';

const MOST_BYTES = 150_000;
/** What it weighs, and room for a feature: more should be noticed. */
const EXPECTED_BYTES = 60_000;

describe('the built page', async () => {
  const files = await buildPage();
  const [index] = files;
  const html = new TextDecoder().decode(index?.contents);

  it('is light', () => {
    const weights = files.map(({ name, contents }) => `${name} ${gzipSync(contents).length}`);
    const bytes = files.reduce((sum, { contents }) => sum + gzipSync(contents).length, 0);
    expect(bytes, weights.join('\n')).toBeLessThan(EXPECTED_BYTES);
    expect(EXPECTED_BYTES).toBeLessThan(MOST_BYTES);
  });

  it('names every file by a hash of what is in it, and loads nothing from elsewhere', () => {
    const named = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, name = '']) => name);
    expect(new Set(named)).toEqual(new Set(files.slice(1).map(({ name }) => name)));
    for (const name of named) expect(name).toMatch(/^[a-z]+-[A-Z0-9]{8}\.(js|css|svg)$/);
  });

  it('has no inline script, style or handler', () => {
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|<script>|<script(?![^>]*\ssrc=)/i);
  });
});

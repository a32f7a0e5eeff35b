// The overview in a real browser, against a live cluster: what it shows, finds and sorts, by mouse and by keyboard.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { COLUMNS } from '../../../src/server/page/route.ts';
import { delayOfFirstChange, watchWhy } from './delay.ts';
import { type PageStage, pageStage } from './stage.ts';
import { type Visit, visit } from './visit.ts';

let stage: PageStage;
const visits: Visit[] = [];

beforeAll(async () => {
  stage = await pageStage();
  stage.addTarget('web', { milli: 55 });
  stage.addTarget('calm', { milli: 58, replicas: 4 });
  stage.addTarget('full', { milli: 200, replicas: 3, spec: { maxReplicas: 3 } });
  stage.addTarget('blind', { milli: 'none' });
  await stage.start();
});
afterAll(async () => {
  await stage.close();
});

async function open(hash = '', options: Parameters<typeof visit>[2] = {}): Promise<Visit> {
  const visited = await visit(stage.browser, stage.url + hash, options);
  visits.push(visited);
  await visited.page.locator('[data-key="shop/web"]').waitFor();
  return visited;
}

/** Names in the order they are shown. */
const names = (page: Page): Promise<string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll('.rows .row')]
      .toSorted((a, b) => Number(a.ariaRowIndex) - Number(b.ariaRowIndex))
      .map((row) => row.querySelector('.name')?.textContent ?? ''),
  );

describe('the overview', () => {
  it('shows every target with its size, load and why, those with an alarm first', async () => {
    const { page, complaints, close } = await open();
    await expect.poll(() => names(page), { timeout: 20_000 }).toEqual(['blind', 'full', 'calm', 'web']);
    const full = page.locator('[data-key="shop/full"]');
    await expect.poll(() => full.locator('.why').textContent()).toContain('cpu 333% of target');
    expect((await full.locator('.load').textContent())?.trim()).toBe('333%');
    expect(await full.locator('.sizes b').textContent()).toMatch(/^\s*3$/);
    expect(await full.locator('.alarm').textContent()).toContain('At max');
    const blind = page.locator('[data-key="shop/blind"]');
    expect((await blind.locator('.load').textContent())?.trim(), 'missing data is not zero').toBe('–');
    expect(await page.locator('.counts').textContent()).toBe('4 targets · 2 alarms');
    expect(await page.locator('.source').textContent()).toBe('leader');
    expect(await page.locator('.connection').textContent()).toBe('live');
    await close();
    expect(complaints()).toEqual([]);
  });

  it('sorts by every column, either way, and the address keeps it', async () => {
    const { page, close } = await open();
    for (const column of COLUMNS) {
      const head = page.locator(`.heads .${column}`);
      await head.locator('button').click();
      await expect.poll(() => head.getAttribute('aria-sort')).toBe(column === 'alarms' ? 'descending' : 'ascending');
      expect((await names(page)).toSorted()).toEqual(['blind', 'calm', 'full', 'web']);
    }
    await page.locator('.heads .target button').click();
    await expect.poll(() => names(page)).toEqual(['blind', 'calm', 'full', 'web']);
    await page.locator('.heads .target button').click();
    await expect.poll(() => names(page)).toEqual(['web', 'full', 'calm', 'blind']);
    expect(page.url()).toContain('#/?sort=target&desc=1');
    await page.reload();
    await expect.poll(() => names(page)).toEqual(['web', 'full', 'calm', 'blind']);
    await close();
  });

  it.each([
    ['namespace and name', 'shop/calm', 'calm'],
    ['workload', 'deployment/web', 'web'],
    ['why', '333%', 'full'],
  ])('finds by %s', async (_what, query, found) => {
    const { page, close } = await open();
    await page.locator('input[type=search]').fill(query);
    await expect.poll(() => names(page)).toEqual([found]);
    await page.reload();
    await expect.poll(() => names(page)).toEqual([found]);
    expect(await page.locator('input[type=search]').inputValue()).toBe(query);
    await close();
  });

  it('says that nothing is found, and shows all again', async () => {
    const { page, close } = await open();
    await page.locator('input[type=search]').fill('<b>nowhere</b>');
    await expect.poll(() => page.locator('.notice').textContent()).toContain('No target matches <b>nowhere</b>');
    await page.getByRole('button', { name: 'Show all 4' }).click();
    await expect.poll(() => names(page)).toHaveLength(4);
    await close();
  });

  it('is walked through by keyboard: search, select, open, back to where one was', async () => {
    const { page, close } = await open('#/?sort=target');
    await page.keyboard.press('/');
    await page.keyboard.type('shop');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('search');
    await page.keyboard.press('Escape');
    const selected = () => page.locator('.row.selected .name').textContent();
    for (const [key, name] of [
      ['j', 'blind'],
      ['ArrowDown', 'calm'],
      ['j', 'full'],
      ['k', 'calm'],
      ['ArrowUp', 'blind'],
      ['End', 'web'],
      ['Home', 'blind'],
      ['ArrowDown', 'calm'],
    ] as const) {
      await page.keyboard.press(key);
      expect(await selected(), key).toBe(name);
    }
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('h1').textContent()).toBe('shop/calm');
    await page.keyboard.press('Escape');
    await page.locator('.list').waitFor();
    expect(page.url()).toContain('#/?q=shop&sort=target');
    expect(await selected()).toBe('calm');
    await page.keyboard.press('Escape');
    expect(page.url()).toContain('#/?sort=target');
    // By the tab key, too: search, heads, list; each shows that it has the focus.
    for (let count = 0; count < 14; count++) {
      await page.keyboard.press('Tab');
      const outline = await page.evaluate(() => {
        const element = document.activeElement;
        return element === null || element === document.body ? 'none' : getComputedStyle(element).outlineStyle;
      });
      if (outline === 'none') continue;
      expect(outline).toBe('solid');
    }
    await close();
  });

  it('a decision is visible within a second', async () => {
    const { page, close } = await open();
    await watchWhy(page, 'shop/web');
    stage.use('web', 180);
    const tookMs = await delayOfFirstChange(page, stage.url, 'shop/web', 20_000);
    process.stderr.write(`a decision is visible after ${tookMs} ms\n`);
    expect(tookMs).toBeLessThan(1000);
    await close();
  });

  it('a target that comes is listed, one that goes is not', async () => {
    const { page, close } = await open();
    stage.addTarget('new', { milli: 60 });
    await page.locator('[data-key="shop/new"]').waitFor();
    stage.cluster.store.delete('scaledtargets.setpoint.dev', 'shop', 'new');
    await expect.poll(() => page.locator('[data-key="shop/new"]').count()).toBe(0);
    await close();
  });
});

describe.each(['light', 'dark'] as const)('the overview in the %s theme', (theme) => {
  it.each([1280, 400])('%d pixels wide has no barrier, no shift, nothing beside the screen', async (width) => {
    const { page, barriers, shifts, complaints, close } = await open('', { theme, width });
    await page.waitForTimeout(2_500);
    expect(await barriers()).toEqual([]);
    expect(await shifts()).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    expect(await page.evaluate(() => document.querySelector('.list')?.scrollWidth)).toBeLessThanOrEqual(width);
    await close();
    expect(complaints()).toEqual([]);
  });

  it('is kept when it is chosen, against the system', async () => {
    const { page, close } = await open('', { theme });
    const back = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const before = await back();
    const other = theme === 'light' ? 'dark' : 'light';
    while ((await page.locator('.theme').textContent()) !== `Theme: ${other}`) await page.locator('.theme').click();
    expect(await back()).not.toBe(before);
    await page.reload();
    expect(await page.locator('.theme').textContent()).toBe(`Theme: ${other}`);
    expect(await back()).not.toBe(before);
    await close();
  });
});

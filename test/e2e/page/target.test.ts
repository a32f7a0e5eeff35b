// The page of one target in a real browser, against a live cluster: its charts, its changes with their steps, and what is hostile.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../support/process-cluster.ts';
import { type PageStage, pageStage } from './stage.ts';
import { type Visit, visit } from './visit.ts';

const TARGETS = 'scaledtargets.setpoint.dev';
const LONG = `${'a'.repeat(61)}.${'b'.repeat(61)}.${'c'.repeat(61)}.${'d'.repeat(67 - 6)}.${'e'.repeat(5)}`;
/** What an API server takes as the name of a workload and of a metric, and a page must not take as markup. */
const MARKUP = '<img src=x onerror=document.hit=1><script>document.hit=1<script>';
const TURNED = 'abc\u202Edef\u2066';

let stage: PageStage;

beforeAll(async () => {
  stage = await pageStage();
  stage.addTarget('web', { milli: 50 });
  const { store } = stage.cluster;
  const spec = {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: MARKUP },
    maxReplicas: 3,
    syncPeriodSeconds: 1,
    metrics: [
      { type: 'External', external: { metric: { name: MARKUP }, target: { type: 'Value', value: '1' } } },
      { type: 'External', external: { metric: { name: TURNED }, target: { type: 'Value', value: '1' } } },
    ],
  };
  stage.addTarget('hostile', { spec: { metrics: spec.metrics } });
  const metadata = { name: LONG, namespace: 'shop', annotations: { note: `${MARKUP} ${TURNED}` } };
  store.create(TARGETS, { apiVersion: 'setpoint.dev/v1alpha1', kind: 'ScaledTarget', metadata, spec });
  await stage.start();
  // Twice larger and once smaller.
  stage.use('web', 150);
  await until(() => (stage.size('web') ?? 0) >= 5, 'it grows', 20_000);
  stage.use('web', 20);
  await until(() => (stage.size('web') ?? 9) <= 3, 'it shrinks', 40_000);
});
afterAll(() => stage.close());

async function open(name = 'web', options: Parameters<typeof visit>[2] = {}): Promise<Visit> {
  const visited = await visit(stage.browser, `${stage.url}#/targets/shop/${name}`, options);
  await visited.page.locator('.facts').waitFor();
  return visited;
}

describe('one target', () => {
  it('shows its sizes, its charts and why, in sentences', async () => {
    const { page, complaints, close } = await open();
    await page.locator('.plot canvas').nth(2).waitFor();
    expect(await page.locator('.facts').textContent()).toMatch(
      /Current\d+Desired\d+Metrics ask for\d+Ready\d+Bounds1 … 20/,
    );
    const labels = await page.locator('.plot').evaluateAll((plots) => plots.map((plot) => plot.ariaLabel ?? ''));
    expect(labels[0]).toMatch(/^Load in percent of the target over time\. Last: cpu \d+%\.$/);
    expect(labels[1]).toMatch(
      /^Sizes over time, with \d+ changes?\. Last: current \d+, desired \d+, between 1 and 20\./,
    );
    expect(labels[2]).toMatch(/^The metric cpu against its target over time\. Last: \d+% against 60%\.$/);
    expect(await page.locator('.sentences li').allTextContents()).toEqual(
      expect.arrayContaining([expect.stringContaining('cpu asks for')]),
    );
    expect(await page.locator('.conditions').textContent()).toContain('AbleToScale');
    await close();
    expect(complaints()).toEqual([]);
  });

  it('draws lines: the canvas of each chart has the colours of its lines', async () => {
    const { page, close } = await open();
    await page.locator('.plot canvas').nth(2).waitFor();
    // A list for each chart, of how often the canvas has the colour of each of its lines.
    const colours = (): Promise<number[][]> =>
      page.evaluate(() => {
        const near = (a: number[], b: number[]): boolean =>
          a.every((part, index) => Math.abs(part - (b[index] ?? 0)) < 12);
        return [...document.querySelectorAll<HTMLCanvasElement>('.plot canvas')].map((canvas) => {
          const { data } = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
          const legend = [...(canvas.closest('figure')?.querySelectorAll<SVGPathElement>('.legend path') ?? [])];
          return legend.map((path) => {
            const colour = (getComputedStyle(path).stroke.match(/\d+/g) ?? []).slice(0, 3).map(Number);
            let count = 0;
            for (let at = 0; at < data.length; at += 4)
              if (near([data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0], colour)) count++;
            return count;
          });
        });
      });
    const fewest = async () => (await colours()).map((counts) => Math.min(...counts) > 20);
    await expect.poll(fewest).toEqual([true, true, true]);
    await close();
  });

  it('a change leads to its steps: from the list, by keyboard, from the chart, and by its address', async () => {
    const { page, close } = await open();
    const changes = page.locator('.changes li button');
    await expect.poll(() => changes.count()).toBeGreaterThan(2);
    const [, newest = ''] = await changes.locator('b').allTextContents();
    await changes.nth(1).click();
    expect(await page.locator('.story h2').textContent()).toBe('Why, then');
    expect(await page.locator('.story caption').last().textContent()).toContain(`Step by step: ${newest}`);
    expect(page.url()).toContain('?at=');
    await page.keyboard.press('ArrowDown');
    const second = (await changes.nth(2).locator('b').textContent()) ?? '';
    await expect.poll(() => page.locator('.story caption').last().textContent()).toContain(`Step by step: ${second}`);
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-current'))).toBe('true');
    await page.reload();
    await expect.poll(() => page.locator('.story caption').last().textContent()).toContain(`Step by step: ${second}`);
    await page.getByRole('button', { name: 'Show the last decision' }).click();
    expect(await page.locator('.story h2').textContent()).toBe('Why, now');
    // Every place of the chart that can be clicked, until one picks a change.
    const over = page.locator('.u-over').nth(1);
    const { width = 0 } = (await over.boundingBox()) ?? {};
    for (let x = 3; x < width && !page.url().includes('?at='); x += 12) await over.click({ position: { x, y: 60 } });
    expect(page.url()).toContain('?at=');
    expect(await page.locator('.story h2').textContent()).toBe('Why, then');
    await close();
  });

  it('shows and copies its YAML', async () => {
    const { page, close } = await open();
    await page.locator('.yaml summary').click();
    await expect.poll(() => page.locator('.yaml pre').textContent()).toContain('kind: ScaledTarget');
    await page.getByRole('button', { name: 'Copy' }).click();
    await expect.poll(() => page.locator('.yaml-tools [role=status]').textContent()).toBe('Copied.');
    expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('kind: ScaledTarget');
    await close();
  });

  it('says when there is no such target, and when it is deleted while one looks', async () => {
    const missing = await visit(stage.browser, `${stage.url}#/targets/shop/nobody`, { allowed: /404/ });
    await expect
      .poll(() => missing.page.locator('.notice').first().textContent())
      .toContain('There is no ScaledTarget nobody');
    await missing.close();
    expect(missing.complaints()).toEqual([]);
    stage.addTarget('brief');
    await until(
      async () => (await stage.json<{ record?: unknown }>('api/v1/targets/shop/brief')).record,
      'it is decided',
    );
    const { page, close } = await open('brief', { allowed: /404/ });
    await page.locator('.sentences li').first().waitFor();
    stage.cluster.store.delete(TARGETS, 'shop', 'brief');
    await expect.poll(() => page.locator('.gone').textContent()).toContain('This ScaledTarget was deleted');
    expect(await page.locator('.sentences li').count()).toBeGreaterThan(0);
    await close();
  });

  it('a metric that cannot be read leaves a gap in the chart and a dash in its place, no zero', async () => {
    stage.addTarget('gap', { milli: 50 });
    const { page, close } = await open('gap');
    const legend = page.locator('.chart').first().locator('.legend dd').first();
    await expect.poll(() => legend.textContent(), { timeout: 20_000 }).toMatch(/\d+%/);
    stage.use('gap', undefined);
    await expect.poll(() => legend.textContent(), { timeout: 20_000 }).toBe('–');
    await expect.poll(() => page.locator('.story').textContent()).toContain('not read');
    await close();
  });
});

describe('what is hostile', () => {
  it.each([
    ['a name of 253 characters over markup', LONG],
    ['metrics with markup and turned text', 'hostile'],
  ])('%s is shown as text', async (_what, name) => {
    for (const hash of [`#/targets/shop/${name}`, '#/']) {
      const { page, complaints, close } = await visit(stage.browser, stage.url + hash, { width: 400 });
      const text = () => page.locator('body').textContent();
      await expect.poll(text).toContain(name === LONG || hash === '#/' ? LONG : 'hostile');
      await expect.poll(text).toContain('<img src=x onerror=');
      if (hash !== '#/') await page.locator('.yaml summary').click();
      await page.waitForTimeout(300);
      expect(await page.locator('img').count()).toBe(0);
      expect(await page.locator('#page script').count()).toBe(0);
      expect(await page.evaluate(() => 'hit' in document)).toBe(false);
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(400);
      await close();
      expect(complaints()).toEqual([]);
    }
  });

  it('text that turns the direction ends with its cell', async () => {
    const { page, close } = await open('hostile');
    await expect.poll(() => page.locator('body').textContent()).toContain(TURNED);
    const outside = await page.evaluate((turned) => {
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const found: string[] = [];
      while (walker.nextNode()) {
        const parent = walker.currentNode.parentElement;
        if (walker.currentNode.textContent?.includes(turned) && !parent?.closest('bdi, pre'))
          found.push(parent?.outerHTML ?? '');
      }
      return found;
    }, '\u202E');
    expect(outside).toEqual([]);
    await close();
  });
});

describe.each(['light', 'dark'] as const)('one target in the %s theme', (theme) => {
  it.each([1280, 400])('%d pixels wide has no barrier, no shift, nothing beside the screen', async (width) => {
    const { page, barriers, shifts, complaints, close } = await open('web', { theme, width });
    await page.locator('.plot canvas').nth(2).waitFor();
    await page.waitForTimeout(2_500);
    await page.locator('.yaml summary').click();
    expect(await barriers()).toEqual([]);
    expect(await shifts()).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
    expect(await page.evaluate(() => document.querySelector('.one')?.scrollWidth)).toBeLessThanOrEqual(width);
    await close();
    expect(complaints()).toEqual([]);
  });
});

// `npm run demo` prints the address of its page, on which a decision is seen within a second.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { launchBrowser } from '../../../scripts/browser.ts';
import { until } from '../../support/process-cluster.ts';
import { delayOfFirstChange, watchWhy } from './delay.ts';
import { visit } from './visit.ts';

let browser: Browser;
let demo: ChildProcess;

beforeEach(async () => {
  browser = await launchBrowser(process.env);
});
afterEach(async () => {
  await browser.close();
  if (demo.exitCode !== null) return;
  const ended = once(demo, 'exit');
  demo.kill('SIGINT');
  await ended;
});

it('the demo prints the address of the page, and what it decides is visible there within a second', async () => {
  demo = spawn(process.execPath, ['scripts/demo/main.ts', '--load', '5:8,60:40,5:8'], {
    cwd: join(import.meta.dirname, '../../..'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  demo.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const url = await until(() => /^Page: (\S+)$/m.exec(output)?.[1], 'the address', 90_000);
  const { page, complaints, close } = await visit(browser, url);
  await page.locator('[data-key="default/web"]').waitFor();
  await watchWhy(page, 'default/web');
  const tookMs = await delayOfFirstChange(page, url, 'default/web', 90_000);
  process.stderr.write(`a decision of the demo is visible after ${tookMs} ms\n`);
  expect(tookMs).toBeLessThan(1000);
  await close();
  expect(complaints()).toEqual([]);
});

// A visit to the page that is watched: whatever the browser complains about, every shift of the layout.
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';

export interface VisitOptions {
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
  readonly height?: number;
  /** Of errors that are expected: of a server that is down. */
  readonly allowed?: RegExp;
}

export interface Visit {
  readonly page: Page;
  /** What the browser complained about: the console, exceptions, the Content-Security-Policy. */
  readonly complaints: () => readonly string[];
  /** How far what has shifted, by no deed of the user. */
  readonly shifts: () => Promise<readonly string[]>;
  /** What axe finds against WCAG 2.2 A and AA. */
  readonly barriers: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
}

declare global {
  interface Window {
    watched: { shifts: string[]; violations: string[] };
  }
}

interface Shift extends PerformanceEntry {
  readonly value: number;
  readonly hadRecentInput: boolean;
  readonly sources: readonly { readonly node?: Node; readonly previousRect: DOMRect; readonly currentRect: DOMRect }[];
}

function watch(): void {
  const watched = { shifts: [] as string[], violations: [] as string[] };
  globalThis.window.watched = watched;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as Shift[]) {
      if (entry.hadRecentInput) continue;
      const moved = entry.sources.map(({ node, previousRect: from, currentRect: to }) => {
        const name = node instanceof Element ? `${node.tagName}.${node.className}` : node?.textContent;
        return `${name} ${from.x},${from.y} ${from.width}x${from.height} to ${to.x},${to.y} ${to.width}x${to.height}`;
      });
      watched.shifts.push(`${entry.value}: ${moved.join('; ')}`);
    }
  }).observe({ type: 'layout-shift', buffered: true });
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
    watched.violations.push(`policy: ${violatedDirective} ${blockedURI} ${sample}`),
  );
}

export async function visit(browser: Browser, url: string, options: VisitOptions = {}): Promise<Visit> {
  const { theme = 'light', width = 1280, height = 800, allowed } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  const said: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) said.push(`${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => said.push(`exception: ${error.stack}`));
  await page.addInitScript(watch);
  await page.goto(url);
  return {
    page,
    complaints: () => said.filter((text) => !allowed?.test(text)),
    shifts: () => page.evaluate(() => globalThis.window.watched.shifts),
    barriers: () => barriersOf(page),
    async close() {
      said.push(...(await page.evaluate(() => globalThis.window.watched.violations)));
      await context.close();
    },
  };
}

/** By the debugger: the page's policy lets no foreign script in. */
async function barriersOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { axe: own } = globalThis as unknown as { axe: typeof axe };
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const { violations } = await own.run(document, { runOnly: { type: 'tag', values: tags } });
    return violations.map(({ id, help, nodes }) => ({ id, help, html: nodes.map((node) => node.html.slice(0, 160)) }));
  });
  return found.map(({ id, help, html }) => `${id}: ${help}\n  ${html.slice(0, 3).join('\n  ')}`);
}

// How long a decision takes to be seen: from when it was made, to when the overview shows why.
import type { Page } from 'playwright-core';
import type { TargetDetail } from '../../../src/server/api-types.ts';
import { until } from '../../support/process-cluster.ts';

type Seen = { readonly seen: Readonly<Record<string, number>> };

/** From now on remembers when each text of the column Why was shown first. */
export async function watchWhy(page: Page, key: string): Promise<void> {
  await page.evaluate((selector) => {
    const seen: Record<string, number> = {};
    Object.assign(globalThis, { seen });
    new MutationObserver(() => {
      const why = document.querySelector(selector)?.textContent ?? '';
      if (why !== '') seen[why] ??= Date.now();
    }).observe(document.body, { childList: true, characterData: true, subtree: true });
  }, `[data-key="${key}"] .why`);
}

/** Milliseconds from the first change of size that the API tells until the page showed it. */
export async function delayOfFirstChange(page: Page, url: string, key: string, patienceMs: number): Promise<number> {
  const [change, decided] = await until(
    async () => {
      const answer = await fetch(new URL(`api/v1/targets/${key}`, url));
      const { journal, timeline } = (await answer.json()) as TargetDetail;
      const [entry, point] = [journal.find(({ kind }) => kind === 'change'), timeline.find(({ written }) => written)];
      return entry && point && ([entry, point] as const);
    },
    `${key} changes its size`,
    patienceMs,
  );
  const seenMs = await until(
    () => page.evaluate((why) => (globalThis as unknown as Seen).seen[why], change.why),
    `the page shows "${change.why}"`,
  );
  return seenMs - decided.atMs;
}

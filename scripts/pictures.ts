// The pictures of docs/dashboards.md, from the answers recorded in a live run (dashboard-answers.ts).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Answer } from './grafana/live/ask.ts';
import { overview } from './grafana/overview.ts';
import { pictureOf } from './grafana/picture.ts';
import { target } from './grafana/target.ts';

export const RECORDED = 'docs/img/dashboard-answers.json';

export function renderPicture(which: 'overview' | 'target'): string {
  const recorded = JSON.parse(readFileSync(join(import.meta.dirname, '..', RECORDED), 'utf8')) as {
    readonly seconds: number;
    readonly overview: readonly Answer[];
    readonly target: readonly Answer[];
  };
  const dashboard = which === 'overview' ? overview() : target();
  return pictureOf(dashboard, { seconds: recorded.seconds, answers: recorded[which] });
}

// Reads the few numbers that the bench wants out of a page of metrics in Prometheus' text format.
import type { Buckets } from './figures.ts';

/** The sum of all series of that name; 0 when there is none. */
export function sumOf(page: string, name: string): number {
  return linesOf(page, name).reduce((sum, line) => sum + valueOf(line), 0);
}

/** A histogram without further labels. */
export function bucketsOf(page: string, name: string): Buckets {
  return new Map(
    linesOf(page, `${name}_bucket`).map((line) => {
      const bound = /le="([^"]+)"/.exec(line)?.[1];
      return [bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound), valueOf(line)];
    }),
  );
}

function linesOf(page: string, name: string): readonly string[] {
  return page.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

function valueOf(line: string): number {
  return Number(line.slice(line.lastIndexOf(' ') + 1));
}

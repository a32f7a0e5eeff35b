// Which branches of the HPA's own code the situations went through, from the profile that the HPA program leaves.
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** A stretch of the controller's code that runs as a whole. */
export interface Branch {
  /** File and line, such as `horizontal.go:870`. */
  readonly place: string;
  readonly count: number;
}

/** Where no situation can lead, by lines of the pinned version. */
const OUT_OF_REACH: readonly (readonly [file: string, from: number, to: number, why: string])[] = [
  ['horizontal.go', 120, 304, 'start, queue and handlers: not part of a decision'],
  ['horizontal.go', 374, 375, 'a pod that the selector finds is selected by its HPA'],
  ['horizontal.go', 422, 424, 'a lister over a store does not fail'],
  ['horizontal.go', 469, 472, 'the API server refuses such a metric selector'],
  ['horizontal.go', 479, 482, 'the API server refuses such a metric selector'],
  ['horizontal.go', 511, 541, 'start, queue and handlers: not part of a decision'],
  ['horizontal.go', 870, 872, 'gate HPAScaleToZero off'],
  [
    'horizontal.go',
    958,
    960,
    'a scale that cannot be read again after a conflict: the format has one answer for reads',
  ],
  ['horizontal.go', 994, 996, 'gate HPAScaleToZero off'],
  ['horizontal.go', 1005, 1007, 'a time that only the log shows'],
  ['horizontal.go', 1461, 1463, 'a kind that exists has a resource'],
  ['horizontal.go', 1537, 1545, 'gate HPAScaleToZero off'],
  ['rate_limiters.go', 1, 100, 'start, queue and handlers: not part of a decision'],
  ['replica_calculator.go', 52, 54, 'a text that only the log shows'],
  ['replica_calculator.go', 86, 88, 'a lister over a store does not fail'],
  ['replica_calculator.go', 146, 148, 'requests that were above zero with fewer pods'],
  ['replica_calculator.go', 196, 198, 'a lister over a store does not fail'],
  ['replica_calculator.go', 332, 334, 'a lister over a store does not fail'],
  ['replica_calculator.go', 356, 358, 'the API server refuses such a metric selector'],
  ['replica_calculator.go', 384, 386, 'the API server refuses such a metric selector'],
];

/** Files of the program that are ours. */
const OWN = new Set(['entry.go', 'watch.go']);

/** The branches within reach, in the order of the files. Throws when the profile holds none. */
export function readBranches(profile: string): Branch[] {
  const branches = profile.split('\n').flatMap((line) => branchOf(line) ?? []);
  if (branches.length === 0) throw new Error('the profile of the HPA program holds no branch');
  return branches;
}

/** A line is `package/file.go:12.30,15.4 3 77`: from, to, statements, count. */
function branchOf(line: string): Branch | undefined {
  const [, path = '', from, to, statements, count] = /^(\S+):(\d+)\.\d+,(\d+)\.\d+ (\d+) (\d+)$/.exec(line) ?? [];
  const file = basename(path);
  if (path === '' || OWN.has(file) || statements === '0') return undefined;
  const out = OUT_OF_REACH.some(
    ([known, first, last]) => known === file && Number(from) >= first && Number(to) <= last,
  );
  return out ? undefined : { place: `${file}:${from}`, count: Number(count) };
}

/** The line of code where a branch begins, for whoever looks for a situation that leads there. */
export function codeAt(controllerFolder: string, { place }: Branch): string {
  const [file = '', line = ''] = place.split(':');
  const lines = readFileSync(join(controllerFolder, file), 'utf8').split('\n');
  return (lines[Number(line) - 1] ?? '').trim();
}

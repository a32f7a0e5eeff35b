// A load from a CSV file of `seconds,value`, scaled to the unit of the metric. Promises a value for every moment: one holds until the next.

export interface Load {
  /** The value at a moment; before the first that of the first. */
  readonly at: (seconds: number) => number;
  /** When the last value ends: as long after it as it came after the one before. */
  readonly endSeconds: number;
  readonly points: number;
}

const HEADER = 'seconds,value';

/**
 * Reads a load. Lines that begin with `#` are passed over. `file` is how faults call it.
 * @throws Error with one line that names line, value and remedy.
 */
export function parseLoad(file: string, text: string, divideBy: number): Load {
  const lines = text.split(/\r?\n/).map((line, index) => ({ line: line.trim(), number: index + 1 }));
  const rows = lines.filter(({ line }) => line !== '' && !line.startsWith('#'));
  const [header, ...data] = rows;
  if (header?.line !== HEADER) {
    throw new Error(`${file}: the first line is "${header?.line ?? ''}": write the header ${HEADER}`);
  }
  if (data.length < 2) throw new Error(`${file}: ${data.length} values are no load: give two or more`);
  const seconds: number[] = [];
  const values: number[] = [];
  for (const { line, number } of data) {
    const [at, value] = valuesOf(file, line, number);
    const before = seconds.at(-1);
    if (before === undefined && at !== 0) {
      throw new Error(`${file}: line ${number}: the first time is ${at}: count seconds from 0`);
    }
    if (before !== undefined && at <= before) {
      throw new Error(`${file}: line ${number}: ${at} is not after ${before}: order the lines by time`);
    }
    seconds.push(at);
    values.push(value / divideBy);
  }
  const last = seconds.at(-1) ?? 0;
  return {
    at: (moment) => values[lastAtOrBefore(seconds, moment)] ?? 0,
    endSeconds: last + last - (seconds.at(-2) ?? 0),
    points: seconds.length,
  };
}

function valuesOf(file: string, line: string, number: number): readonly [number, number] {
  const match = /^(\d+),(\d+(?:\.\d+)?)$/.exec(line);
  if (match) return [Number(match[1]), Number(match[2])];
  throw new Error(
    `${file}: line ${number}: "${line.slice(0, 60)}" is no SECONDS,VALUE: write two numbers, such as 60,17.5`,
  );
}

/** The place of the last time that is not after the moment; 0 when there is none. */
function lastAtOrBefore(seconds: readonly number[], moment: number): number {
  let [low, high] = [0, seconds.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((seconds[middle] ?? 0) <= moment) low = middle;
    else high = middle - 1;
  }
  return low;
}

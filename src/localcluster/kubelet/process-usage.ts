// CPU time and memory of process trees from the operating system: /proc on Linux, the `pidusage` package elsewhere.
import { readdir, readFile } from 'node:fs/promises';
import { platform } from 'node:os';

/** What a tree of processes has used until now and holds now. */
export interface TreeUsage {
  /** CPU time in seconds since the start, ended and awaited children included. */
  cpuSeconds: number;
  /** Resident memory in bytes. */
  memoryBytes: number;
}

export type ReadTrees = (roots: readonly number[]) => Promise<ReadonlyMap<number, TreeUsage>>;

/** Reads usage by root pid; trees whose root is gone are absent. */
export async function processTreeReader(): Promise<ReadTrees> {
  if (platform() !== 'linux') return readWithPidusage;
  const units = await systemUnits();
  return (roots) => readProc(roots, units);
}

interface Units {
  ticksPerSecond: number;
  pageBytes: number;
}

/** From the kernel's auxiliary vector: pairs of words, 6 is the page size and 17 the clock ticks per second. */
async function systemUnits(): Promise<Units> {
  const vector = await readFile('/proc/self/auxv');
  const values = new Map<bigint, bigint>();
  for (let offset = 0; offset + 16 <= vector.length; offset += 16)
    values.set(vector.readBigUInt64LE(offset), vector.readBigUInt64LE(offset + 8));
  return { pageBytes: Number(values.get(6n) ?? 4096n), ticksPerSecond: Number(values.get(17n) ?? 100n) };
}

interface Stat {
  parent: number;
  ticks: number;
  pages: number;
}

/** Fields of /proc/PID/stat; undefined for text that is not of that form. */
export function parseStat(text: string): Stat | undefined {
  // The second field is the program's name in brackets, and may itself hold spaces and brackets.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const number = (index: number) => Number(fields[index]);
  // proc(5): 4 ppid, 14..17 utime stime cutime cstime, 24 rss; `fields` begins with field 3.
  const stat = { parent: number(1), ticks: number(11) + number(12) + number(13) + number(14), pages: number(21) };
  return Number.isFinite(stat.parent + stat.ticks + stat.pages) ? stat : undefined;
}

async function readProc(roots: readonly number[], units: Units): Promise<Map<number, TreeUsage>> {
  const stats = new Map<number, Stat>();
  const pids = (await readdir('/proc')).map(Number).filter(Number.isInteger);
  await Promise.all(
    pids.map(async (pid) => {
      // Processes come and go while we read: one that is gone is simply not there.
      const stat = await readFile(`/proc/${pid}/stat`, 'latin1').then(parseStat, () => undefined);
      if (stat) stats.set(pid, stat);
    }),
  );
  return sumTrees(roots, stats, units);
}

/** Adds each process to the nearest root above it. */
export function sumTrees(
  roots: readonly number[],
  stats: ReadonlyMap<number, Stat>,
  { ticksPerSecond, pageBytes }: Units,
): Map<number, TreeUsage> {
  const usage = new Map<number, TreeUsage>();
  for (const root of roots) if (stats.has(root)) usage.set(root, { cpuSeconds: 0, memoryBytes: 0 });
  for (const [pid, stat] of stats) {
    const tree = usage.get(rootOf(pid, stats, usage) ?? -1);
    if (!tree) continue;
    tree.cpuSeconds += stat.ticks / ticksPerSecond;
    tree.memoryBytes += stat.pages * pageBytes;
  }
  return usage;
}

function rootOf(
  pid: number,
  stats: ReadonlyMap<number, Stat>,
  roots: ReadonlyMap<number, unknown>,
): number | undefined {
  // Bounded: a table read while processes change may hold a circle.
  let at = pid;
  for (let depth = 0; depth < 64 && at > 1; depth++) {
    if (roots.has(at)) return at;
    at = stats.get(at)?.parent ?? 0;
  }
  return undefined;
}

/** Only the root process itself: finding its children is too costly without /proc. */
async function readWithPidusage(roots: readonly number[]): Promise<Map<number, TreeUsage>> {
  const { default: pidusage } = await import('pidusage');
  const usage = new Map<number, TreeUsage>();
  await Promise.all(
    roots.map(async (root) => {
      const found = await pidusage(root).catch(() => undefined);
      if (found) usage.set(root, { cpuSeconds: found.ctime / 1000, memoryBytes: found.memory });
    }),
  );
  return usage;
}

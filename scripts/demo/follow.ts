// Follows a load to its end: a row a period, each change of a size as it happens, and on while a size has not come back.
import { readFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { LocalCluster } from '../../src/localcluster/cluster.ts';
import type { RunningLoad } from './own-load.ts';
import { summarize } from './record.ts';
import { patienceSeconds } from './stages.ts';
import { changeLine, heading, holdLine, notBackYet, row, type Style } from './timeline.ts';
import { type WatchedTarget, Watcher } from './watcher.ts';

/** A row a period, so that each decision is seen. */
const ROW_SECONDS = 5;

interface Scene {
  readonly style: Style;
  readonly cluster: LocalCluster;
  readonly targets: readonly WatchedTarget[];
  readonly controller: { readonly exitCode: number | null };
  /** Of the controller. */
  readonly logFile: string;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}

/** @throws Error when the controller ends before the load does. */
export async function follow(load: RunningLoad, scene: Scene): Promise<Watcher> {
  const { style, cluster, targets, controller, logFile, print, signal } = scene;
  const patience = patienceSeconds(load.stages);
  const watcher = new Watcher(cluster.store, load.stages);
  const isAway = (target: WatchedTarget): boolean => {
    const { scaledOut, scaledIn } = summarize(watcher.recordOf(target).points, load.stages);
    return scaledOut && !scaledIn;
  };
  for (const line of heading(style)) print(line);
  const started = performance.now();
  let overAt: number | undefined;
  for (let second = 1; ; second++) {
    if (load.isOver(second)) {
      if (!targets.some(isAway)) return watcher;
      if (overAt === undefined) print(notBackYet(patience, load.goesOn));
      overAt ??= second;
      if (second - overAt > patience) return watcher;
    }
    await wait(Math.max(0, started + second * 1000 - performance.now()), undefined, { signal });
    if (controller.exitCode !== null) throw new Error(await lastWords(controller.exitCode, logFile));
    for (const line of load.lines(second)) watcher.addLoadLine(line);
    tell(watcher, scene, { second, elapsed: (performance.now() - started) / 1000 });
  }
}

/** Prints what is new of each target, and its row when it is time for one. */
function tell(
  watcher: Watcher,
  { style, targets, print }: Scene,
  { second, elapsed }: { readonly second: number; readonly elapsed: number },
): void {
  for (const target of targets) {
    const { point, changes, hold } = watcher.look(target, elapsed);
    for (const change of changes) print(changeLine(style, target.name, change));
    if (hold) print(holdLine(style, target.name, hold));
    if (second % ROW_SECONDS === 0) print(row(style, target.name, point));
  }
}

async function lastWords(code: number, logFile: string): Promise<string> {
  const lines = (await readFile(logFile, 'utf8')).trimEnd().split('\n');
  return `the controller ended with code ${code}:\n${lines.slice(-5).join('\n')}`;
}

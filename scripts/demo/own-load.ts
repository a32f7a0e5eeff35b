// The load that the demo makes itself: a process of its own that calls the Services of all targets. Its last stage goes on until it is
// closed, so that a size that is not back yet can come back under load.
import type { ChildProcess } from 'node:child_process';
import type { LocalCluster } from '../../src/localcluster/cluster.ts';
import { startLoad } from './children.ts';
import type { LoadLine, LoadPlan } from './load.ts';
import { endProcess } from './prometheus.ts';
import { type LoadStage, lastLonger, patienceSeconds, totalSeconds } from './stages.ts';
import type { WatchedTarget } from './watcher.ts';

/** The demo's second service is cheap to call and gets half of the load. */
const HALF_LOAD = 'api';

/** A load that is under way. */
export interface RunningLoad {
  /** As they are watched: the last may go on for longer than planned. */
  readonly stages: readonly LoadStage[];
  /** Whether requests go on after it is over. */
  readonly goesOn: boolean;
  /** What was measured since the last call. Throws when the load has failed. */
  lines(second: number): readonly LoadLine[];
  isOver(second: number): boolean;
  /** How it ended, one line each. */
  lastWords(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export function introduceOwnLoad(stages: readonly LoadStage[], targets: readonly WatchedTarget[]): string {
  const half = targets.some(({ service }) => service === HALF_LOAD) ? `; ${HALF_LOAD} gets half of it` : '';
  return `Load for ${Math.round(totalSeconds(stages))} s: ${stagesText(stages)}${half}.`;
}

export function stagesText(stages: readonly LoadStage[]): string {
  return stages.map(({ rate, seconds }) => `${rate}/s for ${Math.round(seconds)} s`).join(', ');
}

export class OwnLoad implements RunningLoad {
  readonly stages: readonly LoadStage[];
  readonly goesOn = true;
  readonly #plannedSeconds: number;
  readonly #child: ChildProcess;
  #lines: LoadLine[] = [];

  constructor(
    cluster: LocalCluster,
    targets: readonly WatchedTarget[],
    { stages, environment }: { readonly stages: readonly LoadStage[]; readonly environment: NodeJS.ProcessEnv },
  ) {
    this.#plannedSeconds = totalSeconds(stages) + 1;
    this.stages = lastLonger(stages, patienceSeconds(stages));
    const plan: LoadPlan = {
      stages: this.stages,
      services: targets.flatMap(({ namespace, service }) => {
        const url = cluster.serviceUrl(namespace, service);
        return url === undefined ? [] : [{ name: service, url: `${url}/`, share: service === HALF_LOAD ? 0.5 : 1 }];
      }),
    };
    this.#child = startLoad(plan, environment, (line) => this.#lines.push(JSON.parse(line) as LoadLine));
    cluster.adopt(this.#child.pid);
  }

  lines(): readonly LoadLine[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  isOver(second: number): boolean {
    return second > this.#plannedSeconds;
  }

  lastWords(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  async close(): Promise<void> {
    this.#child.stdin?.end();
    await endProcess(this.#child);
  }
}

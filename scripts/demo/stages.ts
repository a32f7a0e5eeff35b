// The load of the demo as stages: how long, and how many requests per second. Pure.

export interface LoadStage {
  readonly name: string;
  readonly seconds: number;
  /** Requests per second over all pods together. */
  readonly rate: number;
}

/**
 * Calm to storm to calm: long enough that the size comes back after a 30 s window, under four minutes with start and stop. The
 * storm is more than the first two pods can serve and, at 10 ms of CPU a request, under half a core for all of them; the calm is
 * over a tenth of it, so that no guard has to wonder whether the load has vanished.
 */
export const DEFAULT_STAGES: readonly LoadStage[] = [
  { name: 'calm', seconds: 20, rate: 8 },
  { name: 'storm', seconds: 60, rate: 40 },
  { name: 'calm', seconds: 100, rate: 8 },
];

export const totalSeconds = (stages: readonly LoadStage[]): number =>
  stages.reduce((sum, stage) => sum + stage.seconds, 0);

/** The same stages in `seconds` altogether. */
export function stretchTo(stages: readonly LoadStage[], seconds: number): LoadStage[] {
  const factor = seconds / totalSeconds(stages);
  return stages.map((stage) => ({ ...stage, seconds: stage.seconds * factor }));
}

/** Makes the last stage at least `seconds` long: the size can only come back when the down window has passed. */
export function lastAtLeast(stages: readonly LoadStage[], seconds: number): LoadStage[] {
  return stages.map((stage, index) =>
    index === stages.length - 1 ? { ...stage, seconds: Math.max(stage.seconds, seconds) } : stage,
  );
}

/**
 * How much longer the last stage may go on until the size is back. A guard that doubts the end of the storm does so for a minute,
 * for up to four where the calm is about a tenth of the storm; then the window begins. In a storm no size comes back.
 */
export function patienceSeconds(stages: readonly LoadStage[]): number {
  return stages.at(-1)?.name === 'calm' ? 240 : 0;
}

/** Makes the last stage longer by `seconds`. */
export function lastLonger(stages: readonly LoadStage[], seconds: number): LoadStage[] {
  return lastAtLeast(stages, (stages.at(-1)?.seconds ?? 0) + seconds);
}

/**
 * Reads `20:8,60:40,100:8`: seconds and requests per second of each stage.
 * @throws Error that names `where` it stands, the part, its value and the remedy.
 */
export function parseStages(text: string, where = '--load'): LoadStage[] {
  const stages = text.split(',').map((part) => {
    const match = /^(\d+(?:\.\d+)?)s?:(\d+(?:\.\d+)?)$/.exec(part.trim());
    const [seconds, rate] = [Number(match?.[1]), Number(match?.[2])];
    if (!match || seconds <= 0 || seconds > 86_400 || rate > 2000) {
      throw new Error(
        `${where}: "${part}" is not a stage; write SECONDS:RATE with at most 2000 requests per second, such as 20:8,60:40,100:8`,
      );
    }
    return { seconds, rate };
  });
  const highest = Math.max(...stages.map((stage) => stage.rate));
  return stages.map((stage) => ({ ...stage, name: stage.rate > highest / 2 ? 'storm' : 'calm' }));
}

/** The stage at a moment, counted from the start of the load; undefined after the last. */
export function stageAt(stages: readonly LoadStage[], seconds: number): LoadStage | undefined {
  let end = 0;
  return stages.find((stage) => {
    end += stage.seconds;
    return seconds < end;
  });
}

/** When the first of the highest stages begins, in seconds. */
export function stormStart(stages: readonly LoadStage[]): number {
  const highest = Math.max(...stages.map((stage) => stage.rate));
  const index = stages.findIndex((stage) => stage.rate === highest);
  return totalSeconds(stages.slice(0, index));
}

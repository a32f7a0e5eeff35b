// A whole run of `setpoint explain`: reads, explains, prints, and goes on doing so with --watch.
import { sleep, systemClock } from '../../base/clock.ts';
import { messageOf, SetpointError } from '../../base/errors.ts';
import { type Explanation, explainRecord } from '../../record/explain/explain.ts';
import type { TargetDetail } from '../../server/api-types.ts';
import { fieldsOf } from '../../record/status.ts';
import { type Io, USAGE_ERROR } from '../command.ts';
import { explainAt } from './at.ts';
import { Cluster } from './cluster.ts';
import { explainDifference } from './difference.ts';
import { harmless, printJson, printText } from './print.ts';
import { storyKey, type Story, storyOfStatus, withDetail } from './story.ts';
import type { ExplainOptions } from './usage.ts';

/** The status changes with a cycle, which is every few seconds. */
const WATCH_PERIOD_MS = 2000;

/** Resolves with the exit code. */
export async function explainTarget(io: Io, options: ExplainOptions): Promise<number> {
  let cluster: Cluster | undefined;
  try {
    cluster = new Cluster(options, io.signal);
    if (options.watch) return await watch(io, cluster, options);
    if (options.diff !== undefined) return await explainDifference(io, cluster, options, options.diff);
    const story = await readStory(cluster);
    if (options.at) return explainAt(io, story, options.at, options);
    print(io, story, options);
    return 0;
  } catch (error) {
    // Ctrl-C ends a wait: what was printed stands.
    if (io.signal.aborted) return 0;
    io.stderr.write(harmless(`setpoint explain: ${messageOf(error)}\n`));
    return error instanceof SetpointError && error.code === 'InvalidOptions' ? USAGE_ERROR : 1;
  } finally {
    await cluster?.close();
  }
}

/** From the object, and from the controller where it answers. */
async function readStory(cluster: Cluster): Promise<Story> {
  const raw = await cluster.read();
  const asked = await cluster.ask();
  const nowMs = systemClock.now();
  if ('fault' in asked) return storyOfStatus(raw, asked.fault, nowMs);
  const story = storyOfStatus(raw, '', nowMs);
  if (!isDetail(asked.body)) {
    return { ...story, source: { kind: 'status', why: `${asked.where} is not a controller of this version` } };
  }
  // A standby knows no more than the status says.
  return withDetail(story, asked.body, asked.where);
}

function isDetail(body: unknown): body is TargetDetail {
  const { controller, conditions, journal } = fieldsOf(body);
  return typeof fieldsOf(controller)['version'] === 'string' && Array.isArray(conditions) && Array.isArray(journal);
}

/** What a story comes to at this moment. */
function explanationOf({ target, record, conditions, defaultTolerance }: Story, nowMs: number): Explanation {
  return explainRecord(record, { name: target.key, spec: target.spec, conditions, nowMs, defaultTolerance });
}

function print(io: Io, story: Story, { output }: ExplainOptions): void {
  const nowMs = systemClock.now();
  const explanation = explanationOf(story, nowMs);
  if (output === 'json') printJson(io, story, explanation);
  else printText(io, story, explanation, nowMs);
}

/** Prints when the story is another than before; a failure is told once, and tried again. */
async function watch(io: Io, cluster: Cluster, options: ExplainOptions): Promise<number> {
  let shown: string | undefined;
  let failed: string | undefined;
  for (;;) {
    try {
      const story = await readStory(cluster);
      failed = undefined;
      const key = storyKey(story);
      if (key !== shown) {
        if (shown !== undefined && options.output === 'text') io.stdout.write('\n---\n\n');
        print(io, story, options);
        shown = key;
      }
    } catch (error) {
      // What is wrong from the start is no reason to wait.
      if (shown === undefined || io.signal.aborted) throw error;
      const message = messageOf(error);
      if (message !== failed) io.stderr.write(harmless(`setpoint explain: ${message}; trying again\n`));
      failed = message;
    }
    await sleep(systemClock, WATCH_PERIOD_MS, io.signal);
  }
}

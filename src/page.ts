// Builds what the page is served from: what is known of the targets in memory, the live feed, who may see it, and its server.
// The page is a convenience: that it cannot be served is told, and the controller works on.
import { BlockList, isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { Clock } from './base/clock.ts';
import { messageOf } from './base/errors.ts';
import type { Logger } from './base/logger.ts';
import { VERSION } from './base/version.ts';
import type { KubeClient } from './kube/client.ts';
import { resourcePath } from './kube/paths.ts';
import { KubeReviews } from './kube/reviews.ts';
import { SCALED_TARGETS, type ScaledTargets } from './kube/scaled-targets.ts';
import type { Options } from './options.ts';
import type { CycleObserver } from './record/cycle-report.ts';
import { fanOut } from './record/fan-out.ts';
import { Journal } from './record/journal.ts';
import { LastSituations } from './record/last-situations.ts';
import { LatestCycles } from './record/latest.ts';
import { Timelines } from './record/timeline.ts';
import { KubernetesAccess, openAccess } from './server/access.ts';
import { findPageFolder, loadAssets } from './server/assets.ts';
import { Feed } from './server/feed.ts';
import { startPage } from './server/page-server.ts';
import { Views } from './server/views.ts';

/** Of one target: hours at the usual period. */
const MAX_POINTS = 720;
const MAX_HOLDS = 20;
const MAX_STREAMS = 250;
const READ_TIMEOUT_MS = 5000;
const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');
/** Where the page lies beside the controller, beside a part of the command line, and from source. */
const FOLDERS = ['page', '../page', '../dist/page'];

export interface PagePorts {
  readonly client: KubeClient;
  readonly targets: ScaledTargets;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborts when the process is to end. */
  readonly signal: AbortSignal;
  readonly isLeading: () => boolean;
  readonly leader: () => string | undefined;
}

export interface Page {
  /** To be told of every cycle. */
  readonly observer: CycleObserver;
  /** This process leads now: what is told comes from memory. */
  leads(): void;
  /** Serves; undefined when that is not possible, which is logged. `folder` overrides where the page lies. */
  serve(folder: string | undefined): Promise<{ readonly port: number; close(): Promise<void> } | undefined>;
}

/** Whether others than this host reach the page, and nobody is asked who they are. */
export function isOpenToAll({
  auth,
  bindAddress,
}: Pick<NonNullable<Options['page']>, 'auth' | 'bindAddress'>): boolean {
  if (auth !== 'none' || bindAddress.toLowerCase() === 'localhost') return false;
  return !LOOPBACK.check(bindAddress, isIPv6(bindAddress) ? 'ipv6' : 'ipv4');
}

/** The page of a controller with these options; undefined when there is to be none. */
export function buildPage(options: Options, ports: PagePorts): Page | undefined {
  const { page, journalBytes } = options;
  if (!page) return undefined;
  const { client, targets, clock, logger, signal, isLeading, leader } = ports;
  const journal = new Journal({ maxBytes: journalBytes, maxHolds: MAX_HOLDS });
  const timelines = new Timelines({ maxBytes: journalBytes, maxPointsPerTarget: MAX_POINTS });
  const latest = new LatestCycles();
  const situations = new LastSituations();
  const views = new Views({
    targets,
    latest,
    journal,
    timelines,
    clock,
    version: VERSION,
    syncPeriodMs: options.syncPeriodMs,
    downscaleStabilizationMs: options.defaults.downscaleStabilizationMs,
    tolerance: options.defaults.tolerance,
    isLeading,
    leader,
  });
  const feed = new Feed({ views, clock, id: crypto.randomUUID().slice(0, 8), maxStreams: MAX_STREAMS });
  targets.onVersion((key) => {
    // Where it is decided, cycles tell what is new; here, the status does.
    if (!isLeading()) feed.touch(key);
  });
  targets.onChange((key) => feed.touch(key));
  signal.addEventListener('abort', () => feed.close(), { once: true });

  const access = page.auth === 'kubernetes' ? new KubernetesAccess(new KubeReviews(client, signal), clock) : openAccess;
  const readObject = ({ namespace, name }: { readonly namespace: string; readonly name: string }) =>
    client.get(resourcePath({ ...SCALED_TARGETS, namespace, name }), { signal, timeoutMs: READ_TIMEOUT_MS });

  return {
    observer: fanOut([journal, timelines, latest, situations, feed], logger),
    leads: () => feed.resync(),
    async serve(folder = findPageFolder(FOLDERS.map((name) => join(import.meta.dirname, name)))) {
      const { bindAddress, port, hosts } = page;
      if (isOpenToAll(page)) {
        const remedy = 'set --page-auth=kubernetes, or --page-bind-address=127.0.0.1';
        logger.warn('the page shows all targets to whoever reaches it', { address: bindAddress, remedy });
      }
      try {
        const assets = loadAssets(folder);
        const served = { views, situations, feed, access, assets, readObject, hosts, clock, logger };
        const server = await startPage(served, { bindAddress, port });
        logger.info('page served', { address: bindAddress, port: server.port, auth: page.auth });
        return {
          port: server.port,
          close: () => {
            feed.close();
            return server.close();
          },
        };
      } catch (error) {
        const remedy = 'give another --page-port, 0 for a free one, or --page=false';
        logger.warn('page not served', { address: bindAddress, port, error: messageOf(error), remedy });
        return undefined;
      }
    },
  };
}

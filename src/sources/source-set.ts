// The sources that the administrator configured, read again when their file changes. A file that broke meanwhile changes nothing
// but the log: what was right goes on. Unchanged sources keep their connections and what is known of their health.
import { isDeepStrictEqual } from 'node:util';
import { systemClock } from '../base/clock.ts';
import { messageOf } from '../base/errors.ts';
import { type Logger, silentLogger } from '../base/logger.ts';
import { systemRandom } from '../base/random.ts';
import {
  type ConfigOutcome,
  defaultSource,
  MAX_CONFIG_BYTES,
  parseSourcesConfig,
  type PrometheusConfig,
} from './config.ts';
import { PrometheusServer } from './prometheus.ts';
import type { GatePorts } from './source-gate.ts';
import { sourceUrlFault } from './source-url.ts';
import { WatchedFile } from './watched-file.ts';

export interface SourceSetOptions {
  /** --prometheus-url: the source named `default`. */
  readonly prometheusUrl: string | undefined;
  /** --config: path of the sources file. */
  readonly configFile: string | undefined;
}

export interface SourceSetPorts extends GatePorts {
  readonly logger: Logger;
}

type Servers = ReadonlyMap<string, PrometheusServer>;
export type SourceSetOutcome = { readonly sources: SourceSet } | { readonly faults: readonly string[] };

/**
 * Reads the sources for the first time, with every file that they name.
 * @returns the sources, or every fault in a line of its own.
 */
export async function loadSources(options: SourceSetOptions, ports: SourceSetPorts): Promise<SourceSetOutcome> {
  const urlFault = options.prometheusUrl === undefined ? undefined : sourceUrlFault(options.prometheusUrl);
  if (urlFault !== undefined) return { faults: [`--prometheus-url ${urlFault}`] };
  const file =
    options.configFile === undefined ? undefined : new WatchedFile(options.configFile, MAX_CONFIG_BYTES, ports.clock);
  const set = new SourceSet(options, file, ports);
  const faults = await set.load();
  return faults.length > 0 ? { faults } : { sources: set };
}

/** What is wrong with the sources, every fault in a line of its own, without keeping any of them. */
export async function sourceFaults(options: SourceSetOptions): Promise<readonly string[]> {
  const ports = { clock: systemClock, random: systemRandom, logger: silentLogger, observer: { sourceRequest() {} } };
  const loaded = await loadSources(options, ports);
  if ('faults' in loaded) return loaded.faults;
  loaded.sources.close();
  return [];
}

export class SourceSet {
  readonly #options: SourceSetOptions;
  readonly #file: WatchedFile | undefined;
  readonly #ports: SourceSetPorts;
  #servers: Servers = new Map();
  /** Version of the file that was judged last, good or bad. */
  #judged = 0;
  /** What was said last about a broken file, so that it is not said every few seconds. */
  #complaint = '';
  #updating: Promise<void> | undefined;

  constructor(options: SourceSetOptions, file: WatchedFile | undefined, ports: SourceSetPorts) {
    this.#options = options;
    this.#file = file;
    this.#ports = ports;
  }

  /** Names of the configured sources, in order. */
  get names(): readonly string[] {
    return [...this.#servers.keys()];
  }

  /** The source of that name as the file says now; undefined when there is none. Never rejects. */
  async find(name: string): Promise<PrometheusServer | undefined> {
    if (this.#file !== undefined) {
      this.#updating ??= this.#update(this.#file).finally(() => {
        this.#updating = undefined;
      });
      await this.#updating;
    }
    return this.#servers.get(name);
  }

  /** Reads all for the first time; says what is wrong. */
  async load(): Promise<string[]> {
    let outcome: ConfigOutcome = { sources: [] };
    if (this.#file !== undefined) {
      try {
        const content = await this.#file.read();
        outcome = this.#parse(content.bytes);
        this.#judged = content.version;
      } catch (error) {
        return [`--config: ${messageOf(error)}`];
      }
    }
    if ('faults' in outcome) return this.#lines(outcome.faults);
    const servers = this.#build(outcome.sources);
    const faults = await fileFaults(servers);
    if (faults.length === 0) this.#servers = servers;
    return faults;
  }

  /** Closes connections that are not in use. */
  close(): void {
    for (const server of this.#servers.values()) server.close();
  }

  async #update(file: WatchedFile): Promise<void> {
    try {
      const content = await file.read();
      if (content.version === this.#judged) return;
      const outcome = this.#parse(content.bytes);
      if ('faults' in outcome) {
        this.#judged = content.version;
        this.#keepOld(this.#lines(outcome.faults));
        return;
      }
      const servers = this.#build(outcome.sources);
      const faults = await fileFaults(servers);
      if (faults.length > 0) {
        // Not judged for good: the files that it names may follow.
        this.#keepOld(faults);
        return;
      }
      this.#judged = content.version;
      this.#complaint = '';
      this.#replace(servers);
      this.#ports.logger.info('sources file read again', { sources: this.names });
    } catch (error) {
      this.#keepOld([messageOf(error)]);
    }
  }

  /** Says once what is wrong. */
  #keepOld(faults: readonly string[]): void {
    const complaint = faults.join('\n');
    if (complaint !== this.#complaint)
      this.#ports.logger.warn('sources file has faults: the sources stay as they were', { faults });
    this.#complaint = complaint;
  }

  #parse(bytes: Buffer): ConfigOutcome {
    let text: string;
    try {
      text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } catch {
      return { faults: ['is not UTF-8 text: save it as UTF-8'] };
    }
    return parseSourcesConfig(text, this.#options.prometheusUrl !== undefined);
  }

  #lines(faults: readonly string[]): string[] {
    return faults.map((fault) => `${this.#options.configFile ?? '--config'}: ${fault}`);
  }

  #build(configs: readonly PrometheusConfig[]): Servers {
    const { prometheusUrl } = this.#options;
    const all = prometheusUrl === undefined ? configs : [defaultSource(prometheusUrl), ...configs];
    return new Map(
      all.map((config) => {
        const before = this.#servers.get(config.name);
        const isSame = before !== undefined && isDeepStrictEqual(before.config, config);
        return [config.name, isSame ? before : new PrometheusServer(config, this.#ports)];
      }),
    );
  }

  #replace(servers: Servers): void {
    for (const [name, server] of this.#servers) {
      if (servers.get(name) !== server) server.close();
      if (!servers.has(name)) this.#ports.observer.sourceRemoved?.(server.label);
    }
    this.#servers = servers;
  }
}

/** What is wrong with the files that the sources name. */
async function fileFaults(servers: Servers): Promise<string[]> {
  const perSource = [...servers].map(async ([name, server]) => {
    const faults = await server.faults();
    return faults.map((fault) => `source ${name}: ${fault}`);
  });
  return (await Promise.all(perSource)).flat();
}

// Which source reads which metric: one line per type. The implementation of MetricReader; it never throws, whatever a source does.
import type { Metric, PrometheusMetric } from '../api/spec.ts';
import { messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { traceFields } from '../base/tracing.ts';
import type { Reading } from '../decide/types.ts';
import { absent } from './absence.ts';
import { type CustomMetricsClient, CustomSource } from './custom.ts';
import { type ExternalMetricsClient, ExternalSource } from './external.ts';
import { type PodMetricsClient, ResourceSource } from './resource.ts';
import type { MetricReader, ReadContext } from './source.ts';
import type { GatePorts } from './source-gate.ts';
import type { SourceSet } from './source-set.ts';

export interface RegistryPorts extends GatePorts {
  readonly logger: Logger;
}

/** The metrics APIs behind the API server. */
export interface MetricsClients {
  readonly pods: PodMetricsClient;
  readonly custom: CustomMetricsClient;
  readonly external: ExternalMetricsClient;
}

export class SourceRegistry implements MetricReader {
  readonly #resource: ResourceSource;
  readonly #custom: CustomSource;
  readonly #external: ExternalSource;
  readonly #sources: SourceSet;
  readonly #logger: Logger;

  constructor(clients: MetricsClients, sources: SourceSet, ports: RegistryPorts) {
    this.#resource = new ResourceSource(clients.pods, ports);
    this.#custom = new CustomSource(clients.custom, ports);
    this.#external = new ExternalSource(clients.external, ports);
    this.#sources = sources;
    this.#logger = ports.logger;
  }

  async read(metric: Metric, context: ReadContext, signal: AbortSignal): Promise<Reading> {
    try {
      return await this.#dispatch(metric, context, signal);
    } catch (error) {
      // A bug of ours: this metric is missing, the others and the process go on.
      const { namespace, name, cycle, span } = context;
      const fields = { namespace, name, cycle, ...traceFields(span), metric: metric.name };
      this.#logger.error('a metric source failed unexpectedly', { ...fields, error: messageOf(error) });
      return absent('Unreachable', 'the source failed unexpectedly: see the log of the controller');
    }
  }

  #dispatch(metric: Metric, context: ReadContext, signal: AbortSignal): Promise<Reading> {
    switch (metric.type) {
      case 'Resource':
      case 'ContainerResource':
        return this.#resource.read(metric, context, signal);
      case 'Prometheus':
        return this.#prometheus(metric, context, signal);
      case 'Pods':
      case 'Object':
        return this.#custom.read(metric, context, signal);
      case 'External':
        return this.#external.read(metric, context, signal);
      case 'Unknown':
        break;
    }
    return Promise.resolve(absent('NoSource', 'this version of Setpoint knows no metric of this type'));
  }

  async #prometheus(metric: PrometheusMetric, context: ReadContext, signal: AbortSignal): Promise<Reading> {
    const server = await this.#sources.find(metric.source);
    if (server !== undefined) return server.read(metric, context, signal);
    const names = this.#sources.names;
    const configured = names.length === 0 ? 'none is: start with --prometheus-url or --config' : names.join(', ');
    return absent('NoSource', `no source is called ${JSON.stringify(metric.source)}; configured: ${configured}`);
  }

  sharedKey(metric: Metric, namespace: string): string {
    switch (metric.type) {
      case 'Resource':
      case 'ContainerResource':
        return `pods/${namespace}`;
      case 'Prometheus':
        return `prometheus/${metric.source}/${metric.query}`;
      case 'Pods':
        return `custom/${namespace}/pods/${metric.metricName}`;
      case 'Object':
        return `custom/${namespace}/${metric.describedObject.kind}/${metric.describedObject.name}/${metric.metricName}`;
      case 'External':
        return `external/${namespace}/${metric.metricName}`;
      case 'Unknown':
        break;
    }
    return `unknown/${namespace}/${metric.typeName}`;
  }
}

// Registers the SDK of OpenTelemetry before the controller starts; see docs/tracing.md.
//   OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 node --import ./otel.mjs controller.js
// OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_EXPORTER_OTLP_HEADERS and the like are read as usual;
// OTEL_TRACES_SAMPLER_ARG is the share of cycles to record, 0 to 1, all of them by default.
import { trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';

const share = Number(process.env.OTEL_TRACES_SAMPLER_ARG || 1);
if (!(share >= 0 && share <= 1)) {
  throw new Error(`OTEL_TRACES_SAMPLER_ARG is ${process.env.OTEL_TRACES_SAMPLER_ARG}: give a share from 0 to 1`);
}

const provider = new TracerProvider({
  resource: defaultResource()
    .merge(resourceFromAttributes({ 'service.name': 'setpoint' }))
    .merge(detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] })),
  sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
  spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
});

// The controller hands over what waits when it stops: it asks the registered provider to flush, and waits for a second at most.
if (!trace.setGlobalTracerProvider(provider)) {
  throw new Error('another SDK of OpenTelemetry is registered already: start the controller with one of them');
}

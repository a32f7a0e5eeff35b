// A real OTLP/HTTP receiver: takes spans as JSON, as an OpenTelemetry Collector does on port 4318, and keeps them.
import { json, ScriptedServer } from './scripted-server.ts';

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty: it has none. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** 2: an error. */
  readonly statusCode: number;
  /** Of the process that sent it. */
  readonly resource: Readonly<Record<string, string | number | boolean>>;
}

type Value = { stringValue?: string; intValue?: number | string; doubleValue?: number; boolValue?: boolean };
type KeyValues = readonly { readonly key: string; readonly value: Value }[];

/** As the protocol has it: `opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest`. */
interface ExportRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: KeyValues };
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly traceId: string;
        readonly spanId: string;
        readonly parentSpanId?: string;
        readonly name: string;
        readonly attributes: KeyValues;
        readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
        readonly status?: { readonly code?: number };
      }[];
    }[];
  }[];
}

export async function startOtlpReceiver() {
  const spans: ReceivedSpan[] = [];
  const server = await ScriptedServer.start(({ method, url, headers, body }, response) => {
    const isExport = method === 'POST' && url === '/v1/traces' && headers['content-type'] === 'application/json';
    if (isExport) spans.push(...spansOf(JSON.parse(body) as ExportRequest));
    json(response, isExport ? 200 : 415, {});
  });
  return { url: server.url, spans, close: () => server.close() };
}

function spansOf({ resourceSpans }: ExportRequest): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap((scope) =>
      scope.spans.map(({ traceId, spanId, parentSpanId = '', name, attributes, links = [], status }) => ({
        traceId,
        spanId,
        parentSpanId,
        name,
        attributes: plain(attributes),
        links: links.map((link) => ({ traceId: link.traceId, spanId: link.spanId })),
        statusCode: status?.code ?? 0,
        resource: plain(resource.attributes),
      })),
    ),
  );
}

function plain(pairs: KeyValues): Record<string, string | number | boolean> {
  return Object.fromEntries(
    pairs.map(({ key, value: { stringValue, intValue, doubleValue, boolValue } }) => {
      const number = intValue === undefined ? doubleValue : Number(intValue);
      return [key, stringValue ?? boolValue ?? number ?? ''];
    }),
  );
}

// The demo's workload: an HTTP server that burns a set CPU time per request. Plain Node, no dependencies.
// PORT: where to listen (127.0.0.1). WORK_MS: CPU milliseconds per request (default 4). CPU_LIMIT_MILLI: how much CPU it may
// use, in thousandths of a core, as a limit of the kernel would hold it to (default: no limit); requests then wait their turn.
// GET / works, /healthz tells readiness, /metrics is for Prometheus. SIGTERM: not ready any more, open requests are
// answered, then it ends.
import { createServer } from 'node:http';

const port = Number(process.env.PORT ?? 8080);
const workMs = Number(process.env.WORK_MS ?? 4);
if (!Number.isInteger(port) || port < 0 || port > 65_535)
  throw new Error(`PORT must be 0..65535, not ${process.env.PORT}`);
const limitMilli = Number(process.env.CPU_LIMIT_MILLI ?? Number.POSITIVE_INFINITY);
if (!(limitMilli > 0)) throw new Error(`CPU_LIMIT_MILLI must be above 0, not ${process.env.CPU_LIMIT_MILLI}`);
if (!(workMs >= 0)) throw new Error(`WORK_MS must be a number of milliseconds, not ${process.env.WORK_MS}`);

/** Work is done in slices of this length, so that probes and other requests are not held up behind it. */
const SLICE_MS = 2;

const requests = new Map();
let inFlight = 0;
let stopping = false;
// Read by burn(), so that the loop is not optimized away.
let sink = 0;

/** CPU time of this process in milliseconds: unlike the clock, it stands still while others have the processor. */
function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function burn(ms) {
  const until = cpuMs() + ms;
  while (cpuMs() < until) for (let step = 0; step < 5_000; step++) sink = (sink * 31 + step) | 0;
}

/** Burns in slices; a limited server then rests for as long as its limit demands before it takes the next request. */
function work(remainingMs, done) {
  if (remainingMs <= 0) {
    done();
    return;
  }
  const slice = Math.min(SLICE_MS, remainingMs);
  burn(slice);
  const restMs = Number.isFinite(limitMilli) ? (slice * 1000) / limitMilli - slice : 0;
  if (restMs >= 1) setTimeout(work, restMs, remainingMs - slice, done);
  else setImmediate(work, remainingMs - slice, done);
}

/** Requests that wait for a limited server: one at a time has the CPU. */
const waiting = [];
let working = false;

function take(response, done) {
  if (!Number.isFinite(limitMilli)) {
    work(workMs, done);
    return;
  }
  waiting.push({ response, done });
  if (!working) next();
}

function next() {
  // Who has gone away in the meantime is not worked for.
  while (waiting[0]?.response.destroyed) waiting.shift().done();
  const first = waiting.shift();
  working = first !== undefined;
  if (!first) return;
  work(workMs, () => {
    first.done();
    next();
  });
}

function metrics() {
  const lines = ['# HELP http_requests_total Requests answered.', '# TYPE http_requests_total counter'];
  for (const [code, count] of requests) lines.push(`http_requests_total{code="${code}"} ${count}`);
  if (requests.size === 0) lines.push('http_requests_total{code="200"} 0');
  lines.push('# HELP http_requests_in_flight Requests being worked on.', '# TYPE http_requests_in_flight gauge');
  lines.push(`http_requests_in_flight ${inFlight}`);
  const { user, system } = process.cpuUsage();
  lines.push('# HELP process_cpu_seconds_total CPU time used.', '# TYPE process_cpu_seconds_total counter');
  lines.push(`process_cpu_seconds_total ${(user + system) / 1e6}`);
  return `${lines.join('\n')}\n`;
}

function answer(response, code, body, type = 'text/plain') {
  const headers = { 'content-type': `${type}; charset=utf-8`, 'content-length': Buffer.byteLength(body) };
  // A stopping server lets go of its connections one by one.
  response.writeHead(code, stopping ? { ...headers, connection: 'close' } : headers).end(body);
}

const server = createServer((request, response) => {
  const path = request.url?.split('?', 1)[0];
  request.resume();
  if (path === '/healthz') return answer(response, stopping ? 503 : 200, stopping ? 'stopping\n' : 'ok\n');
  if (path === '/metrics') return answer(response, 200, metrics(), 'text/plain; version=0.0.4');
  inFlight++;
  take(response, () => {
    inFlight--;
    const code = path === '/' || path === '/work' ? 200 : 404;
    requests.set(code, (requests.get(code) ?? 0) + 1);
    answer(response, code, code === 200 ? `done by ${process.env.HOSTNAME ?? process.pid}\n` : 'not found\n');
  });
});

// Longer than a client's or proxy's own idle limit, so that it is the client that closes.
server.keepAliveTimeout = 75_000;
server.listen(port, '127.0.0.1', () =>
  process.stdout.write(`listening on ${server.address().port}, ${workMs} ms of work per request\n`),
);

process.on('SIGTERM', () => {
  if (stopping) return;
  stopping = true;
  process.stdout.write(`stopping: ${inFlight} requests to answer\n`);
  // Ends when the last answer is out; idle connections are closed at once.
  server.close(() => process.exit(0));
});

// Keeps web pages away. Whoever may create a pod here runs a process on this machine, and a page in the user's browser can send
// requests to 127.0.0.1: so what carries the marks of a browser, or another host's name, is refused.

import type { IncomingHttpHeaders } from 'node:http';
import { ApiStatusError } from '../status.ts';

const loopback = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/i;

/** Throws 403 for a request that a web page sent or that was led here under another name (DNS rebinding). */
export function refuseBrowsers(headers: IncomingHttpHeaders): void {
  if (headers.origin !== undefined || headers['sec-fetch-site'] !== undefined) {
    throw new ApiStatusError(403, 'Forbidden', 'requests from web pages are refused: use kubectl or another client');
  }
  const { host } = headers;
  if (host !== undefined && !loopback.test(host)) {
    throw new ApiStatusError(
      403,
      'Forbidden',
      `requests for the host ${JSON.stringify(host)} are refused: use 127.0.0.1 or localhost`,
    );
  }
}

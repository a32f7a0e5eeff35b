// How the page reads: always anew, since an answer from a cache would come with the time of an earlier one.
import { createServer } from 'node:http';
import { expect, it, onTestFinished } from 'vitest';
import { readJson } from '../../../src/server/page/read-json.ts';

it('reads past every cache', async () => {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.headers['cache-control']);
    response.setHeader('etag', '"same"').end('{"nowMs":1}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const never = new AbortController().signal;
  for (let count = 0; count < 2; count++) {
    expect(await readJson(`http://127.0.0.1:${port}/`, never)).toEqual({ value: { nowMs: 1 } });
  }
  expect(asked).toEqual(['no-cache', 'no-cache']);
});

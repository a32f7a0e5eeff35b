// A file from the net whose checksum is known beforehand. Gives up within seconds where there is no net.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Agent, EnvHttpProxyAgent, fetch } from 'undici';
import type { Archive } from './versions.ts';

const CONNECT_TIMEOUT_MS = 4_000;
/** Without a byte. */
const STALL_TIMEOUT_MS = 20_000;

class Unreachable extends Error {}

export function isUnreachable(error: unknown): boolean {
  return error instanceof Unreachable;
}

/** @throws Error with one line, or the reason of `signal`; the file is of no use then. */
export async function download(archive: Archive, file: string, signal: AbortSignal | undefined): Promise<void> {
  const timeouts = {
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: STALL_TIMEOUT_MS,
    bodyTimeout: STALL_TIMEOUT_MS,
  };
  const proxied = process.env['HTTPS_PROXY'] ?? process.env['https_proxy'];
  const dispatcher = proxied === undefined ? new Agent(timeouts) : new EnvHttpProxyAgent(timeouts);
  try {
    const response = await fetch(archive.url, { dispatcher, signal: signal ?? null }).catch((error: unknown) => {
      signal?.throwIfAborted();
      const cause = error instanceof Error ? (error.cause as NodeJS.ErrnoException | undefined) : undefined;
      throw new Unreachable(`cannot be reached: ${cause?.code ?? String(error)}`, { cause: error });
    });
    if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
    const hash = createHash(archive.algorithm);
    const hashing = new Transform({
      transform(chunk: Buffer, _, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    });
    await pipeline(response.body, hashing, createWriteStream(file), signal === undefined ? {} : { signal });
    if (hash.digest('hex') !== archive.checksum) {
      throw new Error(`the ${archive.algorithm} of ${archive.url} is not the published one`);
    }
  } finally {
    await dispatcher.destroy();
  }
}

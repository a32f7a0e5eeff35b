// The files of the page, read once from a folder at the start. Files with a hash in their name never change; the others are asked for
// again each time. Without the folder the page says what to do.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import { type Body, fixedBody } from './body.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
};
/** As esbuild names them: `main-4YDGWIKA.js`. */
const HASHED = /-[A-Z0-9]{8}\.[a-z0-9]+$/;
/** Beside the page, what is not served: it is for debuggers, and larger than all the rest. */
const LEFT_OUT = /\.(?:map|LEGAL\.txt)$/;
const NO_PAGE = 'the page is not built: run `npm run build`, or use the image; the data is under /api/v1/targets\n';

export interface Assets {
  /** By path, `/` for the page itself. */
  get(path: string): Body | undefined;
}

/** The first of these folders that has a page; undefined when none has. */
export function findPageFolder(candidates: readonly string[]): string | undefined {
  return candidates.find((folder) => existsSync(join(folder, 'index.html')));
}

/** Reads all files of the folder; undefined gives one line in place of the page. */
export function loadAssets(folder: string | undefined): Assets {
  const files = new Map<string, Body>();
  if (folder === undefined) {
    files.set(
      '/',
      fixedBody(new TextEncoder().encode(NO_PAGE), { type: 'text/plain; charset=utf-8', cache: 'no-store' }),
    );
    return files;
  }
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const file = join(entry.parentPath, entry.name);
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || type === undefined || LEFT_OUT.test(entry.name)) continue;
    const cache = HASHED.test(entry.name) ? 'public, max-age=31536000, immutable' : 'no-cache';
    const path = `/${relative(folder, file).split(sep).join('/')}`;
    files.set(path, fixedBody(new Uint8Array(readFileSync(file)), { type, cache }));
  }
  const index = files.get('/index.html');
  if (index) files.set('/', index);
  return files;
}

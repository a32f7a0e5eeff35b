// The page of the demo: built before the controller starts, and its address once it is served.
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { writePage } from '../page.ts';

/** Where a controller that runs from source looks for it. */
const FOLDER = 'dist/page';

export async function preparePage(): Promise<void> {
  await writePage(FOLDER);
}

/** The address at which this controller serves its page, from its log; undefined when it does not. */
export async function pageAddress({ stdout }: Pick<ChildProcess, 'stdout'>): Promise<string | undefined> {
  if (!stdout) return undefined;
  const lines = createInterface({ input: stdout });
  try {
    for await (const line of lines) {
      if (line.includes('"page not served"')) return undefined;
      if (!line.includes('"page served"')) continue;
      const { address, port } = JSON.parse(line) as { address: string; port: number };
      return `http://${address}:${port}/`;
    }
    return undefined;
  } finally {
    lines.close();
    // The log still goes to its file.
    stdout.resume();
  }
}

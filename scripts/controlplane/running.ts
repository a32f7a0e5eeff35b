// Whether a control plane runs from a folder already: a second one would take its data and its kubeconfig away.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { asRecord, own, ownList, ownText } from '../../src/api/json-input.ts';
import { isFree } from '../../test/controlplane/ports.ts';

/** URL of the API server that the kubeconfig in `directory` names, when somebody listens there. */
export async function serverRunningFrom(directory: string): Promise<string | undefined> {
  const file = join(directory, 'credentials/admin.kubeconfig');
  if (!existsSync(file)) return undefined;
  const [first] = ownList(asRecord(parse(readFileSync(file, 'utf8'))), 'clusters');
  const url = ownText(asRecord(own(asRecord(first), 'cluster')), 'server');
  if (url === undefined || (await isFree(Number(new URL(url).port)))) return undefined;
  return url;
}

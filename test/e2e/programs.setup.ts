// Fetches or builds the programs of the control plane before the first test: several files ask for them at the same time.
import { findPrograms } from '../controlplane/binaries.ts';
import { type ProgramName, SOURCES } from '../controlplane/versions.ts';

export async function setup(): Promise<void> {
  const names = SOURCES.flatMap(({ programs }) => Object.keys(programs) as ProgramName[]);
  await findPrograms(names, { log: (line) => process.stdout.write(`${line}\n`) });
}

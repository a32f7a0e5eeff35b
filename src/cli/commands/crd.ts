// `setpoint crd`: the CustomResourceDefinition of this version.
import type { Command } from '../command.ts';

export const crdCommand: Command = {
  name: 'crd',
  summary: 'print the CustomResourceDefinition',
  description: 'Prints the CustomResourceDefinition that belongs to this version, to apply it or to compare it.',
  flags: [],
  examples: ['setpoint crd | kubectl apply -f -', 'setpoint crd | kubectl diff -f -'],
  exitCodes: [],
  async run(io) {
    // The schema and its tools are loaded for this command alone.
    const { renderCrd } = await import('../../api/crd-yaml.ts');
    io.stdout.write(renderCrd());
    return 0;
  },
};

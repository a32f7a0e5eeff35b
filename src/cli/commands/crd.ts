// `setpoint crd`: the CustomResourceDefinition of this version.
import { renderCrd } from '../../api/crd-yaml.ts';
import type { Command } from '../command.ts';

export const crdCommand: Command = {
  name: 'crd',
  summary: 'print the CustomResourceDefinition',
  description: 'Prints the CustomResourceDefinition that belongs to this version, to apply it or to compare it.',
  flags: [],
  examples: ['setpoint crd | kubectl apply -f -', 'setpoint crd | kubectl diff -f -'],
  exitCodes: [],
  run(io) {
    io.stdout.write(renderCrd());
    return Promise.resolve(0);
  },
};

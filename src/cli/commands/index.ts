// All commands, in the order of the help.
import type { Command } from '../command.ts';
import { convertCommand } from './convert.ts';
import { crdCommand } from './crd.ts';
import { decideCommand } from './decide.ts';
import { explainCommand } from './explain.ts';
import { runCommand } from './run.ts';

export const COMMANDS: readonly Command[] = [runCommand, explainCommand, decideCommand, convertCommand, crdCommand];

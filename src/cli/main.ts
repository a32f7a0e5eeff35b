#!/usr/bin/env node
// The command line: `setpoint`, and as a plugin `kubectl setpoint`.
import { COMMANDS } from './commands/index.ts';
import { runProcess } from './process.ts';

process.exit(await runProcess(COMMANDS, process.argv.slice(2)));

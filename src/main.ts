// The controller as the image runs it: `setpoint run` and nothing else, so that it starts quickly.
import { runCommand } from './cli/commands/run.ts';
import { runProcess } from './cli/process.ts';

process.exit(await runProcess([runCommand], ['run', ...process.argv.slice(2)]));

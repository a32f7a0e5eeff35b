// Writes dist: setpoint.js is the command line, controller.js what the image runs, each one file with a source map.
import { chmod, mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { bundle, ENTRIES } from './bundle.ts';

const OUT = 'dist';

await rm(OUT, { recursive: true, force: true });
await mkdir(OUT);
const { warnings } = await bundle(OUT);
await writeFile(`${OUT}/package.json`, '{ "type": "module" }\n');
for (const entry of Object.keys(ENTRIES)) {
  const file = `${OUT}/${entry}.js`;
  await chmod(file, 0o755);
  const { size } = await stat(file);
  console.log(`${file}  ${(size / 1024).toFixed(0)} kB`);
}
for (const warning of warnings) console.warn(warning);

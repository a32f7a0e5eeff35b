// Writes dist: setpoint.js is the command line, with its commands in parts/, and controller.js what the image runs, one file; both
// with source maps. page/ is what the controller serves to browsers.
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { bundle } from './bundle.ts';
import { writePage } from './page.ts';

const OUT = 'dist';

await rm(OUT, { recursive: true, force: true });
await mkdir(OUT);
await writeFile(`${OUT}/package.json`, '{ "type": "module" }\n');
for (const entry of ['setpoint', 'controller'] as const) {
  const { metafile, warnings } = await bundle(OUT, entry);
  await chmod(`${OUT}/${entry}.js`, 0o755);
  for (const [file, { bytes }] of Object.entries(metafile.outputs)) {
    if (file.endsWith('.js')) console.log(`${file}  ${(bytes / 1024).toFixed(0)} kB`);
  }
  for (const warning of warnings) console.warn(warning);
}

for (const { name, contents } of await writePage(`${OUT}/page`)) {
  console.log(`${OUT}/page/${name}  ${(gzipSync(contents).length / 1024).toFixed(1)} kB gzip`);
}

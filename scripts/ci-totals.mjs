// Adds up the reports of the test runs and prints the one closing line; fails when a run is missing or ran nothing.
import { readFileSync } from 'node:fs';

let [passed, failed] = [0, 0];
for (const file of process.argv.slice(2)) {
  const report = JSON.parse(readFileSync(file, 'utf8'));
  if (report.numTotalTests === 0) throw new Error(`${file}: no test ran`);
  passed += report.numPassedTests;
  failed += report.numFailedTests + report.numPendingTests;
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

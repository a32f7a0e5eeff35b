// The files that a run of the scenarios writes: a picture of each and examples/scenarios/README.md. Promises the same text for the same
// runs, so that a check can say when they are out of date.
import type { Verdict } from '../../src/simulator/figures.ts';
import { FOLDER, playResult, readScenario, type Result, scenarioNames } from './files.ts';
import { plotOf } from './plot.ts';
import { length, limitText, measuredText } from './words.ts';

export interface Page {
  /** From the root of the repository. */
  readonly path: string;
  readonly render: () => string;
}

const INTRO = `<!-- Written by \`npm run scenarios -- --write\`, from the scenarios and from what was played: change those. -->
# Scenarios

Eight loads that were real once, each with a workload, a ScaledTarget, and often something that goes wrong. They are played in counted
time through the decision that the controller makes, so that a day takes a second and the same run always comes to the same end.

\`\`\`sh
npm run scenarios                  # all: every change of size with its why, and what must be true
npm run scenarios -- flash-crowd   # one; --beside shows the other spec beside it too
npm run scenarios -- --write       # draws the pictures and this page anew; npm run check:generated says when they are out of date
\`\`\`

\`npm test\` plays them all and fails with the first thing that is not as it must be.
`;

const READING = `## How to read a picture

The grey area is the load, in pods that would be just on their target. The blue line is the size, the green one the pods that are ready:
where the blue line runs ahead of the green one, pods are starting. The dotted line is what the metrics asked for before windows, rates and
bounds. The dashed line is the size under the other spec that stands beside. Yellow bands are what goes wrong.

## What is in a folder

- \`scaledtarget.yaml\`: a Deployment and its ScaledTarget, as \`kubectl apply -f\` takes them.
- \`load.csv\`: \`seconds,value\`, a value holds until the next.
- \`scenario.yaml\`: unit and origin of the load, what a pod can do and how long it takes to start, how often metrics are sampled and how late
  they are seen, what goes wrong when, and what must be true. A scenario of your own is a folder of three such files.

## What is simplified

- A pod does what it can and no more; work that comes beyond that is not queued. "Short of pods" is the time in which more came than the
  ready pods could do.
- Pods are ready after a fixed time, and there is always room for them.
- The load is real. What goes wrong is laid over it, and so is the workload: nobody knows the pods that once bore these loads.

`;

/** Every file with how to make it. All scenarios are played once, when the first is made. */
export function scenarioPages(): readonly Page[] {
  let results: readonly Result[] | undefined;
  const played = () => (results ??= scenarioNames().map((name) => playResult(readScenario(name))));
  return [
    { path: `${FOLDER}/README.md`, render: () => readmeOf(played()) },
    ...scenarioNames().map((name, index) => ({
      path: `${FOLDER}/${name}/timeline.svg`,
      render: () => {
        const result = played()[index];
        return result ? plotOf(result) : '';
      },
    })),
  ];
}

function readmeOf(results: readonly Result[]): string {
  return [
    INTRO,
    '| scenario | what it is | watch for | what must be true |',
    '|---|---|---|---|',
    ...results.map(overviewRow),
    '',
    READING.trimEnd(),
    '',
    ...results.flatMap(sectionOf),
    ...sourcesOf(results),
    '',
  ].join('\n');
}

function overviewRow({ scenario: { name, file }, verdicts }: Result): string {
  const own = verdicts.filter(({ expectation }) => expectation.of === 'itself');
  const must = own.map(({ expectation }) => expectation.says).join('; ');
  return `| [${name}](#${name}) | ${file.brief} | ${file.watch[0] ?? ''} | ${must} |`;
}

function sectionOf({ scenario, verdicts }: Result): string[] {
  const { name, file, load, seconds } = scenario;
  return [
    `## ${name}`,
    '',
    `${file.story.trim()} ${load.points} values of ${file.load.unit}, ${length(seconds)}.`,
    '',
    `![${file.title}: load, size and ready pods over time](${name}/timeline.svg)`,
    '',
    'Watch:',
    '',
    ...file.watch.map((line) => `- ${line}`),
    '',
    '| what must be true | measured | limit |',
    '|---|---|---|',
    ...verdicts.map((verdict) => expectationRow(verdict, file.beside?.title)),
    '',
  ];
}

function expectationRow(verdict: Verdict, beside: string | undefined): string {
  const { of, says } = verdict.expectation;
  const who = of === 'beside' ? `*${beside ?? of}*: ` : '';
  return `| ${who}${says} | ${measuredText(verdict)} | ${limitText(verdict)} |`;
}

function sourcesOf(results: readonly Result[]): string[] {
  return [
    '## Where the loads come from',
    '',
    'The extracts are small, changed only as said here, and under the licences of their sources; the texts are in [licences](licences).',
    '',
    '| load | origin | commit | licence | how it was cut |',
    '|---|---|---|---|---|',
    ...results.map(({ scenario: { name, file } }) => {
      const { origin, commit, licence, cut } = file.load.source;
      return `| [${name}](${name}/load.csv) | ${origin} | \`${commit.slice(0, 12)}\` | ${licence} | ${cut} |`;
    }),
  ];
}

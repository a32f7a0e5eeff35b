// Colours, places and numbers of the pictures, readable in light and in dark. Pure.

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Told apart also by those who see few colours; more series than colours begin again. */
const COLOURS = ['0969da', 'e16f24', '1a7f37', '8250df', 'bf3989', '9a6700', '0a7ea4', '57606a'];

export const STYLE = `
  text { fill: #1f2328; } .small { fill: #57606a; font-size: 10.5px; } .panel { fill: none; stroke: #d0d7de; }
  .grid { stroke: #d0d7de; } .line { fill: none; stroke-width: 1.5; stroke-linejoin: round; } .bad { fill: #cf222e; } .good { fill: #0969da; } .off { fill: #8c959f; }
${COLOURS.map((colour, index) => `  .c${index} { stroke: #${colour}; fill: #${colour}; }`).join('\n')}
  .line { fill: none !important; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .small { fill: #9da7b3; } .panel, .grid { stroke: #30363d; }
  }
`;

export const colourOf = (index: number): string => `c${index % COLOURS.length}`;

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** A number with its unit, as short as it may be. */
export function numberText(value: number, unit: string): string {
  if (unit === 'percentunit') return `${short(value * 100)} %`;
  if (unit === 's') return value !== 0 && Math.abs(value) < 1 ? `${short(value * 1000)} ms` : `${short(value)} s`;
  if (unit === 'bytes') return `${short(value / 2 ** 20)} MiB`;
  if (unit === 'opm') return `${short(value)} /min`;
  return ['ops', 'reqps', 'wps'].includes(unit) ? `${short(value)} /s` : short(value);
}

const short = (value: number): string => String(Number(value.toPrecision(3)));

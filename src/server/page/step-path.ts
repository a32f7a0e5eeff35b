// A row of sizes as the path of a line of steps, from zero to the largest of them.

/** The path of a line of steps. */
export function stepPath(sizes: readonly number[], width: number, height: number, pad: number): string {
  if (sizes.length === 0) return '';
  const top = Math.max(1, ...sizes);
  const step = sizes.length > 1 ? width / (sizes.length - 1) : width;
  const y = (size: number): string => (height - pad - (size / top) * (height - 2 * pad)).toFixed(1);
  const [first = 0, ...rest] = sizes;
  const moves = rest.map((size, index) => `H${((index + 1) * step).toFixed(1)}V${y(size)}`);
  return `M0 ${y(first)}${moves.join('')}${rest.length === 0 ? `H${width}` : ''}`;
}

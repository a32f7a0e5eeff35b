// Recent sizes as a small line of steps, from zero to the largest of them. The numbers beside it say the same, so it is decoration.
import { stepPath } from './step-path.ts';

const WIDTH = 96;
const HEIGHT = 22;
const PAD = 3;

export function Sparkline({ sizes }: { readonly sizes: readonly number[] }) {
  const path = stepPath(sizes, WIDTH, HEIGHT, PAD);
  return (
    <svg class="spark" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
      {path !== '' && (
        <>
          <path class="area" d={`${path}V${HEIGHT}H0Z`} />
          <path class="line" d={path} />
        </>
      )}
    </svg>
  );
}

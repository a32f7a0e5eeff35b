// What is painted beside the lines of a chart: stretches of time behind them, marked moments over them.
import type uPlot from 'uplot';

/** A stretch of time, such as a stabilization window. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
  readonly label: string;
  /** A variable of styles/theme.css. */
  readonly colour: string;
}

/** A moment: a change of size. */
export interface Mark {
  readonly id: string;
  readonly atMs: number;
  readonly isUp: boolean;
}

export interface Overlay {
  readonly stretches: readonly Stretch[];
  readonly marks: readonly Mark[];
  readonly selected: string | undefined;
  /** A value to draw a line at. */
  readonly level?: number;
}

const SIGN = 5;

/** A variable of styles/theme.css as a colour that a canvas understands, in the theme that is shown. */
export function cssColour(variable: string): string {
  const probe = document.createElement('i');
  probe.style.color = `var(${variable})`;
  document.body.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

/** Behind the lines. */
export function paintBands(plot: uPlot, { stretches, level }: Overlay): void {
  const { ctx, bbox } = plot;
  ctx.save();
  clip(plot);
  for (const [index, { fromMs, toMs, label, colour }] of stretches.entries()) {
    const left = plot.valToPos(fromMs / 1000, 'x', true);
    const right = plot.valToPos(toMs / 1000, 'x', true);
    ctx.fillStyle = cssColour(colour);
    ctx.fillRect(left, bbox.top, right - left, bbox.height);
    const scale = devicePixelRatio;
    ctx.fillStyle = cssColour('--muted');
    ctx.font = `${10 * scale}px system-ui, sans-serif`;
    ctx.textBaseline = 'top';
    paintLabel(plot, label, { left, right, top: bbox.top + (4 + 13 * index) * scale });
  }
  if (level !== undefined) {
    const y = plot.valToPos(level, 'y', true);
    ctx.strokeStyle = cssColour('--target-line');
    ctx.lineWidth = devicePixelRatio;
    ctx.setLineDash([5 * devicePixelRatio, 4 * devicePixelRatio]);
    line(ctx, [bbox.left, y], [bbox.left + bbox.width, y]);
  }
  ctx.restore();
}

/** Inside its stretch where it fits, else to the left of it, else to the right. */
function paintLabel(
  { ctx, bbox }: uPlot,
  label: string,
  { left, right, top }: { readonly left: number; readonly right: number; readonly top: number },
): void {
  const gap = 4 * devicePixelRatio;
  const { width } = ctx.measureText(label);
  const begin = Math.max(left, bbox.left);
  const isInside = right - begin > width + gap;
  const isLeft = !isInside && left - bbox.left > width + gap;
  ctx.textAlign = isLeft ? 'right' : 'left';
  ctx.fillText(label, isInside ? begin + gap : isLeft ? left - gap : right + gap, top);
}

/** Over the lines: at each change a line, and at its foot an arrow up or down; the selected one stands out. */
export function paintMarks(plot: uPlot, { marks, selected }: Overlay): void {
  const { ctx, bbox } = plot;
  const scale = devicePixelRatio;
  ctx.save();
  clip(plot, SIGN * scale);
  for (const { id, atMs, isUp } of marks) {
    const x = plot.valToPos(atMs / 1000, 'x', true);
    const isSelected = id === selected;
    ctx.strokeStyle = cssColour(isSelected ? '--accent' : '--mark');
    ctx.fillStyle = ctx.strokeStyle;
    ctx.lineWidth = (isSelected ? 2 : 1) * scale;
    ctx.setLineDash(isSelected ? [] : [2 * scale, 3 * scale]);
    line(ctx, [x, bbox.top], [x, bbox.top + bbox.height]);
    ctx.beginPath();
    const size = (isSelected ? SIGN + 2 : SIGN) * scale;
    const foot = bbox.top + (isUp ? size * 1.6 : 0);
    const tip = bbox.top + (isUp ? 0 : size * 1.6);
    ctx.moveTo(x, tip);
    ctx.lineTo(x - size, foot);
    ctx.lineTo(x + size, foot);
    ctx.fill();
  }
  ctx.restore();
}

function clip({ ctx, bbox }: uPlot, beyond = 0): void {
  ctx.beginPath();
  ctx.rect(bbox.left - beyond, bbox.top - beyond, bbox.width + 2 * beyond, bbox.height + beyond);
  ctx.clip();
}

function line(ctx: CanvasRenderingContext2D, from: readonly [number, number], to: readonly [number, number]): void {
  ctx.beginPath();
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
}

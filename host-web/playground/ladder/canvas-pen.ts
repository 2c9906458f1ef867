/**
 * The pen for a canvas. Colours of the theme are read once, and again when the theme changes.
 */
import { headCorners, type Ink, type LineStyle, type Pen, type TextStyle } from './pen.ts';

const INKS: readonly Ink[] = [
  'ink',
  'soft',
  'line',
  'edge',
  'panel',
  'raised',
  'a',
  'b',
  'x',
  'bad',
  'mark',
];
const SANS = 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif';

export class CanvasPen implements Pen {
  readonly #context: CanvasRenderingContext2D;
  #colours = {} as Record<Ink, string>;
  #font = '';

  constructor(canvas: HTMLCanvasElement) {
    this.#context = canvas.getContext('2d', { alpha: false })!;
    this.readTheme();
  }

  /** Asks the web page what its colours are now. */
  readTheme(): void {
    // A custom property's text is not yet a colour: an element that uses it says which it is.
    const probe = document.createElement('i');
    document.body.append(probe);
    for (const ink of INKS) {
      probe.style.color = `var(--${ink})`;
      this.#colours[ink] = getComputedStyle(probe).color;
    }
    probe.remove();
  }

  /** Begins a picture: its size in CSS pixels, and how far everything is moved up. */
  begin(width: number, height: number, ratio: number): void {
    this.#font = '';
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.strength(1);
    this.rect(0, 0, width, height, 'panel');
  }

  /** Moves everything drawn from here on. */
  move(y: number, ratio: number): void {
    this.#context.setTransform(ratio, 0, 0, ratio, 0, y * ratio);
  }

  strength(alpha: number): void {
    this.#context.globalAlpha = alpha;
  }

  line(x1: number, y1: number, x2: number, y2: number, style: LineStyle): void {
    const context = this.#context;
    context.strokeStyle = this.#colours[style.ink];
    context.lineWidth = style.width ?? 1;
    context.setLineDash(style.dash === undefined ? [] : [...style.dash]);
    context.beginPath();
    context.moveTo(x1, y1);
    context.lineTo(x2, y2);
    context.stroke();
  }

  text(x: number, y: number, text: string, style: TextStyle): void {
    if (style.angle === undefined) {
      this.#write(x, y, text, style);
      return;
    }
    this.#context.save();
    this.#context.translate(x, y);
    this.#context.rotate(style.angle);
    this.#write(0, 0, text, style);
    this.#context.restore();
    this.#font = '';
  }

  #write(x: number, y: number, text: string, style: TextStyle): void {
    const context = this.#context;
    const font = `${style.bold ? '600 ' : ''}${style.size ?? 11}px ${SANS}`;
    if (font !== this.#font) context.font = this.#font = font;
    context.textAlign = style.anchor === 'middle' ? 'center' : (style.anchor ?? 'start');
    if (style.halo) {
      context.strokeStyle = this.#colours.panel;
      context.lineWidth = 3;
      context.lineJoin = 'round';
      context.setLineDash([]);
      context.strokeText(text, x, y, style.room);
    }
    context.fillStyle = this.#colours[style.ink];
    context.fillText(text, x, y, style.room);
  }

  rect(x: number, y: number, width: number, height: number, ink: Ink): void {
    this.#context.fillStyle = this.#colours[ink];
    this.#context.fillRect(x, y, width, height);
  }

  head(fromX: number, fromY: number, x: number, y: number, ink: Ink): void {
    const context = this.#context;
    context.fillStyle = this.#colours[ink];
    context.beginPath();
    for (const [cornerX, cornerY] of headCorners(fromX, fromY, x, y)) {
      context.lineTo(cornerX, cornerY);
    }
    context.fill();
  }
}

/**
 * The pen for the figure that stands in the web page before anything has run.
 */
import { headCorners, type Ink, type LineStyle, type Pen, type TextStyle } from './pen.ts';

/** Width of an ordinary letter, as a share of its size. */
const LETTER = 0.62;

const round = (value: number): string => String(Math.round(value * 10) / 10);

/** Text as it may stand between tags and in quoted attributes. */
export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
}

export class SvgPen implements Pen {
  readonly #parts: string[] = [];
  #alpha = '';

  /** Everything drawn so far. */
  get markup(): string {
    return this.#parts.join('');
  }

  strength(alpha: number): void {
    this.#alpha = alpha === 1 ? '' : ` opacity="${alpha}"`;
  }

  line(x1: number, y1: number, x2: number, y2: number, style: LineStyle): void {
    const dash = style.dash === undefined ? '' : ` stroke-dasharray="${style.dash.join(' ')}"`;
    const ends = `x1="${round(x1)}" y1="${round(y1)}" x2="${round(x2)}" y2="${round(y2)}"`;
    this.#parts.push(
      `<line ${ends} stroke="var(--${style.ink})" stroke-width="${style.width ?? 1}"${dash}` +
        `${this.#alpha}/>`,
    );
  }

  text(x: number, y: number, text: string, style: TextStyle): void {
    const anchor = style.anchor === undefined ? '' : ` text-anchor="${style.anchor}"`;
    const weight = style.bold ? ' font-weight="600"' : '';
    const halo = style.halo
      ? ' paint-order="stroke" stroke="var(--panel)" stroke-width="3" stroke-linejoin="round"'
      : '';
    const turn =
      style.angle === undefined
        ? ''
        : ` transform="rotate(${round((style.angle * 180) / Math.PI)} ${round(x)} ${round(y)})"`;
    const size = style.size ?? 11;
    const isWide = style.room !== undefined && text.length * size * LETTER > style.room;
    const fit = isWide ? ` textLength="${round(style.room!)}" lengthAdjust="spacingAndGlyphs"` : '';
    this.#parts.push(
      `<text x="${round(x)}" y="${round(y)}" font-size="${size}"${anchor}${weight}` +
        `${halo}${turn}${fit} fill="var(--${style.ink})"${this.#alpha}>${escaped(text)}</text>`,
    );
  }

  rect(x: number, y: number, width: number, height: number, ink: Ink): void {
    this.#parts.push(
      `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"` +
        ` fill="var(--${ink})"${this.#alpha}/>`,
    );
  }

  head(fromX: number, fromY: number, x: number, y: number, ink: Ink): void {
    const corners = headCorners(fromX, fromY, x, y)
      .map(([cornerX, cornerY]) => `${round(cornerX)},${round(cornerY)}`)
      .join(' ');
    this.#parts.push(`<polygon points="${corners}" fill="var(--${ink})"${this.#alpha}/>`);
  }
}

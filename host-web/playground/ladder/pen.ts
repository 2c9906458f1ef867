/**
 * What a ladder is drawn with: on a canvas while the web page runs, as SVG text when the web page
 * is built.
 *
 * Both pens draw the same picture from the same calls. Colours are names of the theme's variables,
 * so that a figure in the web page follows its theme without being drawn again.
 */

/** A variable of `theme.css`. */
export type Ink =
  | 'ink'
  | 'soft'
  | 'line'
  | 'edge'
  | 'panel'
  | 'raised'
  | 'a'
  | 'b'
  | 'x'
  | 'bad'
  | 'mark';

export interface TextStyle {
  readonly ink: Ink;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly size?: number;
  readonly bold?: boolean;
  /** A rim in the ground's colour, so that lines may run behind the text. */
  readonly halo?: boolean;
  /** Pixels it may take; a wider text is drawn narrower. */
  readonly room?: number;
  /** Radians, clockwise, about where it is anchored. */
  readonly angle?: number;
}

export interface LineStyle {
  readonly ink: Ink;
  readonly width?: number;
  readonly dash?: readonly number[];
}

export interface Pen {
  /** How strong everything is from here on: 1 is full. */
  strength(alpha: number): void;
  line(x1: number, y1: number, x2: number, y2: number, style: LineStyle): void;
  /** `y` is the text's base line. */
  text(x: number, y: number, text: string, style: TextStyle): void;
  rect(x: number, y: number, width: number, height: number, ink: Ink): void;
  /** The head of an arrow that comes from (`fromX`, `fromY`) and ends at (`x`, `y`). */
  head(fromX: number, fromY: number, x: number, y: number, ink: Ink): void;
}

/** The three corners of an arrow's head. */
export function headCorners(
  fromX: number,
  fromY: number,
  x: number,
  y: number,
): [number, number][] {
  const angle = Math.atan2(y - fromY, x - fromX);
  const corner = (turn: number): [number, number] => [
    x - 9 * Math.cos(angle + turn),
    y - 9 * Math.sin(angle + turn),
  ];
  return [[x, y], corner(0.38), corner(-0.38)];
}

import { stripVTControlCharacters } from 'node:util';

const STYLES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

export type Style = keyof typeof STYLES;

const MAX_WIDTH = 110;
/** Boxes in a narrower terminal would break most words. */
const MIN_BOX_WIDTH = 72;

/** The output of a command: in colour, with boxes and within the width of a terminal. Plain lines if it is no terminal. */
export class Terminal {
  /** Whether boxes are drawn, and text is wrapped. */
  public readonly boxes: boolean;
  /** The longest line. */
  public readonly width: number;
  /** The whole output. */
  public readonly printed: string[] = [];
  private readonly colour: boolean;

  constructor(private readonly stream: NodeJS.WriteStream, environment: NodeJS.ProcessEnv = process.env) {
    const capable = stream.isTTY && environment.TERM !== 'dumb';
    const columns = stream.columns || 80;
    this.boxes = capable && columns >= MIN_BOX_WIDTH;
    this.width = this.boxes ? Math.min(MAX_WIDTH, columns) : Infinity;
    this.colour = wantsColour(capable, environment);
  }

  public style(style: Style, text: string): string {
    const [on, off] = STYLES[style];
    return this.colour ? `\x1b[${on}m${text}\x1b[${off}m` : text;
  }

  public line(text: string = ''): void {
    this.printed.push(text);
    this.stream.write(`${text}\n`);
  }

  /** A paragraph. Lines after the first are indented like the text after the lead. */
  public paragraph(text: string, options: { readonly lead?: string; readonly style?: Style } = {}): void {
    const { lead = '  ', style } = options;
    const indent = visibleWidth(lead);
    wrap(text, this.width - indent).forEach((line, index) => {
      this.line((index === 0 ? lead : ' '.repeat(indent)) + (style ? this.style(style, line) : line));
    });
  }
}

export function visibleWidth(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}

/** The lines of a text without styles. A word that is too long for a line is broken. */
export function wrap(text: string, width: number): string[] {
  const lines = [''];
  for (let word of text.split(' ')) {
    const line = lines[lines.length - 1];
    if (line === '' || visibleWidth(line) + 1 + visibleWidth(word) <= width) {
      lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
    } else {
      lines.push(word);
    }
    while (visibleWidth(lines[lines.length - 1]) > width) {
      word = lines.pop()!;
      lines.push([...word].slice(0, width).join(''), [...word].slice(width).join(''));
    }
  }
  return lines;
}

/** https://no-color.org and https://force-color.org */
function wantsColour(capable: boolean, { FORCE_COLOR, NO_COLOR }: NodeJS.ProcessEnv): boolean {
  if (FORCE_COLOR !== undefined) { return !['0', 'false'].includes(FORCE_COLOR); }
  return capable && !NO_COLOR;
}

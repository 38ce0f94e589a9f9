import { visibleWidth, wrap } from './terminal';
import type { Style, Terminal } from './terminal';

export interface Cell {
  readonly text: string;
  readonly style?: Style;
}

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (Cell | string)[])[];
}

const INDENT = '  ';
const MIN_COLUMN = 8;

/** Prints a table: in a box that fits the terminal, or as one line for each row. */
export function printTable(terminal: Terminal, { columns, rows }: Table): void {
  const cells = [columns.map((text): Cell => ({ text, style: 'bold' })), ...rows.map((row) => row.map(toCell))];
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => visibleWidth(row[column].text))));
  if (terminal.boxes) {
    const words = columns.map((_, column) => Math.max(...cells.map((row) => longestWord(row[column].text))));
    printBox(terminal, cells, fit(widths, words, terminal.width - INDENT.length - 1));
  } else {
    for (const row of cells) { terminal.line(INDENT + row.map((cell, column) => padded(terminal, cell, widths[column])).join('  ').trimEnd()); }
  }
}

function printBox(terminal: Terminal, [header, ...rows]: Cell[][], widths: number[]): void {
  const rule = (left: string, middle: string, right: string) => {
    terminal.line(INDENT + terminal.style('dim', left + widths.map((width) => '─'.repeat(width + 2)).join(middle) + right));
  };
  const bar = terminal.style('dim', '│');
  const print = (row: Cell[]) => {
    const wrapped = row.map(({ text }, column) => wrap(text, widths[column]));
    for (let line = 0; line < Math.max(...wrapped.map(({ length }) => length)); line++) {
      const parts = row.map(({ style }, column) => ` ${padded(terminal, { text: wrapped[column][line] ?? '', style }, widths[column])} `);
      terminal.line(INDENT + bar + parts.join(bar) + bar);
    }
  };
  rule('╭', '┬', '╮');
  print(header);
  rule('├', '┼', '┤');
  rows.forEach(print);
  rule('╰', '┴', '╯');
}

/** The widths of the columns in a box of this width. The widest columns shrink first, and words are broken only if nothing else helps. */
function fit(widths: readonly number[], words: readonly number[], width: number): number[] {
  const fitted = [...widths];
  const total = () => fitted.reduce((sum, column) => sum + column + 3, 0);
  while (total() > width && Math.max(...fitted) > MIN_COLUMN) {
    const breakable = fitted.map((column, index) => column > words[index] ? column : 0);
    const widest = Math.max(...breakable) > 0 ? breakable : fitted;
    fitted[widest.indexOf(Math.max(...widest))]--;
  }
  return fitted;
}

function longestWord(text: string): number {
  return Math.max(...text.split(' ').map(visibleWidth));
}

function padded(terminal: Terminal, { text, style }: Cell, width: number): string {
  const styled = style && text !== '' ? terminal.style(style, text) : text;
  return styled + ' '.repeat(width - visibleWidth(text));
}

function toCell(cell: Cell | string): Cell {
  return typeof cell === 'string' ? { text: cell } : cell;
}

import { readFileSync, writeFileSync } from 'node:fs';
import type { Table } from '../tools/table';

/** A table in Markdown. */
export function markdown({ columns, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map((row) => line(row.map((cell) => typeof cell === 'string' ? cell : cell.text)))].join('\n');
}

/** Replaces the text between the two markers of a name. */
export function replaceBetween(file: string, text: string, name = 'bench'): void {
  const parts = readFileSync(file, 'utf8').split(new RegExp(`(<!-- /?${name} -->)`));
  if (parts.length !== 5) { throw new Error(`${file} has no place for the tables: it needs <!-- ${name} --> and <!-- /${name} --> once each`); }
  parts[2] = `\n\n${text.trim()}\n\n`;
  writeFileSync(file, parts.join(''));
}

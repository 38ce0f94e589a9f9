/* The file NOTICE: the authors and licences of the packages in the bundles. Equal texts appear once. */
import { oneLine, type ThirdParty } from './third-parties';

const RULE = '-'.repeat(80);
const COPYRIGHT = /^\s*copyright (©|\(c\)|\d{4}|\[yyyy\])[^\n]*$/gim;
/** The text after it explains how to use the licence, and isn't part of it. */
const END_OF_APACHE = 'END OF TERMS AND CONDITIONS';

export function notices(product: string, parties: readonly ThirdParty[]): string {
  const groups = new Map<string, ThirdParty[]>();
  for (const party of parties) {
    const key = oneLine(termsOf(party));
    groups.set(key, [...groups.get(key) ?? [], party]);
  }
  return [
    `${product} contains the following packages of others, as they are or in part.`,
    ...[...groups.values()].map((group) => [
      ...group.flatMap(introduce), '', termsOf(group[0]),
    ].join('\n')),
  ].join(`\n\n${RULE}\n\n`) + '\n';
}

function introduce({ name, version, license, text, notice }: ThirdParty): string[] {
  const copyrights = [...text.matchAll(COPYRIGHT)].map(([line]) => line.trim()).filter((line) => !line.includes('[yyyy]'));
  return [`${name} ${version} (${license})`, ...[...copyrights, ...notice?.trim().split('\n') ?? []].map((line) => `    ${line}`)];
}

/** The text without the lines that differ between authors: its title and the copyright. */
function termsOf({ text }: ThirdParty): string {
  const lines = text.split(END_OF_APACHE)[0].replace(COPYRIGHT, '').replace(/^\s*(the )?(mit|isc) license( \((mit|isc)\))?\s*$/gim, '').trim().split('\n');
  const indent = Math.min(...lines.slice(1).filter((line) => line.trim() !== '').map((line) => /^ */.exec(line)![0].length));
  return lines.map((line, index) => (index === 0 ? line : line.slice(indent)).trimEnd()).join('\n').trim();
}

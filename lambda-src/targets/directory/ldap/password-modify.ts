/** https://www.rfc-editor.org/rfc/rfc3062#section-2 */
export const PASSWORD_MODIFY = '1.3.6.1.4.1.4203.1.11.1';

export interface PasswordModify {
  /** If absent, the user of the connection. */
  readonly userIdentity?: string;
  readonly oldPassword?: string;
  readonly newPassword: string;
}

/** The value of a password modify request, in BER: a sequence of octet strings with the context tags 0, 1 and 2. */
export function encodePasswordModify({ userIdentity, oldPassword, newPassword }: PasswordModify): Buffer {
  const fields = [userIdentity, oldPassword, newPassword].flatMap((text, i) => text === undefined ? [] : [element(0x80 + i, Buffer.from(text))]);
  return element(0x30, Buffer.concat(fields));
}

function element(tag: number, contents: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag]), lengthOf(contents.length), contents]);
}

/** https://www.itu.int/rec/T-REC-X.690, 8.1.3 */
function lengthOf(length: number): Buffer {
  if (length < 0x80) { return Buffer.from([length]); }
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 0x100)) { bytes.unshift(rest % 0x100); }
  return Buffer.from([0x80 + bytes.length, ...bytes]);
}

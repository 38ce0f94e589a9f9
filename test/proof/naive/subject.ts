import type { Mistake } from './mistakes';
import { textbook } from './textbook';
import type { Subject } from '../subjects';

const PASSWORD = /(?<="password": )"(?:[^"\\]|\\.)*"/;

/** The textbook handler as a subject of the proof: a credential of a server, with its host in the value. */
export function textbookSubject(mistake?: Mistake): Subject {
  return {
    name: mistake ?? 'textbook',
    config: { target: 'generated', generateStringKey: 'password', passwordPolicy: {} },
    makeHandler: textbook(mistake),
    value: '{ "host": "db.internal", "username": "user1", "password": "first-password-of-all", "port": 5432.0, "n\\u006fte": "password" }',
    secretOf: (value) => JSON.parse(value.match(PASSWORD)?.[0] ?? 'null') as string | null || undefined,
    restOf: (value) => value.replace(PASSWORD, '_'),
    changedByHand: (value, n) => n % 2 === 0
      ? value.replace(/"user\d+"/, `"user${n + 2}"`)
      : value.replace(PASSWORD, `"by-hand-password-${n}"`),
  };
}

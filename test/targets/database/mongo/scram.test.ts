import { Scram, ScramError, type Mechanism } from '../../../../lambda-src/targets/database/mongo/scram';

/** The examples of https://github.com/mongodb/specifications/blob/master/source/auth/auth.md, for the user `user` with the password `pencil`. */
const EXAMPLES: { mechanism: Mechanism; nonce: string; server: string; final: string; signature: string }[] = [
  {
    mechanism: 'SCRAM-SHA-1',
    nonce: 'fyko+d2lbbFgONRv9qkxdawL',
    server: 'r=fyko+d2lbbFgONRv9qkxdawLHo+Vgk7qvUOKUwuWLIWg4l/9SraGMHEE,s=rQ9ZY3MntBeuP3E1TDVC4w==,i=10000',
    final: 'c=biws,r=fyko+d2lbbFgONRv9qkxdawLHo+Vgk7qvUOKUwuWLIWg4l/9SraGMHEE,p=MC2T8BvbmWRckDw8oWl5IVghwCY=',
    signature: 'v=UMWeI25JD1yNYZRMpZ4VHvhZ9e0=',
  },
  {
    mechanism: 'SCRAM-SHA-256',
    nonce: 'rOprNGfwEbeRWgbNEkqO',
    server: 'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    final: 'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=',
    signature: 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
  },
];

describe.each(EXAMPLES)('$mechanism', ({ mechanism, nonce, server, final, signature }) => {
  const login = () => new Scram(mechanism, 'user', 'pencil', nonce);

  test('the login of the specification', async () => {
    const scram = login();
    expect(scram.first().toString()).toBe(`n,,n=user,r=${nonce}`);
    expect((await scram.final(Buffer.from(server))).toString()).toBe(final);
    expect(scram.isProven(Buffer.from(signature))).toBe(true);
  });

  test('a server that doesn\'t know the password proves nothing', async () => {
    const scram = login();
    expect(scram.isProven(Buffer.from(signature))).toBe(false);
    await scram.final(Buffer.from(server));
    for (const wrong of ['', 'v=', `v=${signature.slice(3)}`, `${signature}A`, signature.replace(/^v=./, 'v=A'), 'e=other-error']) {
      expect(scram.isProven(Buffer.from(wrong))).toBe(false);
    }
  });

  test.each([
    ['nothing', () => ''],
    ['the client\'s own nonce', () => server.replace(/^r=[^,]+/, `r=${nonce}`)],
    ['the nonce of another login', () => server.replace(/^r=./, 'r=X')],
    ['an extension that must be understood', () => `m=x,${server}`],
    ['too few iterations', () => server.replace(/i=\d+$/, 'i=4095')],
    ['too many iterations', () => server.replace(/i=\d+$/, 'i=1000001')],
    ['no number of iterations', () => server.replace(/i=\d+$/, 'i=x')],
  ])('refuses %s', async (_, reply) => {
    await expect(login().final(Buffer.from(reply()))).rejects.toThrow(ScramError);
  });
});

test('a name is escaped, and every login has its own nonce', () => {
  const first = () => new Scram('SCRAM-SHA-256', 'a=b,c', 'pencil').first().toString();
  expect(first()).toMatch(/^n,,n=a=3Db=2Cc,r=[A-Za-z0-9+/]{32}$/);
  expect(first()).not.toBe(first());
});

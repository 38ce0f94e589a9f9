import { rootCertificates } from 'node:tls';
import { CfnParameter, Lazy, SecretValue, type Stack } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import {
  RotatingSecret, RotationFunction, RotationStrategy, RotationTarget,
  type DatabaseTargetOptions, type PasswordPolicy, type RotatingSecretProps,
} from '../../../src';
import { CHARACTER_TYPES, CONFIG_VARIABLE } from '../../../src/contract';
import { DATABASE_EXCLUDE_CHARACTERS, DATABASE_TARGETS } from '../../../src/targets/database/contract';
import { configOf, errorOf, expectInvalid, FUNCTION, makeStack, onlyResource, SECRET } from '../../fixture';

type Engine = typeof DATABASE_TARGETS[number];
const ENGINES: readonly Engine[] = DATABASE_TARGETS;
const TEMPLATE = 'generateSecretString.secretStringTemplate';
const [CERTIFICATE] = rootCertificates;

const firstValueOf = (stack: Stack) => onlyResource(stack, SECRET).properties.GenerateSecretString;

function withSecret(props: RotatingSecretProps): Stack {
  const stack = makeStack();
  new RotatingSecret(stack, 'Secret', props);
  return stack;
}

function withFunction(target: RotationTarget): Stack {
  const stack = makeStack();
  new RotationFunction(stack, 'Rotation', { target });
  return stack;
}

/** A colon ends the password in PostgreSQL's password file, as a semicolon does in connection strings of SQL Server. The first values stay the same. */
const LATER_EXCLUDED: Partial<Record<Engine, string>> = { postgres: ':', redshift: ':', sqlServer: ';{}' };
const laterExcluded = (target: Engine) => DATABASE_EXCLUDE_CHARACTERS + (LATER_EXCLUDED[target] ?? '');

/** Databases that refuse some passwords: the characters, and what an error says of lengths. */
const STRICT: Partial<Record<Engine, { readonly refused: string; readonly lengths: string }>> = {
  redshift: { refused: '\'"\\/@', lengths: '8 to 64' },
  documentDb: { refused: '/"@', lengths: '8 to 100' },
  oracle: { refused: '"', lengths: 'at least 4' },
  sqlServer: { refused: '', lengths: '8 to 128' },
};

/** The default length where it is another one than that of Secrets Manager. */
const DEFAULT_LENGTH: Partial<Record<Engine, number>> = { oracle: 30 };

const template = (value: object) => ({ secretStringTemplate: JSON.stringify(value) });
const user = (username = 'app') => template({ username });

describe.each(ENGINES)('%s', (target) => {
  test('the first value and every later one have a password that databases accept, at the key password', () => {
    const stack = withSecret({ target: RotationTarget[target](), generateSecretString: user() });
    const passwordLength = DEFAULT_LENGTH[target];
    expect(firstValueOf(stack)).toEqual({
      SecretStringTemplate: '{"username":"app"}', GenerateStringKey: 'password', ExcludeCharacters: DATABASE_EXCLUDE_CHARACTERS, PasswordLength: passwordLength,
    });
    expect(configOf(stack)).toEqual({ target, passwordPolicy: { excludeCharacters: laterExcluded(target), passwordLength } });
  });

  test('the policy of the target applies to both; what it leaves out has its default', () => {
    const stack = withSecret({ target: RotationTarget[target]({ passwordPolicy: { passwordLength: 28 } }), generateSecretString: user() });
    expect(firstValueOf(stack)).toMatchObject({ PasswordLength: 28, ExcludeCharacters: DATABASE_EXCLUDE_CHARACTERS });
    expect(configOf(stack).passwordPolicy).toEqual({ passwordLength: 28, excludeCharacters: laterExcluded(target) });
  });

  test('the target or the secret can exclude other characters', () => {
    const excludeCharacters = `%${STRICT[target]?.refused ?? ''}`;
    const byTarget = { target: RotationTarget[target]({ passwordPolicy: { excludeCharacters } }), generateSecretString: user() };
    const bySecret = { target: RotationTarget[target](), generateSecretString: { ...user(), excludeCharacters } };
    for (const props of [byTarget, bySecret]) {
      const stack = withSecret(props);
      expect(firstValueOf(stack).ExcludeCharacters).toBe(excludeCharacters);
      expect(configOf(stack).passwordPolicy.excludeCharacters).toBe(excludeCharacters);
    }
  });

  test('accepts the key password', () => {
    const stack = withSecret({ target: RotationTarget[target](), generateSecretString: { ...user(), generateStringKey: 'password' } });
    expect(firstValueOf(stack).GenerateStringKey).toBe('password');
    expectInvalid(() => withSecret({ target: RotationTarget[target](), generateSecretString: { ...user(), generateStringKey: 'token' } }),
      'generateSecretString.generateStringKey', 'is "token"', 'target has "password"', 'leave it out here', `RotationTarget.${target} has no other`);
  });

  test('refuses a policy that can\'t be met, also because of the characters that are excluded by default', () => {
    expectInvalid(() => RotationTarget[target]({ passwordPolicy: { passwordLength: 3 } }), 'passwordPolicy.passwordLength', 'is 3', STRICT[target]?.lengths ?? 'at least 4');
    const passwordPolicy: PasswordPolicy = { excludeCharacters: `${CHARACTER_TYPES.numbers}${STRICT[target]?.refused ?? ''}` };
    expectInvalid(() => RotationTarget[target]({ passwordPolicy }), 'passwordPolicy.excludeCharacters', 'every character of a type');
  });

  test('refuses a secret of a shared function with another policy, with what to change', () => {
    const stack = makeStack();
    const rotationFunction = new RotationFunction(stack, 'Rotation', { target: RotationTarget[target]() });
    expectInvalid(() => new RotatingSecret(stack, 'Secret', { rotationFunction, generateSecretString: { ...user(), excludeCharacters: '%' } }),
      'generateSecretString.excludeCharacters', 'is "%"', 'rotationFunction has', `give the same to RotationTarget.${target} of the function`);
  });

  test('a secret of a shared function adopts its policy', () => {
    const stack = makeStack();
    const rotationFunction = new RotationFunction(stack, 'Rotation', { target: RotationTarget[target]({ passwordPolicy: { excludePunctuation: true } }) });
    new RotatingSecret(stack, 'Secret', { rotationFunction, generateSecretString: user() });
    expect(firstValueOf(stack)).toEqual({
      SecretStringTemplate: '{"username":"app"}',
      GenerateStringKey: 'password',
      ExcludePunctuation: true,
      ExcludeCharacters: DATABASE_EXCLUDE_CHARACTERS,
      PasswordLength: DEFAULT_LENGTH[target],
    });
  });

  test('a policy with a token reaches both, too', () => {
    const stack = makeStack();
    const passwordLength = new CfnParameter(stack, 'Length', { type: 'Number' }).valueAsNumber;
    new RotatingSecret(stack, 'Secret', { target: RotationTarget[target]({ passwordPolicy: { passwordLength } }), generateSecretString: user() });
    expect(firstValueOf(stack).PasswordLength).toEqual({ Ref: 'Length' });
    expect(onlyResource(stack, FUNCTION).properties.Environment.Variables.ROTATION_CONFIG_PASSWORD_LENGTH).toEqual({ Ref: 'Length' });
  });
});

test.each([
  ['generated', RotationTarget.generated(), 'generated'],
  ['postgres', RotationTarget.postgres(), 'postgres'],
  ['mysql', RotationTarget.mysql(), 'mysql'],
  ['mariadb', RotationTarget.mariadb(), 'mysql'],
  ['redshift', RotationTarget.redshift(), 'redshift'],
  ['oracle', RotationTarget.oracle(), 'oracle'],
  ['sqlServer', RotationTarget.sqlServer(), 'sql-server'],
])('the handler of %s has its driver, and no other', (_, target, asset) => {
  expect(target._definition.code().handler).toBe(`${asset}/index.handler`);
});

describe('a template of a database secret', () => {
  const make = (target: Engine, value: object, options: DatabaseTargetOptions = {}) =>
    withSecret({ target: RotationTarget[target](options), generateSecretString: template(value) });

  test.each<[Engine, object]>([
    ['postgres', { username: 'app' }],
    ['postgres', { engine: 'postgres', host: 'db.example.com', port: 5432, username: 'app', dbname: 'app' }],
    ['postgres', { engine: 'aurora-postgresql', username: 'app', port: '5432' }],
    ['postgres', { username: 'app', port: null, dbname: null }],
    ['postgres', { username: 'app', masterarn: 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:master-AbCdEf' }],
    ['mysql', { engine: 'mysql', username: 'app', port: 1 }],
    ['mysql', { engine: 'aurora-mysql', username: 'app', port: 65_535 }],
    ['mysql', { engine: 'aurora', username: 'app' }],
    ['mariadb', { engine: 'mariadb', username: 'app' }],
    ['oracle', { engine: 'oracle', username: 'app', port: 1521, dbname: 'ORCL' }],
    ['oracle', { engine: 'oracle', username: '"müller"', host: 'db.example.com', port: 2484, dbname: 'orders.example.com' }],
    ['oracle', { username: '"sys"' }],
    ['redshift', { engine: 'redshift', username: 'app', port: 5439, masterarn: 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:master-AbCdEf' }],
  ])('of %s may be %j', (target, value) => {
    expect(firstValueOf(make(target, value)).SecretStringTemplate).toBe(JSON.stringify(value));
  });

  test.each<[Engine, object, string[]]>([
    ['postgres', {}, ['has no username', 'such as {"username":"app"}']],
    ['postgres', { user: 'app' }, ['has no username']],
    ['postgres', { username: '' }, ['a username that is not a string of at least one character']],
    ['postgres', { username: 1 }, ['a username that is not a string of at least one character']],
    ['postgres', { username: null }, ['a username that is not a string of at least one character']],
    ['postgres', { username: 'app', engine: 'mysql' }, ['has the engine "mysql"', 'RotationTarget.postgres rotates postgres, postgresql, aurora-postgresql', 'leave it out']],
    ['mysql', { username: 'app', engine: 'mariadb' }, ['has the engine "mariadb"', 'RotationTarget.mysql rotates mysql, aurora-mysql, aurora']],
    ['mariadb', { username: 'app', engine: 'mysql' }, ['has the engine "mysql"', 'RotationTarget.mariadb rotates mariadb']],
    ['redshift', { username: 'app', engine: 'postgres' }, ['has the engine "postgres"', 'RotationTarget.redshift rotates redshift']],
    ['oracle', { username: 'app[owner]' }, ['has a username that has one of the characters', 'proxy users']],
    ['oracle', { username: 'a"b' }, ['has a username that has one of the characters']],
    ['oracle', { username: '""' }, ['has a username that is empty']],
    ['oracle', { username: 'appß' }, ['has a username that has a character outside ASCII', 'in quotation marks']],
    ['oracle', { username: 'sys' }, ['has a username that is SYS']],
    ['oracle', { username: 'app', host: '(HOST=other)', dbname: 'ORCL' }, ['has a host that is not the name']],
    ['oracle', { username: 'app', host: 'db.example.com', dbname: 'ORCL)(X=1' }, ['has a dbname that is not the name of a service']],
    ['oracle', { username: 'app', host: 'db.example.com', dbname: '' }, ['has a dbname that is not the name of a service']],
    ['oracle', { username: 'app', host: 'db.example.com', dbname: 1 }, ['has a dbname that is not a string']],
    ['oracle', { username: 'app', host: 'db.example.com', port: 2484 }, ['has a host and no dbname', '{"dbname":"ORCL"}']],
    ['oracle', { username: 'app', host: 'db.example.com', dbname: null }, ['has a host and no dbname']],
    ['oracle', { username: 'app', engine: 'mysql' }, ['has the engine "mysql"', 'RotationTarget.oracle rotates oracle, oracle-ee, oracle-ee-cdb, oracle-se2, oracle-se2-cdb']],
    ['mysql', { username: 'app', engine: '' }, ['has the engine ""']],
    ['mysql', { username: 'app', engine: null }, ['has the engine null']],
    ['mysql', { username: 'app', engine: ['mysql'] }, ['has the engine ["mysql"]']],
    ['postgres', { username: 'app', port: 'default' }, ['has the port "default"', 'whole number from 1 to 65535', 'leave it out']],
    ['postgres', { username: 'app', port: '' }, ['has the port ""']],
    ['postgres', { username: 'app', port: 0 }, ['has the port 0']],
    ['postgres', { username: 'app', port: 65_536 }, ['has the port 65536']],
    ['postgres', { username: 'app', port: 5432.5 }, ['has the port 5432.5']],
    ['postgres', { username: 'app', port: '0x50' }, ['has the port "0x50"']],
  ])('of %s must not be %j', (target, value, parts) => {
    expectInvalid(() => make(target, value), TEMPLATE, ...parts);
  });

  test('is required', () => {
    expectInvalid(() => withSecret({ target: RotationTarget.postgres() }), TEMPLATE, 'is missing', 'username');
  });

  test('is also checked with a shared function', () => {
    const stack = makeStack();
    const rotationFunction = new RotationFunction(stack, 'Rotation', { target: RotationTarget.mysql() });
    expectInvalid(() => new RotatingSecret(stack, 'Secret', { rotationFunction, generateSecretString: template({ username: 'app', engine: 'postgres' }) }),
      TEMPLATE, 'has the engine "postgres"', 'RotationTarget.mysql');
  });

  test('with a token in it is accepted unchanged', () => {
    const stack = makeStack();
    const host = new CfnParameter(stack, 'Host').valueAsString;
    new RotatingSecret(stack, 'Secret', { target: RotationTarget.postgres(), generateSecretString: template({ host, port: 'default' }) });
    expect(firstValueOf(stack).SecretStringTemplate['Fn::Join'][1]).toContainEqual({ Ref: 'Host' });
  });

  describe('has a user whose name', () => {
    const limits: [Engine, number, string, string][] = [
      ['postgres', 63, 'bytes', 'a'],
      ['mysql', 32, 'characters', 'a'],
      ['mariadb', 80, 'characters', 'a'],
    ];
    const alternating = (scope: Stack) => RotationStrategy.alternatingUsers(new secretsmanager.Secret(scope, 'Superuser'));
    const alternate = (target: Engine, username: string) => {
      const stack = makeStack();
      return new RotatingSecret(stack, 'Secret', { target: RotationTarget[target]({ strategy: alternating(stack) }), generateSecretString: template({ username }) });
    };

    test.each(limits)('fits %s: %d %s', (target, limit, unit, character) => {
      expect(() => make(target, { username: character.repeat(limit) })).not.toThrow();
      expectInvalid(() => make(target, { username: character.repeat(limit + 1) }), TEMPLATE, `has a username of ${limit + 1} ${unit}`, `takes ${limit}`, 'shorter');
    });

    test.each(limits)('fits %s with _clone after it, if users alternate: %d %s', (target, limit, unit, character) => {
      const length = limit - '_clone'.length;
      expect(() => alternate(target, character.repeat(length))).not.toThrow();
      expectInvalid(() => alternate(target, character.repeat(length + 1)), TEMPLATE, `has a username of ${length + 1} ${unit}`, `takes ${limit}`, '_clone', 'shorter');
    });

    test('may already end with _clone, and the other name is then shorter', () => {
      expect(() => alternate('mysql', `${'a'.repeat(26)}_clone`)).not.toThrow();
      expectInvalid(() => alternate('mysql', `${'a'.repeat(27)}_clone`), TEMPLATE, 'has a username of 33 characters');
    });

    test('is measured in bytes by PostgreSQL, and in characters by the others', () => {
      expect(() => make('mysql', { username: '\u{1f511}'.repeat(32) })).not.toThrow();
      expect(() => make('postgres', { username: 'é'.repeat(31) })).not.toThrow();
      expectInvalid(() => make('postgres', { username: 'é'.repeat(32) }), TEMPLATE, 'has a username of 64 bytes', 'takes 63');
    });
  });
});

describe('a value of the user\'s own', () => {
  const text = (value: string) => SecretValue.unsafePlainText(value);
  const make = (secretObjectValue: { [key: string]: SecretValue }) => withSecret({ target: RotationTarget.postgres(), secretObjectValue });

  test('is accepted', () => {
    const stack = make({ username: text('app'), password: text('first'), engine: text('postgres'), port: text('5432') });
    expect(JSON.parse(onlyResource(stack, SECRET).properties.SecretString)).toMatchObject({ username: 'app', engine: 'postgres' });
    expect(configOf(stack).target).toBe('postgres');
  });

  test('is accepted with tokens', () => {
    const token = new CfnParameter(makeStack(), 'Value', { noEcho: true });
    expect(() => make({ username: SecretValue.cfnParameter(token), password: text('first'), engine: SecretValue.cfnParameter(token) })).not.toThrow();
  });

  test('of Oracle needs a service if it has a host, also as a token', () => {
    const ofOracle = (value: { [key: string]: SecretValue }) => () =>
      withSecret({ target: RotationTarget.oracle(), secretObjectValue: { username: text('app'), password: text('first'), ...value } });
    const token = SecretValue.cfnParameter(new CfnParameter(makeStack(), 'Host', { noEcho: true }));
    expectInvalid(ofOracle({ host: token }), 'secretObjectValue', 'has a host and no dbname');
    expectInvalid(ofOracle({ host: text('db.example.com'), dbname: text('a b') }), 'secretObjectValue', 'has a dbname');
    expect(ofOracle({ host: token, dbname: token })).not.toThrow();
    expect(ofOracle({})).not.toThrow();
  });

  test.each<[string, { [key: string]: string }, string]>([
    ['without the password', { username: 'app' }, 'no key "password"'],
    ['without a user', { password: 'hunter2' }, 'has no username'],
    ['of another engine', { username: 'app', password: 'hunter2', engine: 'mysql' }, 'has the engine "mysql"'],
    ['with a port that is none', { username: 'app', password: 'hunter2', port: 'x' }, 'has the port "x"'],
  ])('is refused %s, without showing a password', (_, value, problem) => {
    const action = () => make(Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, text(entry)])));
    expectInvalid(action, 'secretObjectValue', problem);
    expect(errorOf(action).message).not.toContain('hunter2');
  });
});

describe('the connection', () => {
  const configured = (options: DatabaseTargetOptions) => configOf(withFunction(RotationTarget.postgres(options)));

  test.each<[string, DatabaseTargetOptions]>([
    ['there are no options', {}],
    ['plaintextConnection is false', { plaintextConnection: false }],
    ['plaintextConnection is undefined', { plaintextConnection: undefined }],
    // JavaScript bypasses the compiler.
    ['plaintextConnection is a word', { plaintextConnection: 'false' as unknown as boolean }],
    ['plaintextConnection is a number', { plaintextConnection: 1 as unknown as boolean }],
  ])('case 67: is not in plaintext if %s', (_, options) => {
    const text = onlyResource(withFunction(RotationTarget.postgres(options)), FUNCTION).properties.Environment.Variables[CONFIG_VARIABLE];
    expect(Object.keys(JSON.parse(text))).toEqual(['target', 'passwordPolicy']);
  });

  test('case 67: is in plaintext if plaintextConnection is true, and only then', () => {
    expect(configured({ plaintextConnection: true })).toMatchObject({ plaintextConnection: true });
  });

  test('is verified with a given certificate authority', () => {
    expect(configured({ certificateAuthority: CERTIFICATE })).toMatchObject({ certificateAuthority: CERTIFICATE });
    const bundle = `# One\n${CERTIFICATE}\r\n# The same\n${CERTIFICATE}`;
    expect(configured({ certificateAuthority: bundle })).toMatchObject({ certificateAuthority: bundle });
  });

  test('is verified with a certificate authority that is a token', () => {
    const stack = makeStack();
    const certificateAuthority = new CfnParameter(stack, 'Authority').valueAsString;
    new RotationFunction(stack, 'Rotation', { target: RotationTarget.mysql({ certificateAuthority }) });
    expect(onlyResource(stack, FUNCTION).properties.Environment.Variables.ROTATION_CONFIG_CERTIFICATE_AUTHORITY).toEqual({ Ref: 'Authority' });
  });

  test('keeps the line ends of a certificate authority if another value is a token', () => {
    const certificateAuthority = CERTIFICATE;
    const target = RotationTarget.mysql({ certificateAuthority, passwordPolicy: { excludeCharacters: Lazy.string({ produce: () => '@' }) } });
    expect(configOf(withFunction(target))).toEqual({ target: 'mysql', certificateAuthority, passwordPolicy: { excludeCharacters: '@' } });
  });

  describe('refuses as certificate authority', () => {
    const refuse = (certificateAuthority: string, ...parts: string[]) =>
      expectInvalid(() => RotationTarget.postgres({ certificateAuthority }), 'certificateAuthority', ...parts);

    test.each(['', 'ca.pem', 'MIIB', CERTIFICATE.replace('-----END CERTIFICATE-----', ''), '-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----'])(
      '%j, which has no certificate', (text) => {
        refuse(text, 'has no certificate in PEM', '-----BEGIN CERTIFICATE-----', 'Give the text of the file');
      });

    test('one that can\'t be read', () => {
      refuse('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----', 'its certificate 1 of 1', 'can\'t be read');
      refuse(`${CERTIFICATE}\n-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----`, 'its certificate 2 of 2', 'can\'t be read');
    });

    test.each(['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY', 'ENCRYPTED PRIVATE KEY'])('a %s, without showing it', (label) => {
      const text = `${CERTIFICATE}\n-----BEGIN ${label}-----\nc2VjcmV0\n-----END ${label}-----`;
      refuse(text, 'holds a private key', 'Give only the certificate');
      expect(errorOf(() => RotationTarget.postgres({ certificateAuthority: text })).message).not.toMatch(/c2VjcmV0|BEGIN/);
    });

    test('any certificate, together with plaintextConnection', () => {
      expectInvalid(() => RotationTarget.postgres({ certificateAuthority: CERTIFICATE, plaintextConnection: true }),
        'certificateAuthority', 'together with plaintextConnection', 'Leave plaintextConnection out');
    });

    test('more than fits into the environment, with what to do, also with alternating users', () => {
      const certificateAuthority = rootCertificates.slice(0, 6).join('\n');
      const parts = ['bytes of the function\'s environment', 'Lambda takes 4096', 'the root certificate alone', 'EC key'];
      expectInvalid(() => withFunction(RotationTarget.postgres({ certificateAuthority })), 'certificateAuthority', ...parts);
      const stack = makeStack();
      const strategy = RotationStrategy.alternatingUsers(new secretsmanager.Secret(stack, 'Superuser'));
      expectInvalid(() => new RotationFunction(stack, 'Rotation', { target: RotationTarget.postgres({ certificateAuthority, strategy }) }),
        'certificateAuthority', ...parts);
    });

    test('nothing, if another variable makes the environment too large', () => {
      const stack = makeStack();
      expectInvalid(() => new RotationFunction(stack, 'Rotation', {
        environment: { LONG: 'x'.repeat(4000) }, target: RotationTarget.postgres({ certificateAuthority: CERTIFICATE }),
      }), 'environment', '4096');
    });
  });
});

test('no value of a secret is in the environment of the function', () => {
  const stack = withSecret({
    target: RotationTarget.postgres(),
    secretObjectValue: { username: SecretValue.unsafePlainText('app'), password: SecretValue.unsafePlainText('hunter2') },
  });
  expect(JSON.stringify(onlyResource(stack, FUNCTION))).not.toMatch(/hunter2|"app"/);
});

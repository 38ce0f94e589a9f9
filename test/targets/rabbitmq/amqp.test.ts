import { AmqpFormatError, AmqpReader, encodeLogin, hasPlain } from '../../../lambda-src/targets/rabbitmq/amqp';
import { hashPassword, isHashOf, newHash } from '../../../lambda-src/targets/rabbitmq/password-hash';

/** A frame of a method of the class connection. */
function frame(method: number, payload = Buffer.alloc(0), classId = 10): Buffer {
  const bytes = Buffer.alloc(12 + payload.length);
  bytes[0] = 1;
  bytes.writeUInt32BE(4 + payload.length, 3);
  bytes.writeUInt16BE(classId, 7);
  bytes.writeUInt16BE(method, 9);
  payload.copy(bytes, 11);
  bytes[bytes.length - 1] = 0xCE;
  return bytes;
}

test('the replies are the same, however their bytes arrive', () => {
  const all = Buffer.concat([frame(10, Buffer.alloc(700, 'x')), frame(30, Buffer.alloc(8)), frame(50, Buffer.from([1, 147]))]);
  for (const size of [1, 2, 3, 7, 100, all.length]) {
    const reader = new AmqpReader();
    const replies = [];
    for (let at = 0; at < all.length; at += size) { replies.push(...reader.push(all.subarray(at, at + size))); }
    expect(replies.map(({ method, payload }) => [method, payload.length])).toEqual([['start', 700], ['tune', 8], ['close', 2]]);
  }
});

test.each([
  ['another version of the protocol', Buffer.from('AMQP\0\0\x09\x01', 'latin1')],
  ['another protocol', Buffer.from('HTTP/1.1 400 Bad Request\r\n')],
  ['another channel', Buffer.from([1, 0, 1, 0, 0, 0, 4, 0, 10, 0, 30, 0xCE])],
  ['a frame of four gigabytes', Buffer.from([1, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF])],
  ['a frame without an end', Buffer.from([1, 0, 0, 0, 0, 0, 4, 0, 10, 0, 30, 0])],
  ['a method of another class', frame(10, undefined, 20)],
  ['an unknown method', frame(99)],
])('refuses %s', (_, bytes) => {
  expect(() => new AmqpReader().push(bytes)).toThrow(AmqpFormatError);
});

test('random bytes end in replies or in one error, which never quotes them', () => {
  let seed = 1;
  const random = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  for (let i = 0; i < 20_000; i++) {
    const noise = () => Buffer.from(Array.from({ length: random(40) }, () => random(256)));
    const bytes = random(2) === 0 ? noise() : frame(10 * random(7), Buffer.alloc(random(20), random(256)));
    if (random(2) === 0 && bytes.length > 0) { bytes[random(bytes.length)] = random(256); }
    try {
      for (const { payload } of new AmqpReader().push(bytes)) { expect(payload.length).toBeLessThan(bytes.length); }
    } catch (error) {
      expect(error).toBeInstanceOf(AmqpFormatError);
      expect((error as Error).message).toMatch(/^The (first byte|frame|method) /);
    }
  }
});

test('a login is one frame, with the name and the password as PLAIN has them', () => {
  const bytes = encodeLogin('app ü', 'p\'w"\\;%');
  expect(bytes.readUInt32BE(3)).toBe(bytes.length - 8);
  expect(bytes.at(-1)).toBe(0xCE);
  expect(bytes.includes(Buffer.from('\x05PLAIN', 'latin1'))).toBe(true);
  expect(bytes.includes(Buffer.from('\0app ü\0p\'w"\\;%'))).toBe(true);
  expect(bytes.includes('authentication_failure_close')).toBe(true);
});

test('PLAIN is one of the mechanisms of a server, or it is not', () => {
  const text = (value: string) => Buffer.concat([Buffer.from([0, 0, 0, value.length]), Buffer.from(value)]);
  const start = (mechanisms: string) => Buffer.concat([Buffer.from([0, 9]), text('properties PLAIN'), text(mechanisms), text('en_US')]);
  expect(['PLAIN', 'AMQPLAIN PLAIN', 'AMQPLAIN', 'EXTERNAL', ''].map((mechanisms) => hasPlain(start(mechanisms)))).toEqual([true, true, false, false, false]);
  for (const bytes of [Buffer.alloc(0), Buffer.alloc(8), Buffer.alloc(20, 0xFF)]) { expect(() => hasPlain(bytes)).toThrow(AmqpFormatError); }
});

test.each([['md5', 'sha256'], ['sha256', 'sha256'], ['sha512', 'sha512'], ['own', 'sha256']])('after a hash of %s comes one of %s', (before, after) => {
  const { passwordHash, hashingAlgorithm } = newHash('password', `rabbit_password_hashing_${before}`);
  expect(hashingAlgorithm).toBe(`rabbit_password_hashing_${after}`);
  expect(isHashOf(passwordHash, hashingAlgorithm, 'password')).toBe(true);
});

test('the hash is that of the documentation of RabbitMQ', () => {
  // https://www.rabbitmq.com/docs/passwords#computing-password-hash
  const documented = 'kI3GCqW5JLMJa4iX1lo7X4D6XbYqlLgxIs30+P6tENUV2POR';
  expect(hashPassword('test12', Buffer.from('908DC60A', 'hex'))).toBe(documented);
  expect(isHashOf(documented, 'rabbit_password_hashing_sha256', 'test12')).toBe(true);
  expect(isHashOf(documented, 'rabbit_password_hashing_sha256', 'test13')).toBe(false);
  expect(isHashOf(documented, 'rabbit_password_hashing_own', 'test12')).toBe(false);
  expect(isHashOf('', 'rabbit_password_hashing_sha256', '')).toBe(false);
});

test('two hashes of one password have different salts', () => {
  expect(hashPassword('one')).not.toBe(hashPassword('one'));
});

import { log } from '../lambda-src/log';

let output = '';
beforeEach(() => {
  output = '';
  jest.useFakeTimers({ now: Date.UTC(2024, 1, 29, 12, 30, 15, 250) });
  jest.spyOn(process.stdout, 'write').mockImplementation((text) => { output += String(text); return true; });
});
afterEach(() => {
  jest.useRealTimers();
  jest.restoreAllMocks();
});

test('a line is one JSON object, with the fields of Lambda\'s log level filter', () => {
  log('INFO', 'createSecret succeeded', { step: 'createSecret', durationMs: 12, outcome: 'created' });
  expect(output).toBe('{"timestamp":"2024-02-29T12:30:15.250Z","level":"INFO","message":"createSecret succeeded",'
    + '"step":"createSecret","durationMs":12,"outcome":"created"}\n');
});

test('a line stays one line, whatever its content', () => {
  log('ERROR', 'one\ntwo "three"', { errorType: 'a\r\nb' });
  log('ERROR', 'four', {});
  expect(output.split('\n')).toHaveLength(3);
  expect(JSON.parse(output.split('\n')[0])).toMatchObject({ level: 'ERROR', message: 'one\ntwo "three"', errorType: 'a\r\nb' });
});

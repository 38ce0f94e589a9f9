import { admit, parseEvent, type Admission } from '../../lambda-src/rotation/admit';

const TOKEN = '11111111-2222-4333-8444-555555555555';
const EVENT = { SecretId: 'secret', ClientRequestToken: TOKEN, Step: 'createSecret' };

function refusal(text: string): Error {
  return expect.objectContaining({ name: 'InvalidEventError', message: text });
}

describe('an event', () => {
  test.each(['createSecret', 'setSecret', 'testSecret', 'finishSecret'])('of the step %s is accepted unchanged', (step) => {
    expect(parseEvent({ ...EVENT, Step: step })).toEqual({ ...EVENT, Step: step });
  });

  test.each([
    ['of the shortest fields', { SecretId: 's', ClientRequestToken: 't', RotationToken: 'r' }],
    ['of the longest fields', { SecretId: 's'.repeat(2048), ClientRequestToken: 't'.repeat(2048), RotationToken: 'r'.repeat(2048) }],
    ['of the first and the last printable character', { SecretId: ' ~' }],
    ['with a field that is not known', { Version: 2 }],
  ])('%s is accepted unchanged', (_, fields) => {
    expect(parseEvent({ ...EVENT, ...fields })).toEqual({ ...EVENT, ...fields });
  });

  test.each([undefined, null, 'createSecret', 7])('case 1: that is %p is refused', (event) => {
    expect(() => parseEvent(event)).toThrow(refusal('The event is not an object. Only Secrets Manager should invoke this function'));
  });

  test.each(['SecretId', 'ClientRequestToken', 'Step'])('case 1: without %s is refused with the field', (field) => {
    expect(() => parseEvent({ ...EVENT, [field]: undefined }))
      .toThrow(refusal(`The event has no ${field}. Only Secrets Manager should invoke this function`));
  });

  test.each(['SecretId', 'ClientRequestToken', 'Step', 'RotationToken'].flatMap((field) => [
    ['is empty', ''], ['is too long', 'x'.repeat(2049)], ['starts with a line end', '\nx'], ['ends with a line end', 'x\n'],
    ['holds the last control character', 'x\u001fx'], ['holds a delete character', 'x\u007fx'], ['holds an accent', 'caf\u00e9'],
    ['is a number', 5], ['is null', null], ['is a list', ['createSecret']],
  ].map(([what, value]) => [field, what, value])))('case 2: whose %s %s is refused without the value', (field, _, value) => {
    expect(() => parseEvent({ ...EVENT, [field as string]: value })).toThrow(refusal(
      `${field} in the event is not a string of 1 to 2048 printable ASCII characters. Only Secrets Manager should invoke this function`));
  });

  test.each(['CreateSecret', 'create', 'createSecret ', 'toString'])('case 3: of the step %j is refused with the steps that exist', (step) => {
    expect(() => parseEvent({ ...EVENT, Step: step })).toThrow(refusal('Step in the event is not one of createSecret, setSecret, testSecret, finishSecret'));
  });
});

describe('a step', () => {
  interface Situation {
    readonly deleted?: boolean;
    readonly rotationEnabled?: boolean;
    readonly stages?: Record<string, string[]>;
  }
  const STAGED = { old: ['AWSCURRENT'], [TOKEN]: ['AWSPENDING'] };

  function admission({ deleted = false, rotationEnabled = true, stages = STAGED }: Situation): Admission {
    return admit({ deleted, rotationEnabled, stages: new Map(Object.entries(stages)) }, TOKEN);
  }

  test.each<[string, Situation]>([
    ['the version is pending', {}],
    ['there are others', { stages: { older: ['AWSPREVIOUS'], custom: ['BLUE', 'GREEN'], old: ['BLUE', 'AWSCURRENT'], [TOKEN]: ['RED', 'AWSPENDING'] } }],
    ['no other is labelled after it', { stages: { [TOKEN]: ['AWSPENDING'], old: ['AWSCURRENT'] } }],
  ])('may run if %s', (_, situation) => {
    expect(admission(situation)).toMatchObject({ outcome: 'proceed', currentVersionId: 'old' });
  });

  test('has the version with AWSPREVIOUS, if there is one', () => {
    const previous = (stages: Record<string, string[]>) => admission({ stages: { [TOKEN]: ['AWSPENDING'], ...stages } });
    expect(previous({ old: ['AWSCURRENT'], older: ['MINE', 'AWSPREVIOUS'] })).toEqual({ outcome: 'proceed', currentVersionId: 'old', previousVersionId: 'older' });
    expect(previous({ old: ['AWSCURRENT'], older: ['MINE'] })).toEqual({ outcome: 'proceed', currentVersionId: 'old', previousVersionId: undefined });
  });

  test('case 4: may run if the description does not say whether rotation is enabled', () => {
    expect(admit({ deleted: false, stages: new Map(Object.entries(STAGED)) }, TOKEN)).toEqual({ outcome: 'proceed', currentVersionId: 'old' });
  });

  test.each([[['AWSCURRENT']], [['AWSCURRENT', 'AWSPENDING']], [['AWSPENDING', 'AWSCURRENT']]])('case 6: has nothing to do if the version has %j', (labels) => {
    expect(admission({ stages: { old: ['AWSPREVIOUS'], [TOKEN]: labels } })).toEqual({ outcome: 'alreadyCurrent', previousVersionId: 'old' });
  });

  const NOT_PENDING = /^Version 11111111-2222-4333-8444-555555555555 .*AWSPENDING.* cancelled or replaced .*call RotateSecret/;
  test.each<[string, Situation, string, RegExp, boolean]>([
    ['case 4: is refused where rotation is not enabled', { rotationEnabled: false }, 'RotationNotEnabledError', /not enabled.*call RotateSecret, to enable it$/, false],
    ['case 5: is refused where the version is unknown', { stages: { old: ['AWSCURRENT'] } }, 'VersionNotPendingError', NOT_PENDING, true],
    ['case 5: is refused where no version has a label', { stages: {} }, 'VersionNotPendingError', NOT_PENDING, true],
    ['case 7: is refused where the version is the previous one', { stages: { old: ['AWSCURRENT'], [TOKEN]: ['AWSPREVIOUS'] } }, 'VersionNotPendingError', NOT_PENDING, true],
    ['case 7: is refused where the version has no label', { stages: { old: ['AWSCURRENT'], [TOKEN]: [] } }, 'VersionNotPendingError', NOT_PENDING, true],
    ['case 7: is refused where another version is pending', { stages: { old: ['AWSCURRENT'], other: ['AWSPENDING'], [TOKEN]: ['BLUE'] } }, 'VersionNotPendingError', NOT_PENDING, true],
    ['case 8: is refused where the secret is deleted', { deleted: true }, 'SecretNotFoundError', /scheduled for deletion.*RestoreSecret/, false],
    ['case 51: is refused where no version is current', { stages: { old: ['AWSPREVIOUS'], [TOKEN]: ['AWSPENDING'] } }, 'NoCurrentVersionError',
      /^No version .*AWSCURRENT.* with UpdateSecretVersionStage$/, true],
  ])('%s', (_, situation, name, message, mayLag) => {
    expect(admission(situation)).toEqual({ outcome: 'refuse', error: expect.objectContaining({ name, message: expect.stringMatching(message) }), mayLag });
  });

  const CURRENT = { old: ['AWSPREVIOUS'], [TOKEN]: ['AWSCURRENT'] };
  test.each<[string, Situation, string]>([
    ['that the secret is deleted before that rotation is not enabled', { deleted: true, rotationEnabled: false }, 'SecretNotFoundError'],
    ['that the secret is deleted before that the version is current', { deleted: true, stages: CURRENT }, 'SecretNotFoundError'],
    ['that rotation is not enabled before that the version is current', { rotationEnabled: false, stages: CURRENT }, 'RotationNotEnabledError'],
    ['that the version is not pending before that none is current', { stages: { [TOKEN]: ['AWSPREVIOUS'] } }, 'VersionNotPendingError'],
  ])('gets the error %s', (_, situation, name) => {
    expect(admission(situation)).toMatchObject({ outcome: 'refuse', error: { name } });
  });
});

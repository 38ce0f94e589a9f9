import { KeyHolder, withKeyOfUser, type AccessKey } from '../access-keys';
import type { Surroundings } from '../app-under-test';

/** That of the example, which exists already when it is deployed. */
const BUCKET = 'my-uploads';

/** The access key of a user, from none on: the old one works until the next rotation, and is refused after it. */
export async function iamAccessKey(surroundings: Surroundings): Promise<void> {
  const { aws, checks } = surroundings;
  await aws.createBucket(BUCKET);
  await withKeyOfUser(surroundings, 'secretAccessKey', '{}', async ({ userName, rotate }) => {
    const holder = new KeyHolder(aws.endpoint);
    const keys: AccessKey[] = [];
    for (const title of ['first rotation', 'second rotation', 'third rotation']) {
      keys.push(JSON.parse(await rotate(title)) as AccessKey);
      const expected = keys.map((_, index) => index >= keys.length - 2);
      const accepted = await Promise.all(keys.map((key) => holder.isAccepted(key, userName)));
      checks.check(`${title}: the last two keys are accepted, and older ones are refused`, accepted.join() === expected.join(), accepted);
      const statuses = await Promise.all(keys.map((key) => holder.putObject(key, `/${BUCKET}/incoming/${title.replace(' ', '-')}`)));
      checks.check(`${title}: the last two keys upload an object, and older ones are refused`, statuses.join() === expected.map((is) => is ? 200 : 403).join(), statuses);
    }
    const elsewhere = await holder.putObject(keys.at(-1)!, `/${BUCKET}/elsewhere/object`);
    checks.check('the user may upload nothing elsewhere: its rights are those of its group', elsewhere === 403, elsewhere);
    checks.check('each rotation makes another key', new Set(keys.map(({ accessKeyId }) => accessKeyId)).size === keys.length);
  });
}

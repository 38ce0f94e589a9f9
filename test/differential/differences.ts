const DEPRECATED = 'DescribeSecret lists only versions that have labels; the API reference says so of VersionIdsToStages';
const STALE_READ = 'moto reads the version that was current before the label moved; a read without a stage is of AWSCURRENT';
const PENDING = 'promotionRemovesPending: seen both ways, and so a switch of the simulator; moto leaves AWSPENDING';
const TOKEN = 'a version can\'t be changed: another value with its token is a ResourceExistsException';
const DELETED = 'a secret that is scheduled for deletion takes no value';

/** Where moto answers something else, and why the simulator doesn't. By scenario and number of the step, from 1. */
export const DIFFERENCES: Readonly<Record<string, string>> = {
  'a put by hand moves AWSCURRENT and AWSPREVIOUS 6': DEPRECATED,
  'a rotation, step by step 7': PENDING,
  'a rotation, step by step 8': STALE_READ,
  'two rotations 7': `${DEPRECATED}. ${PENDING}`,
  'two rotations 8': STALE_READ,
  'labels go to known versions only 3': 'a move that fails changes nothing; moto has taken AWSCURRENT away by then',
  'AWSPENDING is taken away 4': DEPRECATED,
  'the same token with another value 3': TOKEN,
  'the same token with another value 4': TOKEN,
  'labels of one\'s own 6': DEPRECATED,
  'deletion 4': DELETED,
  'deletion 6': DELETED,
  'passwords 5': 'both refuse the length; the names of the errors differ, and the API reference has neither',
  'a rotation while another is under way 3': 'moto wants the function to exist in its own Lambda, and its check for a rotation in progress is the wrong way round',
};

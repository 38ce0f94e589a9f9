import { manages, reconcileGrants, rolesIn } from '../../../../lambda-src/targets/database/mysql/grants';

const CLONE = '`app_clone`@`%`';
/** Lines of SHOW GRANTS for the first user, with the name of the other one. */
const asClone = (lines: readonly string[]) => lines.map((line) => line.replaceAll('`app`@`%`', CLONE));

const GRANTS = [
  'GRANT USAGE ON *.* TO `app`@`%`',
  'GRANT SELECT, INSERT ON `shop`.* TO `app`@`%`',
  'GRANT UPDATE, SELECT (`a`, `b,c`), INSERT (`a`) ON `shop`.`TO x` TO `app`@`%` WITH GRANT OPTION',
  'GRANT EXECUTE ON PROCEDURE `shop`.`p` TO `app`@`%`',
  'GRANT `reader`@`%`,`writer`@`%` TO `app`@`%`',
];

test('case 34: a user without rights gets all rights of the first user', () => {
  expect(reconcileGrants(CLONE, GRANTS, ['GRANT USAGE ON *.* TO `app_clone`@`%`'])).toEqual([
    'GRANT SELECT, INSERT ON `shop`.* TO `app_clone`@`%`',
    'GRANT UPDATE, SELECT (`a`), SELECT (`b,c`), INSERT (`a`) ON `shop`.`TO x` TO `app_clone`@`%` WITH GRANT OPTION',
    'GRANT EXECUTE ON PROCEDURE `shop`.`p` TO `app_clone`@`%`',
    'GRANT `reader`@`%` TO `app_clone`@`%`', 'GRANT `writer`@`%` TO `app_clone`@`%`',
  ]);
});

test('a user with the same rights gets nothing', () => {
  expect(reconcileGrants(CLONE, GRANTS, asClone(GRANTS))).toEqual([]);
});

test('case 42: a user with a part gets the rest', () => {
  const part = ['GRANT SELECT ON `shop`.* TO `app_clone`@`%`', 'GRANT SELECT (`a`) ON `shop`.`TO x` TO `app_clone`@`%`', 'GRANT `reader`@`%` TO `app_clone`@`%`'];
  expect(reconcileGrants(CLONE, GRANTS, part)).toEqual([
    'GRANT INSERT ON `shop`.* TO `app_clone`@`%`',
    'GRANT UPDATE, SELECT (`b,c`), INSERT (`a`) ON `shop`.`TO x` TO `app_clone`@`%` WITH GRANT OPTION',
    'GRANT EXECUTE ON PROCEDURE `shop`.`p` TO `app_clone`@`%`',
    'GRANT `writer`@`%` TO `app_clone`@`%`',
  ]);
});

test('case 41: later grants and revocations of the first user are repeated', () => {
  const later = ['GRANT SELECT, DELETE ON `shop`.* TO `app`@`%`'];
  expect(reconcileGrants(CLONE, later, asClone([...GRANTS.slice(1, 2), ...GRANTS.slice(4)]))).toEqual([
    'REVOKE `writer`@`%` FROM `app_clone`@`%`', 'REVOKE `reader`@`%` FROM `app_clone`@`%`',
    'REVOKE INSERT ON `shop`.* FROM `app_clone`@`%`',
    'GRANT DELETE ON `shop`.* TO `app_clone`@`%`',
  ]);
});

test.each([
  ['all is wanted, some is there', ['GRANT ALL PRIVILEGES ON `shop`.* TO `app`@`%`'], ['GRANT SELECT ON `shop`.* TO `app_clone`@`%`'], [
    'GRANT ALL PRIVILEGES ON `shop`.* TO `app_clone`@`%`',
  ]],
  ['some is wanted, all is there', ['GRANT SELECT ON `shop`.* TO `app`@`%`'], ['GRANT ALL PRIVILEGES ON `shop`.* TO `app_clone`@`%`'], [
    'REVOKE ALL PRIVILEGES ON `shop`.* FROM `app_clone`@`%`', 'GRANT SELECT ON `shop`.* TO `app_clone`@`%`',
  ]],
  ['the option is wanted no more', ['GRANT SELECT ON `shop`.* TO `app`@`%`'], ['GRANT SELECT ON `shop`.* TO `app_clone`@`%` WITH GRANT OPTION'], [
    'REVOKE GRANT OPTION ON `shop`.* FROM `app_clone`@`%`',
  ]],
  ['a part is taken away from all', ['GRANT SELECT ON *.* TO `app`@`%`', 'REVOKE SELECT ON `mysql`.* FROM `app`@`%`'], [], [
    'GRANT SELECT ON *.* TO `app_clone`@`%`', 'REVOKE SELECT ON `mysql`.* FROM `app_clone`@`%`',
  ]],
])('%s', (_, wanted, present, statements) => {
  expect(reconcileGrants(CLONE, wanted, present)).toEqual(statements);
});

test('ignores lines that are not about rights of an account', () => {
  expect(reconcileGrants(CLONE, ['SET DEFAULT ROLE `reader` FOR `app`@`%`', 'GRANT PROXY ON \'\'@\'%\''], [])).toEqual([]);
});

test('case 41: grants all privileges and the grant option in two statements, because one with both would apply to all objects', () => {
  const had = ['GRANT ALL PRIVILEGES ON `app`.* TO `app_clone`@`%` WITH GRANT OPTION'];
  expect(reconcileGrants('it', [], had)).toEqual(['REVOKE ALL PRIVILEGES ON `app`.* FROM it', 'REVOKE GRANT OPTION ON `app`.* FROM it']);
});

test.each([
  'GRANT SELECT ON *.* TO `app`@`%`',
  'GRANT ALL PRIVILEGES ON *.* TO `app`@`%`',
  'GRANT APPLICATION_PASSWORD_ADMIN ON *.* TO `app`@`%`',
  'GRANT SELECT ON `shop`.* TO `app`@`%` WITH GRANT OPTION',
  'GRANT `reader`@`%` TO `app`@`%` WITH ADMIN OPTION',
  'GRANT UPDATE ON `mysql`.`user` TO `app`@`%`',
  'GRANT INSERT ON `MySQL`.* TO `app`@`%`',
  'GRANT INSERT ON `%`.* TO `app`@`%`',
  'GRANT INSERT ON `my_ql`.* TO `app`@`%`',
  'GRANT INSERT ON `m%`.* TO `app`@`%`',
  'GRANT PROXY ON `root`@`%` TO `app`@`%`',
])('manages others: %s', (line) => {
  expect(manages(['GRANT USAGE ON *.* TO `app`@`%`', line])).toBe(true);
});

test.each([
  'GRANT USAGE ON *.* TO `app`@`%` IDENTIFIED BY PASSWORD \'*0123\'',
  'GRANT ALL PRIVILEGES ON `shop`.* TO `app`@`%`',
  'GRANT SELECT ON `mysql_of_the_shop`.* TO `app`@`%`',
  'GRANT SELECT ON `m\\_sql`.* TO `app`@`%`',
  'GRANT SELECT ON `a ON *.* b`.* TO `app`@`%`',
  'GRANT SELECT ON `mysq(l`.* TO `app`@`%`',
  'GRANT EXECUTE ON PROCEDURE `shop`.`mysql` TO `app`@`%`',
  'GRANT `reader`@`%` TO `app`@`%`',
])('manages nothing but its own: %s', (line) => {
  expect(manages([line])).toBe(false);
});

test('the roles of a user are found, and quoted as the server does', () => {
  expect(rolesIn(['GRANT USAGE ON *.* TO `app`@`%`', 'GRANT `a, b`@`%`,`c TO d`@`%` TO `app`@`%`', 'GRANT `e` TO `app`@`%` WITH ADMIN OPTION'])).toEqual(['`a, b`@`%`', '`c TO d`@`%`', '`e`']);
});

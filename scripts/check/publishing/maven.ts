import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publib } from './publib';
import type { Checks } from '../../../tools/checks';
import { filesBelow } from '../../../tools/files';
import { run } from '../../../tools/run';

const GPG_PLUGIN = 'org.apache.maven.plugins:maven-gpg-plugin:3.2.7';

/** The requirements of Maven Central, and signatures with a temporary key. https://central.sonatype.org/publish/requirements/ */
export function rehearseMaven(checks: Checks, dist: string, directory: string): void {
  const folder = join(dist, 'java');
  const pom = filesBelow(folder).find((file) => file.endsWith('.pom'))!;
  const text = readFileSync(join(folder, pom), 'utf8');
  const missing = ['name', 'description', 'url', 'licenses', 'developers', 'scm', 'groupId', 'artifactId', 'version'].filter((tag) => !text.includes(`<${tag}>`));
  checks.check('Maven Central: the pom meets the requirements', missing.length === 0, missing);

  const home = join(directory, 'gnupg');
  mkdirSync(home, { mode: 0o700 });
  const gpg = (...args: string[]) => run('gpg', ['--homedir', home, '--batch', '--no-tty', '--pinentry-mode', 'loopback', '--passphrase', '', ...args]);
  gpg('--quick-generate-key', 'rehearsal <rehearsal@localhost>', 'rsa3072', 'sign', 'never');
  try {
    signAll();
    publishAll();
  } finally {
    run('gpgconf', ['--homedir', home, '--kill', 'gpg-agent']);
  }

  function signAll(): void {
    const signed = join(directory, 'signed');
    const path = (suffix: string) => join(folder, pom.replace(/\.pom$/, suffix));
    run('mvn', [
      '--quiet', '--batch-mode', `${GPG_PLUGIN}:sign-and-deploy-file`, `-Durl=file://${signed}`, '-DrepositoryId=rehearsal', `-Dgpg.homedir=${home}`,
      `-DpomFile=${path('.pom')}`, `-Dfile=${path('.jar')}`, `-Dsources=${path('-sources.jar')}`, `-Djavadoc=${path('-javadoc.jar')}`,
    ], { cwd: directory });
    const files = filesBelow(signed).filter((file) => /\.(jar|pom)$/.test(file));
    files.forEach((file) => gpg('--verify', join(signed, `${file}.asc`), join(signed, file)));
    checks.check(`Maven Central: ${files.map((file) => file.split('/').at(-1)).join(', ')} are signed, and the signatures hold`, files.length === 4);
  }

  function publishAll(): void {
    const printed = publib('publib-maven', folder, {
      PUBLIB_DRYRUN: 'true',
      MAVEN_SERVER_ID: 'central-ossrh',
      MAVEN_USERNAME: 'nobody',
      MAVEN_PASSWORD: 'none',
      MAVEN_GPG_PRIVATE_KEY: gpg('--armor', '--export-secret-keys').replaceAll('\n', '\\n'),
      MAVEN_GPG_PRIVATE_KEY_PASSPHRASE: 'none',
    });
    const steps = ['gpg:sign-and-deploy-file', 'deploy-staged-repository'].filter((step) => printed.includes(step));
    checks.check('Maven Central: publib imports the key, and would sign and stage the artifact', steps.length === 2 && printed.includes(pom), printed);
  }
}

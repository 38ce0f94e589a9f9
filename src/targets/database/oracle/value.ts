import { Token } from 'aws-cdk-lib';
import { findHostProblem, findServiceProblem, findUserNameProblem } from './contract';
import { invalid } from '../../../invalid';

/**
 * Throws if a value couldn't be rotated, as far as it is known. A value without a host gets it from elsewhere, and the name of the service with it.
 *
 * @param property where the value is given
 */
export function checkOracleValue(property: string, value: Readonly<Record<string, unknown>>): void {
  const { username, host = null, dbname = null } = value;
  const check = (key: string, given: unknown, findProblem: (text: string) => string | undefined) => {
    if (given === null || Token.isUnresolved(given)) { return; }
    const problem = typeof given === 'string' ? findProblem(given) : 'is not a string. Make it one';
    if (problem !== undefined) { throw invalid(property, `has a ${key} that ${problem}`); }
  };
  check('username', username, findUserNameProblem);
  check('host', host, findHostProblem);
  check('dbname', dbname, findServiceProblem);
  if (host !== null && dbname === null) {
    throw invalid(property, 'has a host and no dbname, which Oracle needs. Give it the name of the service, such as {"dbname":"ORCL"}; on Amazon RDS it is the name of the database');
  }
}

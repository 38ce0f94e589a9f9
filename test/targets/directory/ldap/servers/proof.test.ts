/*
 * The proof: the function is stopped at its calls and at pairs of them on a real server, and naive variants are caught.
 */
import { catchNaiveLdap, withLdapSubjects } from '../../../../proof/ldap';
import { expectCaught, proveStops } from '../../proof';

jest.setTimeout(300_000);

test('cases 53, 54, 55, 56, 58, 59, 61: each strategy is stopped at some boundaries and pairs, a labelled version is always accepted', () => proveStops(withLdapSubjects, 3));

test('naive variants are caught, for the reason they should', () => expectCaught(catchNaiveLdap, 2));

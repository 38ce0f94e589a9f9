/* Which servers `npm run accept` takes for servers that people depend on. */
import { signsOfProduction } from './production';

test.each(['prod-db.example.com', 'db.production.example.com', 'db-prod1.example.com', 'myproddb.example.com', 'live.example.com', 'eu-prd.example.com'])('the host %s', (host) => {
  expect(signsOfProduction(host, [], [])).toEqual([`its host is called ${host}`]);
});

test.each(['staging.example.com', 'localhost', 'products.example.com', 'product-db.example.com', 'delivery.example.com', 'alive.example.com'])('not the host %s', (host) => {
  expect(signsOfProduction(host, [], [])).toEqual([]);
});

test('a database with such a name, and sessions of other users', () => {
  expect(signsOfProduction('localhost', ['postgres', 'orders_prod'], ['app', 'app', 'admin2'])).toEqual([
    'it has a database called orders_prod', 'other users have sessions: admin2, app',
  ]);
});

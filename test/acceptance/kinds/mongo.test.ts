/*
 * What is read from the answers of MongoDB and DocumentDB that no stand-in gives. Their form is that of the documentation:
 * https://www.mongodb.com/docs/manual/reference/operator/aggregation/currentOp/
 */
import { MongoServerError, type Document } from 'mongodb';
import { sessionsOf } from './mongo';

const OPERATIONS = [{ desc: 'conn1', effectiveUsers: [{ user: 'admin', db: 'admin' }] }, { desc: 'conn2', effectiveUsers: [{ user: 'app', db: 'orders' }] }, { desc: 'Checkpointer' }];

test('MongoDB shows the users of all sessions, also of idle ones', async () => {
  const commands: Document[] = [];
  const run = async (command: Document) => {
    commands.push(command);
    return { cursor: { firstBatch: OPERATIONS } };
  };
  expect(await sessionsOf('mongoDb', run)).toEqual(['admin', 'app']);
  expect(commands).toEqual([expect.objectContaining({ aggregate: 1, pipeline: [{ $currentOp: { allUsers: true, idleConnections: true } }] })]);
});

test('DocumentDB is asked with the command', async () => {
  expect(await sessionsOf('documentDb', async (command) => command.currentOp === 1 && command.$all === true ? { inprog: OPERATIONS } : {})).toEqual(['admin', 'app']);
});

test('a server that doesn\'t show users, or not to this one, shows no sessions', async () => {
  expect(await sessionsOf('documentDb', async () => ({ inprog: [{ desc: 'Conn' }] }))).toBeUndefined();
  expect(await sessionsOf('mongoDb', async () => { throw new MongoServerError({ message: 'not authorized', code: 13 }); })).toBeUndefined();
  await expect(sessionsOf('mongoDb', async () => { throw new Error('connection lost'); })).rejects.toThrow('connection lost');
});

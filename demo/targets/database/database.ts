import { Duration, type Stack } from 'aws-cdk-lib';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { DatabaseServer, Login } from '../../../servers';
import { connect, isRefusal } from '../../../servers/clients';
import { RotatingSecret, RotationRules, RotationStrategy, type RotationTarget } from '../../../src';
import { SecretText } from '../../secret-text';
import type { TargetScene } from '../../target-scene';
import { LostReplies } from '../lost-replies';

const USER = 'app';

/** A database, as far as the engines differ. */
export interface Database {
  readonly product: string;
  /** The part of the installation. */
  readonly part: string;
  start(): Promise<DatabaseServer>;
  target(options: { readonly strategy: RotationStrategy; readonly certificateAuthority: string }): RotationTarget;
  /** The statements with which the master user makes a user. */
  makeUser(login: Login, database: string): readonly string[];
}

/** Two users of a database, in turn. */
export function sceneOf({ product, part, start, target, makeUser }: Database): TargetScene {
  return {
    title: `Two users of ${product}, whose passwords rotate in turn`,
    installs: [part],
    text: new SecretText('password'),
    outcomes: {
      created: 'stored the next user and a new password',
      set: `${product} has the password`,
      tested: 'logged in with it',
      promoted: 'moved AWSCURRENT',
    },
    change: { comesFirst: false, description: `${product} has the new password` },
    async start({ simulator, losesReply }) {
      const server = await start();
      const proxy = await LostReplies.start(server.port, losesReply).catch(async (error: unknown) => {
        await server.stop();
        throw error;
      });
      const at = { engine: server.engine, host: server.host, port: proxy.port };
      const superuserArn = simulator.createSecret('superuser', JSON.stringify({ ...at, ...server.admin }));
      const logIn = async (value: string) => {
        const login = JSON.parse(value) as Login;
        try {
          const client = await connect(server, { login });
          await client.query('SELECT 1');
          await client.close();
          return true;
        } catch (error) {
          if (isRefusal(error)) { return false; }
          throw error;
        }
      };
      return {
        description: [
          `${product} ${server.version} listens on ${server.host}:${server.port}, with TLS, in a process of its own. Its data is in a temporary folder.`,
          `Readers log in with the usual driver, verify the certificate, and run a query. The master user manages ${USER} and ${USER}_clone.`,
        ],
        addTo(stack: Stack) {
          new RotatingSecret(stack, 'User', {
            target: target({
              strategy: RotationStrategy.alternatingUsers(Secret.fromSecretCompleteArn(stack, 'Superuser', superuserArn)),
              certificateAuthority: server.ca,
            }),
            rotationRules: RotationRules.rate(Duration.days(30)),
            generateSecretString: { secretStringTemplate: JSON.stringify({ ...at, dbname: server.database, username: USER }) },
          });
        },
        async prepare(value) {
          const client = await connect(server);
          for (const statement of makeUser(JSON.parse(value) as Login, server.database)) { await client.query(statement); }
          await client.close();
        },
        logIn,
        hasChanged: async (pending) => pending !== undefined && logIn(pending),
        async stop() {
          await proxy.stop();
          await server.stop();
        },
      };
    },
  };
}

import * as fs from 'node:fs';
import * as https from 'node:https';
import { isIP } from 'node:net';
import * as path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeCertificate } from '../../tools/servers/certificates';
import { freePort } from '../../tools/servers/ports';
import type { Login, ServerTls } from '../../tools/servers/server';
import { giveToServer, makeFolder, ServerProcess } from '../../tools/servers/server-process';
import { installed } from '../installation';

export interface RabbitMqOptions {
  /** @default 'good' */
  readonly tls?: Exclude<ServerTls, 'none'>;
  /** Further lines of the configuration. */
  readonly settings?: readonly string[];
}

/** A server of its own. It ends with the process that started it. */
export interface RabbitMqServer {
  readonly host: 'localhost';
  /** The port of AMQP. */
  readonly port: number;
  readonly managementPort: number;
  readonly ca: string;
  /** A user with the tag administrator, and no permission on any virtual host. */
  readonly administrator: Login;
  /** The server's log. */
  output(): string;
  pause(): void;
  resume(): void;
  /** Ends the server at once, and keeps its files. */
  kill(): Promise<void>;
  /** After `kill`. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const ADMINISTRATOR: Login = { username: 'administrator', password: 'administrator-of-the-tests' };
const READY = /completed with \d+ plugins|Starting broker\.\.\. completed/;
const PORT_TAKEN = /eaddrinuse/;

export async function startRabbitMq({ tls = 'good', settings = [] }: RabbitMqOptions = {}): Promise<RabbitMqServer> {
  const folder = makeFolder();
  const data = path.join(folder, 'data');
  fs.mkdirSync(data, { mode: 0o700 });
  const server = new ServerProcess(folder, 'KILL');
  try {
    const certificate = await makeCertificate(path.join(folder, 'tls'), tls);
    const installation = installed('rabbitmq-3');
    const erlang = path.join(installation, 'usr/lib/erlang');
    const [home] = fs.readdirSync(path.join(installation, 'usr/lib/rabbitmq/lib'));
    fs.writeFileSync(path.join(folder, 'plugins'), '[rabbitmq_management].\n');
    fs.writeFileSync(path.join(folder, 'definitions.json'), JSON.stringify({
      vhosts: [{ name: '/' }], users: [{ name: ADMINISTRATOR.username, password: ADMINISTRATOR.password, tags: 'administrator' }], permissions: [],
    }));
    let ports: number[];
    let command: string[];
    do {
      ports = [await freePort(), await freePort(), await freePort(), await freePort()];
      const [port, managementPort, epmdPort, distributionPort] = ports;
      const files = (prefix: string) => [
        `${prefix}.cacertfile = ${certificate.caFile}`, `${prefix}.certfile = ${certificate.certificateFile}`, `${prefix}.keyfile = ${certificate.keyFile}`,
      ];
      fs.writeFileSync(path.join(folder, 'rabbitmq.conf'), [
        'listeners.tcp = none', `listeners.ssl.1 = 127.0.0.1:${port}`, ...files('ssl_options'), 'ssl_options.verify = verify_none', 'ssl_options.fail_if_no_peer_cert = false',
        'management.ssl.ip = 127.0.0.1', `management.ssl.port = ${managementPort}`, ...files('management.ssl'),
        `management.load_definitions = ${path.join(folder, 'definitions.json')}`, 'log.console = true', 'log.console.level = warning', 'log.file = false', ...settings, '',
      ].join('\n'));
      giveToServer(folder);
      const variables = {
        HOME: data,
        PATH: `${path.join(erlang, 'bin')}:/usr/bin:/bin`,
        LANG: 'C.UTF-8',
        ERL_ROOTDIR: erlang,
        ERL_EPMD_PORT: String(epmdPort),
        ERL_EPMD_ADDRESS: '127.0.0.1',
        RABBITMQ_NODENAME: 'rabbit@localhost',
        RABBITMQ_DIST_PORT: String(distributionPort),
        RABBITMQ_CONFIG_FILE: path.join(folder, 'rabbitmq.conf'),
        RABBITMQ_MNESIA_BASE: data,
        RABBITMQ_LOG_BASE: data,
        RABBITMQ_ENABLED_PLUGINS_FILE: path.join(folder, 'plugins'),
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1} +S 1:1',
      };
      const script = path.join(installation, 'usr/lib/rabbitmq/lib', home, 'sbin/rabbitmq-server');
      command = ['env', '-i', ...Object.entries(variables).map(([name, value]) => `${name}=${value}`), 'bash', '-c',
        `${path.join(erlang, 'bin/epmd')} -address 127.0.0.1 -port ${epmdPort} & exec bash ${script}`];
      if (await server.start(command, READY, PORT_TAKEN)) { break; }
    } while (true);
    const [port, managementPort] = ports;
    return {
      host: 'localhost',
      port,
      managementPort,
      ca: certificate.ca,
      administrator: ADMINISTRATOR,
      output: () => server.output(),
      pause: () => server.pause(),
      resume: () => server.resume(),
      kill: () => server.kill(),
      restart: async () => {
        // The ports may be free only after a moment.
        for (let left = 20; !await server.start(command, READY, PORT_TAKEN); left--) {
          if (left === 0) { throw new Error('A port is taken'); }
          await sleep(50);
        }
      },
      stop: () => server.stop(),
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** The server of a request to the management API. */
export interface ManagementAddress extends Pick<RabbitMqServer, 'managementPort' | 'ca' | 'administrator'> {
  readonly host: string;
}

/** The body of a reply of the management API. */
export async function askRabbitMq<T>(
  server: ManagementAddress, method: string, resource: string, body?: object, login = server.administrator,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = https.request({
      host: server.host === 'localhost' ? '127.0.0.1' : server.host,
      port: server.managementPort,
      servername: isIP(server.host) ? undefined : server.host,
      ca: server.ca,
      agent: false,
      method,
      path: `/api/${resource}`,
      auth: `${login.username}:${login.password}`,
      headers: { 'content-type': 'application/json' },
    }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject).on('end', () => {
        const text = Buffer.concat(chunks).toString();
        if (response.statusCode! >= 300) { return reject(Object.assign(new Error(`${method} ${resource} was answered with ${response.statusCode}: ${text}`), { code: response.statusCode })); }
        resolve((text === '' ? undefined : JSON.parse(text)) as T);
      });
    });
    request.on('error', reject).end(body && JSON.stringify(body));
  });
}

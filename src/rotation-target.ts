import type { Duration } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import type * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import type { RotationStrategy } from './rotation-strategy';
import { IamAccessKeyTarget } from './targets/access-key/iam-access-key/iam-access-key-target';
import { SesSmtpTarget } from './targets/access-key/ses-smtp/ses-smtp-target';
import { ElastiCacheUserTarget } from './targets/cache-user/elasticache-user/elasticache-user-target';
import { MemoryDbUserTarget } from './targets/cache-user/memorydb-user/memorydb-user-target';
import { DatabaseTarget } from './targets/database/database-target';
import { factoryFor } from './targets/database/database-value';
import type { TargetDefinition } from './targets/definition';
import { ActiveDirectoryTarget } from './targets/directory/active-directory/active-directory-target';
import { LdapTarget } from './targets/directory/ldap/ldap-target';
import { GeneratedTarget } from './targets/generated/generated-target';
import { FunctionTarget } from './targets/own/function/function-target';
import { ModuleTarget } from './targets/own/module/module-target';
import { RabbitMqTarget } from './targets/rabbitmq/rabbitmq-target';
import { RedisTarget } from './targets/redis/redis-target';
import { SigningKeysTarget } from './targets/signing-keys/signing-keys-target';
import { checkGenerator, generatorOf, type Generator } from './value/generator';
import type { PasswordPolicy } from './value/password-policy';

/**
 * Options for a target whose value is generated.
 */
export interface GeneratedTargetOptions {
  /**
   * The key of the JSON secret to rotate. The other keys are kept byte for byte.
   *
   * @default - the whole secret is one string. A rotation fails if it would replace a JSON object
   */
  readonly generateStringKey?: string;

  /**
   * The policy of generated passwords.
   *
   * @default - 32 characters: lowercase and uppercase letters, digits and punctuation, at least one of each
   */
  readonly passwordPolicy?: PasswordPolicy;
}

/**
 * Options for a target that is a user of a database.
 */
export interface DatabaseTargetOptions {
  /**
   * Whether one user or two users in turn have the password of the secret.
   *
   * @default RotationStrategy.singleUser()
   */
  readonly strategy?: RotationStrategy;

  /**
   * The database, such as an instance or a cluster of Amazon RDS or Amazon Redshift. Its security group lets the function in, on its default port or on the
   * default port of the engine.
   *
   * Give the database behind a proxy, not the proxy: a rotation logs in with the new password before the proxy knows it.
   *
   * @default - no security group changes, except that `RotatingSecret.attach` lets the function into the database that it attaches
   */
  readonly database?: ec2.IConnectable;

  /**
   * The host that rotations log in to, or the host and the port as in `writer.example.com:5432`, for all secrets of the function. The default
   * port is that of the engine, and for Oracle with TLS 2484. The keys `host` and `port` of the secrets then have no effect on rotations.
   *
   * Give it if the secret has a reader, a proxy or another name than the certificate of the server: for a cluster of Amazon RDS,
   * `cluster.clusterEndpoint.socketAddress`. Credentials of a superuser secret without `host` are sent to this server alone.
   *
   * @default - the host and the port of the secret; with a superuser secret that RDS manages, the endpoint of `database`, which the secrets must
   * have too
   */
  readonly endpoint?: string;

  /**
   * The policy of generated passwords. A property that you leave out has its default.
   *
   * @default - 32 characters (30 for Oracle): lowercase and uppercase letters, digits and punctuation, at least one of each, but none of
   * ``/ @ " ' \`` and the space, which Amazon RDS or connection strings can't take
   */
  readonly passwordPolicy?: PasswordPolicy;

  /**
   * The certificate authority that signed the certificate of the server, as PEM.
   *
   * The environment of a function holds 4 KB, so give only the root certificate.
   *
   * @default - those that Node.js trusts, which signed the certificates of Redshift, and for the other databases those of Amazon RDS
   */
  readonly certificateAuthority?: string;

  /**
   * Whether to connect without TLS.
   *
   * Danger: the old and the new password then cross the network in clear text or as hashes that can be attacked. Anybody between the
   * function and the server can read and change the traffic, or pretend to be the server. Use it only for a server without TLS, in a
   * private network.
   *
   * @default false
   */
  readonly plaintextConnection?: boolean;
}

/**
 * Options for a target that is a user of Redis or Valkey.
 */
export interface RedisTargetOptions {
  /**
   * The secret of a user who may run `ACL SETUSER`, `ACL GETUSER`, `ACL SAVE` and `ACL WHOAMI`, which the function may read. If it was
   * imported and has an `encryptionKey`, give that at the import. It has the same `host` and `port` as the secret.
   *
   * A reader of this secret can give any right to any user of the server.
   */
  readonly superuserSecret: secretsmanager.ISecret;

  /**
   * Every server that clients log in to, such as the primary and its replicas: they don't share their users. Each is a host, or a host and a
   * port as in `redis-1.example.com:6380`. The default port is that of the secret. A rotation needs all of them.
   *
   * @default - the host of the secret
   */
  readonly nodes?: string[];

  /**
   * The servers. Their security group lets the function in, on its default port or on 6379.
   *
   * @default - no security group changes
   */
  readonly database?: ec2.IConnectable;

  /**
   * The policy of generated passwords. A property that you leave out has its default.
   *
   * @default - 32 characters: lowercase and uppercase letters, digits and punctuation, at least one of each, but none of
   * ``" ' ` \\ / @ : ? # [ ] % & $ < > | ; ! ( ) * ^ { } ~`` and the space, which need escaping in URIs or shells
   */
  readonly passwordPolicy?: PasswordPolicy;

  /**
   * The certificate authority that signed the certificates of the servers, as PEM.
   *
   * The environment of a function holds 4 KB, so give only the root certificate.
   *
   * @default - the certificate authorities that Node.js trusts
   */
  readonly certificateAuthority?: string;
}

/**
 * Options for a target that is a user of Amazon ElastiCache or Amazon MemoryDB.
 */
export interface CacheUserTargetOptions {
  /**
   * The ARN of the user, such as `attrArn` of a `CfnUser`. The function may change this user only. The user belongs to one secret.
   *
   * The permission to change its passwords includes its access string.
   */
  readonly userArn: string;

  /**
   * A cache of the user, to log in to with each new password: a host, or a host and a port as in `cache.example.com:6380`. The default port is 6379.
   * The function then needs the `vpc` of the cache. Connections always use TLS.
   *
   * @default - no login. A rotation then relies on the status and the number of passwords that the service shows
   */
  readonly endpoint?: string;

  /**
   * The cache of `endpoint`. Its security group lets the function in, on its default port, on the port of `endpoint` if synthesis knows it, or on 6379.
   *
   * @default - no security group changes
   */
  readonly cache?: ec2.IConnectable;

  /**
   * The policy of generated passwords. A property that you leave out has its default. `passwordLength` is from 16 to 128, and `includeSpace` is not
   * allowed.
   *
   * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/Clusters.RBAC.html
   * @default - 32 characters: lowercase and uppercase letters, digits and punctuation, at least one of each, but none of
   * ``" ' ` \\ / @ : ? # [ ] % & $ < > | ; ! ( ) * ^ { } ~ ,`` and the space, which need escaping in URIs or shells
   */
  readonly passwordPolicy?: PasswordPolicy;
}

/**
 * Options for a target that is a user of an LDAP directory.
 */
export interface LdapTargetOptions {
  /**
   * How the password changes: by the user itself, by a superuser, or with a second password beside it.
   *
   * `RotationStrategy.dualPasswords` needs a superuser secret. `RotationStrategy.alternatingUsers`, `creationStatements` and `resetLostPassword`
   * are refused.
   *
   * @default RotationStrategy.singleUser()
   */
  readonly strategy?: RotationStrategy;

  /**
   * The server. Its security group lets the function in, on its default port or on 636.
   *
   * @default - no security group changes
   */
  readonly directory?: ec2.IConnectable;

  /**
   * The policy of generated passwords. A property that you leave out has its default.
   *
   * @default - 32 characters: lowercase and uppercase letters, digits and punctuation, at least one of each, but none of
   * ``" ' ` \\ / @ { }`` and the space, which need escaping in shells or begin a hash
   */
  readonly passwordPolicy?: PasswordPolicy;

  /**
   * The certificate authority that signed the certificate of the server, as PEM.
   *
   * The environment of a function holds 4 KB, so give only the root certificate.
   *
   * @default - the certificate authorities that Node.js trusts
   */
  readonly certificateAuthority?: string;
}

/**
 * Options for a target that is a user of Active Directory.
 */
export interface ActiveDirectoryTargetOptions {
  /**
   * Who changes the password: the user itself, with `RotationStrategy.singleUser()`, or a superuser who resets it, with
   * `RotationStrategy.singleUser(superuserSecret)`.
   *
   * Other strategies, `creationStatements` and `resetLostPassword` are refused.
   *
   * @default RotationStrategy.singleUser()
   */
  readonly strategy?: RotationStrategy;

  /**
   * The domain controllers. Their security group lets the function in, on its default port or on 636.
   *
   * @default - no security group changes
   */
  readonly directory?: ec2.IConnectable;

  /**
   * The policy of generated passwords. A property that you leave out has its default. `passwordLength` is from 7 to 127, at most one type of
   * characters may be excluded, and `requireEachIncludedType` can't be false.
   *
   * @see https://learn.microsoft.com/en-us/windows/security/threat-protection/security-policy-settings/password-must-meet-complexity-requirements
   * @default - 32 characters: lowercase and uppercase letters, digits and punctuation, at least one of each, but none of
   * ``" ' ` \\ / @ { }`` and the space, which need escaping in shells, and no vowels, so that no password has a part of a name
   */
  readonly passwordPolicy?: PasswordPolicy;

  /**
   * The certificate authority that signed the certificates of the domain controllers, as PEM.
   *
   * The environment of a function holds 4 KB, so give only the root certificate.
   *
   * @default - the certificate authorities that Node.js trusts
   */
  readonly certificateAuthority?: string;
}

/**
 * Options for a target that is a user of RabbitMQ.
 */
export interface RabbitMqTargetOptions {
  /**
   * Whether one user or two users in turn have the password of the secret: `RotationStrategy.singleUser` or `RotationStrategy.alternatingUsers`. Both
   * need the secret of a user with the tag `administrator`, which has the same `host`, `port` and `managementPort` as the secret.
   */
  readonly strategy: RotationStrategy;

  /**
   * The broker. Its security group lets the function in: on its default port or 5671 for AMQP, and on 443 and 15671 for the management API.
   *
   * @see https://www.rabbitmq.com/docs/networking#ports
   * @default - no security group changes
   */
  readonly broker?: ec2.IConnectable;

  /**
   * The policy of generated passwords. A property that you leave out has its default. User name and password have at most 3,000 bytes together,
   * because RabbitMQ limits the size of a login.
   *
   * @see https://www.rabbitmq.com/resources/specs/amqp0-9-1.pdf
   * @default - 32 characters: lowercase and uppercase letters, digits and punctuation, at least one of each, but none of
   * ``" ' ` \\ / @ : ? # [ ] % & $ < > | ; ! ( ) * ^ { } ~ , =`` and the space, which need escaping in URIs or shells, or which Amazon MQ refuses
   */
  readonly passwordPolicy?: PasswordPolicy;

  /**
   * The certificate authority that signed the certificate of the broker, as PEM.
   *
   * The environment of a function holds 4 KB, so give only the root certificate.
   *
   * @default - the certificate authorities that Node.js trusts
   */
  readonly certificateAuthority?: string;
}

/**
 * Options for a target that is the access key of a user of IAM.
 */
export interface IamAccessKeyTargetOptions {
  /**
   * The user whose access keys are rotated, of the account of the `RotationFunction`. IAM allows a user two access keys, and a rotation
   * needs both.
   *
   * Import a user that has a path with `User.fromUserArn`.
   *
   * @default - `users` are given
   */
  readonly user?: iam.IUser;

  /**
   * The users of a function that rotates many secrets, at most 75. Each secret has the tag `cdk-rotating-secret:user` with the ARN of its own
   * user: `Tags.of(secret).add('cdk-rotating-secret:user', user.userArn)`. A principal that may tag a secret can choose among these users. The
   * `RotationFunction` needs a `secretNamePrefix`, so that other secrets of the account can't have a key put into them.
   *
   * @default - `user` is given
   */
  readonly users?: iam.IUser[];

  /**
   * Whether the user belongs to this secret alone: nothing else creates access keys of it, and it has no other key that is used.
   *
   * A rotation then deletes access keys of the user that no version of the secret has and that were never used, once no copy of the
   * function can be about to store them. They are left over if the function crashes after it created one. Otherwise, and if such a key was
   * used, a rotation fails with the ids of the keys. Not with `users`.
   *
   * @default false
   */
  readonly exclusiveUser?: boolean;

  /**
   * The key of the JSON secret that has the id of the access key.
   *
   * @default accessKeyId
   */
  readonly accessKeyIdKey?: string;

  /**
   * The key of the JSON secret that has the secret access key.
   *
   * @default secretAccessKey
   */
  readonly secretAccessKeyKey?: string;
}

/**
 * Options for a target that is the SMTP user of Amazon SES.
 */
export interface SesSmtpTargetOptions {
  /**
   * The user of IAM whose access keys are rotated, of the account of the `RotationFunction`. It needs `ses:SendRawEmail`. IAM allows a user
   * two access keys, and a rotation needs both.
   *
   * Import a user that has a path with `User.fromUserArn`.
   *
   * @default - `users` are given
   */
  readonly user?: iam.IUser;

  /**
   * The users of a function that rotates many secrets, at most 75. Each secret has the tag `cdk-rotating-secret:user` with the ARN of its own
   * user: `Tags.of(secret).add('cdk-rotating-secret:user', user.userArn)`. A principal that may tag a secret can choose among these users. The
   * `RotationFunction` needs a `secretNamePrefix`, so that other secrets of the account can't have a key put into them.
   *
   * @default - `user` is given
   */
  readonly users?: iam.IUser[];

  /**
   * Whether the user belongs to this secret alone: nothing else creates access keys of it, and it has no other key that is used.
   *
   * A rotation then deletes access keys of the user that no version of the secret has and that were never used, once no copy of the
   * function can be about to store them. They are left over if the function crashes after it created one. Otherwise, and if such a key was
   * used, a rotation fails with the ids of the keys. Not with `users`.
   *
   * @default false
   */
  readonly exclusiveUser?: boolean;

  /**
   * The region of the SMTP interface. A password of one region isn't accepted in another one.
   *
   * @default - the region of the function
   */
  readonly region?: string;
}

/**
 * The algorithm of a signature, by its name in JSON Web Signatures.
 *
 * @see https://www.iana.org/assignments/jose/jose.xhtml
 */
export enum SigningAlgorithm {
  /**
   * RSASSA-PKCS1-v1_5 with SHA-256. Every verifier knows it.
   */
  RS256 = 'RS256',

  /**
   * RSASSA-PSS with SHA-256.
   */
  PS256 = 'PS256',

  /**
   * ECDSA with the curve P-256 and SHA-256.
   */
  ES256 = 'ES256',

  /**
   * ECDSA with the curve P-384 and SHA-384.
   */
  ES384 = 'ES384',

  /**
   * EdDSA with the curve Ed25519.
   */
  EDDSA = 'EdDSA',
}

/**
 * The object with the public keys of a secret.
 */
export interface JwksPublication {
  /**
   * The bucket, whose policy or a distribution of CloudFront lets verifiers read the object.
   */
  readonly bucket: s3.IBucket;

  /**
   * The key of the object. Nothing else may write it. It can't have `*`, `?` or `${`. An object that the secret hasn't written is never
   * overwritten.
   *
   * @default .well-known/jwks.json
   */
  readonly objectKey?: string;

  /**
   * How long verifiers may cache the object, a whole number of seconds. It is sent as the `max-age` of `Cache-Control`.
   *
   * A rotation signs with no key before it has been in the object for that long. Add the cache times between the bucket and the verifiers. Give
   * at least the cache time of the verifiers' library, and at most the time between two rotations.
   *
   * @see https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/targets/signing-keys.md
   * @default Duration.minutes(10)
   */
  readonly cacheTime?: Duration;
}

/**
 * Options for a target that is the keys of signatures.
 */
export interface SigningKeysTargetOptions {
  /**
   * The algorithm of new keys. If you change it, the next rotation makes a key of it, and that key signs after the rotation after that one.
   */
  readonly algorithm: SigningAlgorithm;

  /**
   * The length of RSA keys in bits: 2048, 3072 or 4096.
   *
   * @default 2048
   */
  readonly rsaModulusLength?: number;

  /**
   * Where to publish the public keys, for one secret.
   *
   * @default - the public keys are in the secret only
   */
  readonly publishTo?: JwksPublication;

  /**
   * How long a signed token is valid at most. Add the time for which signers cache the value. It is used for a warning only: that rotations can
   * be too close to each other.
   *
   * @default - no warning about the lifetime
   */
  readonly tokenLifetime?: Duration;
}

/**
 * Options for a target that is a function of yours.
 */
export interface InvokeTargetOptions extends GeneratedTargetOptions {
  /**
   * Whether the function makes the next value, instead of the password generator. It is invoked for the step `createSecret`, stores the
   * value with `PutSecretValue`, and has the permission to do so. `generateStringKey` and `passwordPolicy` then apply to the first
   * value only.
   *
   * @default false
   */
  readonly createSecret?: boolean;

  /**
   * Whether the function is invoked for the step `finishSecret`, just before the pending version becomes AWSCURRENT. If the target accepts
   * two credentials at a time, revoke the credential of AWSPREVIOUS in this step.
   *
   * @default false
   */
  readonly finishSecret?: boolean;

  /**
   * The staging labels of the versions of a secret that the function may read. The function must name the label as `VersionStage` when
   * it calls `GetSecretValue`.
   *
   * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
   * @default - only AWSPENDING
   */
  readonly versionStages?: string[];
}

/**
 * What a rotation changes in addition to the secret, such as the user of a database.
 */
export class RotationTarget {
  /**
   * A generated value that exists only in the secret, such as a signing key. Every reader takes it from the secret.
   *
   * @param options which key of the secret to rotate, and how to generate it
   * @throws if the policy can't be met
   */
  public static generated(options: GeneratedTargetOptions = {}): RotationTarget {
    return new RotationTarget(new GeneratedTarget(generatorOf({ ...options.passwordPolicy, ...keyOf(options) })));
  }

  /**
   * A user of a PostgreSQL database.
   *
   * The secret has the keys of a database secret of Secrets Manager: `engine`, `host`, `port`, `username`, `password` and `dbname`. A
   * rotation changes `password`, and with alternating users also `username`.
   *
   * Tests run on PostgreSQL 15 and PostgreSQL 18. No rotation has run on Amazon RDS or Amazon Aurora yet.
   *
   * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
   * @param options which database and how to connect to it, which of its users rotate, and how to generate their passwords
   * @throws if the policy can't be met, the certificate authority is not a certificate, or the endpoint is not a host or host:port
   */
  public static postgres(options: DatabaseTargetOptions = {}): RotationTarget {
    return new RotationTarget(new DatabaseTarget('postgres', generatorOf(options.passwordPolicy), options));
  }

  /**
   * A user of a MySQL database.
   *
   * The secret has the keys of a database secret of Secrets Manager: `engine`, `host`, `port`, `username`, `password` and `dbname`. A
   * rotation changes `password`, and with alternating users also `username`.
   *
   * Tests run on MySQL 8.0 and MySQL 9.7. No rotation has run on Amazon RDS or Amazon Aurora yet.
   *
   * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
   * @param options which database and how to connect to it, which of its users rotate, and how to generate their passwords
   * @throws if the policy can't be met, the certificate authority is not a certificate, or the endpoint is not a host or host:port
   */
  public static mysql(options: DatabaseTargetOptions = {}): RotationTarget {
    return new RotationTarget(new DatabaseTarget('mysql', generatorOf(options.passwordPolicy), options));
  }

  /**
   * A user of a MariaDB database.
   *
   * The secret has the keys of a database secret of Secrets Manager: `engine`, `host`, `port`, `username`, `password` and `dbname`. A
   * rotation changes `password`, and with alternating users also `username`.
   *
   * Tests run on MariaDB 10.11 and MariaDB 11.8. No rotation has run on Amazon RDS yet.
   *
   * @see https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
   * @param options which database and how to connect to it, which of its users rotate, and how to generate their passwords
   * @throws if the policy can't be met, the certificate authority is not a certificate, or the endpoint is not a host or host:port
   */
  public static mariadb(options: DatabaseTargetOptions = {}): RotationTarget {
    return new RotationTarget(new DatabaseTarget('mariadb', generatorOf(options.passwordPolicy), options));
  }

  /**
   * A user of Amazon Redshift, of a cluster or a workgroup.
   *
   * The secret has the keys of a database secret of Secrets Manager: `engine`, `host`, `port`, `username`, `password` and `dbname`. A
   * rotation changes `password`, and with alternating users also `username`. Alternating users have their rights by groups and roles only. A rotation
   * that finds that one of them owns something, or has a right by itself, fails and changes nothing.
   *
   * Tests run on stand-ins only: PostgreSQL 18 behind a server with the statements of Redshift. No rotation has run on Amazon Redshift yet. Try it on
   * a cluster of yours first.
   *
   * @see https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/targets/redshift.md
   * @see https://docs.aws.amazon.com/redshift/latest/dg/r_ALTER_USER.html
   * @param options which database and how to connect to it, which of its users rotate, and how to generate their passwords: from 8 to 64 characters, with
   * an uppercase and a lowercase letter and a digit
   * @throws if the policy can't be met or Redshift would refuse its passwords, the certificate authority is not a certificate, or the endpoint is not a
   * host or host:port
   */
  public static redshift(options: DatabaseTargetOptions = {}): RotationTarget {
    return new RotationTarget(new DatabaseTarget('redshift', generatorOf(options.passwordPolicy), options));
  }

  /**
   * A user of MongoDB 4.0 or later, on servers whose users you manage with `createUser`. Not MongoDB Atlas, whose users are changed by its API.
   *
   * The secret has the keys of a database secret of Secrets Manager: `engine`, which is `mongo`, `host`, `port`, `username`, `password` and `dbname`.
   * `dbname` is the database that the user was created in, by default `admin`. A rotation changes `password`, and with alternating users also
   * `username`. The key `ssl` has no effect, because connections use TLS.
   *
   * Strategies are `RotationStrategy.singleUser` and `RotationStrategy.alternatingUsers`, without `creationStatements` and `resetLostPassword`.
   *
   * Tests run on stand-ins only: SecantusDB 0.7 with the parts of users that it lacks and FerretDB 1.24, which has logins and no roles. No rotation has run
   * on MongoDB yet.
   *
   * @see https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/targets/mongodb.md
   * @param options which database and how to connect to it, which of its users rotate, and how to generate their passwords
   * @throws if the policy can't be met, the strategy isn't one for MongoDB, the certificate authority is not a certificate, or the endpoint is
   * not a host or host:port
   */
  public static mongoDb(options: DatabaseTargetOptions = {}): RotationTarget {
    return new RotationTarget(new DatabaseTarget('mongoDb', generatorOf(options.passwordPolicy), options));
  }

  /**
   * A user of Amazon DocumentDB.
   *
   * The secret has the keys of a database secret of Secrets Manager: `engine`, which is `mongo`, `host`, `port`, `username` and `password`.
   * `attach` adds `engine`, `host` and `port`. A rotation changes `password`, and with alternating users also `username`. The keys `dbname` and
   * `ssl` have no effect, because all users are in `admin`, and connections use TLS.
   *
   * Strategies are `RotationStrategy.singleUser` and `RotationStrategy.alternatingUsers`, without `creationStatements` and `resetLostPassword`.
   *
   * Tests run on stand-ins only: SecantusDB 0.7 with the parts of users that it lacks and FerretDB 1.24, which has logins and no roles. No rotation has run
   * on Amazon DocumentDB yet.
   *
   * @see https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/targets/documentdb.md
   * @param options which database and how to connect to it, which of its users rotate, and how to generate their passwords
   * @throws if the policy can't be met, its passwords aren't of 8 to 100 characters without `/`, `"` and `@`, the strategy isn't one for DocumentDB,
   * the certificate authority is not a certificate, or the endpoint is not a host or host:port
   */
  public static documentDb(options: DatabaseTargetOptions = {}): RotationTarget {
    return new RotationTarget(new DatabaseTarget('documentDb', generatorOf(options.passwordPolicy), options));
  }

  /**
   * A user of Oracle Database 19c or later, who changes its own password.
   *
   * The secret has the keys of a database secret of Secrets Manager: `engine`, which is `oracle`, `host`, `port`, `username`, `password` and `dbname`,
   * which is the name of the service. A rotation changes `password`. TLS has a port of its own: on Amazon RDS, that of the option `SSL`,
   * which `endpoint` names if the secret is attached to the instance.
   *
   * Strategies are `RotationStrategy.singleUser` and `RotationStrategy.dualPasswords`, both without a superuser secret. Two passwords need the limit
   * `PASSWORD_ROLLOVER_TIME` in the profile of the user (Oracle 19.12 and later), which is shorter than the time between two rotations.
   *
   * Tests run on stand-ins only: a model of Oracle's statements in memory. No rotation has run on Oracle Database or Amazon RDS yet.
   *
   * @see https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/targets/oracle.md
   * @see https://docs.oracle.com/en/database/oracle/oracle-database/19/sqlrf/ALTER-USER.html
   * @param options which database and how to connect to it, which of its users rotate, and how to generate their passwords: at most 30 characters without `"`
   * @throws if the policy can't be met, its passwords are longer than 30 characters or may have `"`, the strategy isn't one for Oracle, the
   * certificate authority is not a certificate, or the endpoint is not a host or host:port
   */
  public static oracle(options: DatabaseTargetOptions = {}): RotationTarget {
    return new RotationTarget(new DatabaseTarget('oracle', generatorOf(options.passwordPolicy), options));
  }

  /**
   * A login of Microsoft SQL Server 2012 or later, or a user with a password of a contained database, on Amazon RDS or elsewhere. Not Azure SQL.
   *
   * The secret has the keys of a database secret of Secrets Manager: `engine`, which is `sqlserver`, `host`, `port`, `username`, `password` and `dbname`.
   * `attach` adds `engine`, `host` and `port`. `dbname` is the database that rotations log in to, by default `master`. A user of a contained database
   * needs that database there. A rotation changes `password`.
   *
   * The strategy is `RotationStrategy.singleUser`, without `creationStatements` and `resetLostPassword`. The user needs no right to change its own password.
   *
   * A login exists on one server alone: a replica of an availability group that you manage keeps the old password. Amazon RDS copies logins to the
   * standby of an instance, and the users of a contained database are in the database.
   *
   * Tests run on stand-ins only: a server of our own with the protocol and the statements of SQL Server. No rotation has run on Microsoft SQL Server or Amazon RDS yet.
   *
   * @see https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/targets/sql-server.md
   * @see https://learn.microsoft.com/en-us/sql/t-sql/statements/alter-login-transact-sql
   * @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_SQLServerMultiAZ.Recommendations.html
   * @param options which database and how to connect to it, who changes the password, and how to generate passwords: from 8 to 128 characters, of at least
   * three of the four types
   * @throws if the policy can't be met or SQL Server would refuse its passwords, the strategy is another one, the certificate authority is not a certificate,
   * or the endpoint is not a host or host:port
   */
  public static sqlServer(options: DatabaseTargetOptions = {}): RotationTarget {
    return new RotationTarget(new DatabaseTarget('sqlServer', generatorOf(options.passwordPolicy), options));
  }

  /**
   * A user of Redis 6 or later, or of Valkey, on servers whose users you manage with `ACL SETUSER`.
   *
   * The secret is a JSON object with `host`, `port`, `username` and `password`, and a rotation changes `password`. The server accepts the
   * passwords of AWSCURRENT and AWSPREVIOUS at the same time, so no client is refused. A password is removed after two further rotations, by
   * the third one. Connections always use TLS. The passwords of the user are this secret's alone: a rotation removes others.
   *
   * Tests run on Redis 7 and Valkey 8.
   *
   * @see https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/targets/redis.md
   * @param options the superuser, which servers, and how to generate the passwords
   * @throws if the policy can't be met, a node isn't a host, or the certificate authority is not a certificate
   */
  public static redis(options: RedisTargetOptions): RotationTarget {
    return new RotationTarget(new RedisTarget(generatorOf(options.passwordPolicy), options));
  }

  /**
   * A user of Amazon ElastiCache with a password (RBAC).
   *
   * The secret is a JSON object with `username` and `password`, and may have `user_arn` as AWS's own rotation function needs it. A rotation changes
   * `password`. The user has the passwords of AWSCURRENT and AWSPREVIOUS at the same time, so no client is refused. A rotation replaces all
   * passwords of the user, so they are this secret's alone.
   *
   * Tests run on stand-ins only: an API of our own over Valkey 8. No rotation has run on Amazon ElastiCache yet.
   *
   * @see https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_ModifyUser.html
   * @param options the user, a cache to log in to, and how to generate the passwords
   * @throws if the ARN is not that of one user, or if the policy can't be met or its length isn't from 16 to 128
   */
  public static elastiCacheUser(options: CacheUserTargetOptions): RotationTarget {
    return new RotationTarget(new ElastiCacheUserTarget(generatorOf(options.passwordPolicy), options));
  }

  /**
   * A user of Amazon MemoryDB with a password.
   *
   * The secret is a JSON object with `username` and `password`, and may have `user_arn`. A rotation changes `password`. The user has the passwords of
   * AWSCURRENT and AWSPREVIOUS at the same time, so no client is refused. A rotation replaces all passwords of the user, so they are this secret's
   * alone.
   *
   * Tests run on stand-ins only: an API of our own over Valkey 8 and the API of moto. No rotation has run on Amazon MemoryDB yet.
   *
   * @see https://docs.aws.amazon.com/memorydb/latest/APIReference/API_UpdateUser.html
   * @param options the user, a cluster to log in to, and how to generate the passwords
   * @throws if the ARN is not that of one user, or if the policy can't be met or its length isn't from 16 to 128
   */
  public static memoryDbUser(options: CacheUserTargetOptions): RotationTarget {
    return new RotationTarget(new MemoryDbUserTarget(generatorOf(options.passwordPolicy), options));
  }

  /**
   * A user of an LDAP directory, such as OpenLDAP, over LDAPS.
   *
   * The secret has the keys `host`, `port`, `username` and `password`. The username is the distinguished name of the entry, such as
   * `uid=app,ou=services,dc=example,dc=com`. The default port is 636. A rotation changes `password`.
   *
   * Tests run on OpenLDAP 2.5.
   *
   * @see https://www.rfc-editor.org/rfc/rfc3062
   * @param options the strategy, the server, and how to generate the passwords
   * @throws if the strategy isn't for a directory, the policy can't be met, or the certificate authority is not a certificate
   */
  public static ldap(options: LdapTargetOptions = {}): RotationTarget {
    return new RotationTarget(new LdapTarget(generatorOf(options.passwordPolicy), options));
  }

  /**
   * A user of Active Directory, over LDAPS.
   *
   * The secret has the keys `host`, `port`, `username` and `password`. The host is a domain controller of the user's domain. The username is what
   * the user logs in with: a user principal name such as `app@ad.example.com`, a distinguished name, or a domain and a name with a backslash between
   * them. The default port is 636. A rotation changes `password`. By default, the domain accepts the password before it for another hour.
   *
   * Tests run on Samba 4.17. No rotation has run on Windows Server or AWS Managed Microsoft AD yet.
   *
   * @see https://learn.microsoft.com/en-us/troubleshoot/windows-server/active-directory/change-windows-active-directory-user-password
   * @param options the strategy, the domain controllers, and how to generate the passwords
   * @throws if the strategy isn't for Active Directory, the policy can't be met, or the certificate authority is not a certificate
   */
  public static activeDirectory(options: ActiveDirectoryTargetOptions = {}): RotationTarget {
    return new RotationTarget(new ActiveDirectoryTarget(generatorOf(options.passwordPolicy), options));
  }

  /**
   * A user of RabbitMQ, on a broker with the plugin `rabbitmq_management` and TLS.
   *
   * The secret is a JSON object with `host`, `port`, `managementPort`, `username` and `password`. A rotation changes `password`, and with alternating
   * users also `username`. `port` is that of AMQP over TLS, by default 5671. `managementPort` is that of the management API over TLS, by default 443 for
   * hosts of Amazon MQ and 15671 for others.
   *
   * Tests run on RabbitMQ 3.10. No rotation has run on Amazon MQ yet.
   *
   * @see https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/targets/rabbitmq.md
   * @param options which users rotate, which broker, and how to generate the passwords
   * @throws if the policy can't be met, its passwords are too long for a login, the strategy isn't one for RabbitMQ, or the certificate authority is
   * not a certificate
   */
  public static rabbitMq(options: RabbitMqTargetOptions): RotationTarget {
    return new RotationTarget(new RabbitMqTarget(generatorOf(options.passwordPolicy), options));
  }

  /**
   * The access key of a user of IAM.
   *
   * The secret is a JSON object, and a rotation changes `accessKeyId` and `secretAccessKey`. The first rotation makes the first key, so it
   * is at deployment by default. The key of AWSPREVIOUS is valid until the next rotation, which deletes it.
   *
   * A function rotates the keys of one user for one secret, or those of `users`. Its time-out is two minutes by default, because a new key may
   * take a minute until it is accepted.
   *
   * Tests run on stand-ins only: the API of moto and the emulator MiniStack. No rotation has run on AWS IAM yet.
   *
   * @see https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/targets/iam-access-key.md
   * @param options the user, whether it is of this secret alone, and the keys of the secret
   * @throws if the two keys of the secret are the same or empty, or not one of `user` and `users` is given
   */
  public static iamAccessKey(options: IamAccessKeyTargetOptions): RotationTarget {
    return new RotationTarget(new IamAccessKeyTarget(options));
  }

  /**
   * The user name and the password of the SMTP interface of Amazon SES, which are those of a user of IAM.
   *
   * The secret is a JSON object, and a rotation changes `username`, which is the id of an access key, and `password`, which is derived from
   * the key. The first rotation makes the first key, so it is at deployment by default. The password of AWSPREVIOUS is valid until the next
   * rotation, which deletes its key.
   *
   * A function rotates the keys of one user for one secret, or those of `users`. It logs in to the SMTP interface on port 465, and sends nothing.
   *
   * Tests run on stand-ins only: an SMTP server and the emulator MiniStack. No rotation has run on Amazon SES yet.
   *
   * @see https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/targets/ses-smtp.md
   * @param options the user, whether it is of this secret alone, and the region of SES
   * @throws if the region is empty, or not one of `user` and `users` is given
   */
  public static sesSmtp(options: SesSmtpTargetOptions): RotationTarget {
    return new RotationTarget(new SesSmtpTarget(options));
  }

  /**
   * Keys that sign, such as those of JSON Web Tokens, and the public keys that verify.
   *
   * The JSON secret has the private keys `current` and `next` as JWKs, and the public keys as the JWK set `jwks`. A rotation makes the next
   * key the current one, makes a new next key, and keeps the public key that signed before. So verifiers know a key for a whole period
   * before anything is signed with it. Other keys of the secret are kept byte for byte.
   *
   * The first rotation makes the first keys. It is at deployment unless `rotateImmediately` says otherwise.
   *
   * With `publishTo`: Tests run on stand-ins only: a bucket of our own and the emulator MiniStack. No rotation has run on Amazon S3 yet.
   *
   * @see https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/targets/signing-keys.md
   * @param options which keys, and where to publish the public ones
   * @throws if the length, the cache time or the key of the object can't be used
   */
  public static signingKeys(options: SigningKeysTargetOptions): RotationTarget {
    return new RotationTarget(new SigningKeysTarget(options));
  }

  /**
   * A target that a Lambda function of yours changes, in any language.
   *
   * The function is invoked for the steps `setSecret` and `testSecret`, and on request for `createSecret` and `finishSecret`. The event has
   * the step, the secret and the ids of its versions, but no value. The function may read the pending version of the secrets that the
   * `RotationFunction` rotates. Its reply is `done`, `notYet` or `failed`. Each step may be invoked more than once. Its
   * time-out is shorter than that of the `RotationFunction`. If it was imported, its role is known, or has the permissions in the warning.
   *
   * @see https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/target-function.md
   * @param fn the function, in the account and the region of the `RotationFunction`
   * @param options which steps it has, what it may read, and how to generate the value
   * @throws if the policy can't be met, or `versionStages` is empty
   */
  public static invoke(fn: lambda.IFunction, options: InvokeTargetOptions = {}): RotationTarget {
    return new RotationTarget(new FunctionTarget(generatorOf({ ...options.passwordPolicy, ...keyOf(options) }), fn, options));
  }

  /**
   * A target that a module of yours changes, in TypeScript or JavaScript.
   *
   * The module exports the functions `setSecret` and `testSecret`, and may export `createSecret` and `finishSecret`. Their types are in
   * `cdk-rotating-secret/rotation`. At synthesis, `esbuild` bundles the module with the rotation into one function. Install `esbuild` in
   * your app.
   *
   * @see https://github.com/cdk-rotating-secret/cdk-rotating-secret/blob/main/docs/target-module.md
   * @param entry the path of the module, absolute or from the working directory
   * @param options which key of the secret to rotate, and how to generate it, for the first value only if the module exports
   * `createSecret`
   * @throws if the file doesn't exist, can't be bundled or lacks one of the two functions, if esbuild is not installed, or if the policy
   * can't be met
   */
  public static module(entry: string, options: GeneratedTargetOptions = {}): RotationTarget {
    return new RotationTarget(new ModuleTarget(generatorOf({ ...options.passwordPolicy, ...keyOf(options) }), entry));
  }

  /**
   * The name of the factory for the users of a database engine. Undefined if there is none.
   *
   * @internal
   */
  public static _factoryFor(engine: string): string | undefined {
    return factoryFor(engine);
  }

  /** @internal */
  public readonly _definition: TargetDefinition;

  private constructor(definition: TargetDefinition) {
    checkGenerator('passwordPolicy', { ...definition.defaults, ...definition.given });
    this._definition = definition;
  }

  /**
   * The same target with the generator of a secret.
   *
   * @internal
   */
  public _with(generator: Generator): RotationTarget {
    return new RotationTarget(this._definition.with(generator));
  }
}

/** Without a key, the whole string. */
function keyOf({ generateStringKey }: GeneratedTargetOptions): Generator {
  return { generateStringKey };
}

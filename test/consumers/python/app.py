"""The app of ../typescript, in Python. Prints the package's errors for misuse."""

import json
from collections.abc import Callable
from pathlib import Path

from aws_cdk import App, Duration, SecretValue, Stack
from aws_cdk.aws_cloudwatch import AlarmRule, CompositeAlarm, Dashboard, GraphWidget
from aws_cdk.aws_cloudwatch_actions import SnsAction
from aws_cdk.aws_ec2 import InstanceType, SecurityGroup, Vpc
from aws_cdk.aws_events import EventBus, Schedule
from aws_cdk.aws_events_targets import SnsTopic
from aws_cdk.aws_iam import User
from aws_cdk.aws_kms import Key
from aws_cdk.aws_lambda import Code, Function, FunctionOptions, Runtime
from aws_cdk.aws_rds import DatabaseInstance, DatabaseInstanceEngine
from aws_cdk.aws_s3 import Bucket
from aws_cdk.aws_secretsmanager import Secret, SecretStringGenerator
from aws_cdk.aws_sns import Topic
from cdk_rotating_secret import (
    JwksPublication,
    PasswordPolicy,
    RotatingSecret,
    RotationCheck,
    RotationFunction,
    RotationNotification,
    RotationPeriod,
    RotationRules,
    RotationStrategy,
    RotationTarget,
    SigningAlgorithm,
)

GENERATE_SECRET_STRING = SecretStringGenerator(
    secret_string_template='{"username":"app"}', generate_string_key="password"
)
DATABASE_USER = SecretStringGenerator(secret_string_template='{"username":"app","dbname":"app"}')


def main() -> None:
    app = App()
    everyday(Stack(app, "Everyday"))
    rules(Stack(app, "Rules"))
    fleet(Stack(app, "Fleet"), Stack(app, "Elsewhere"))
    databases(Stack(app, "Databases"))
    targets(Stack(app, "Targets"))
    operations(Stack(app, "Operations"))
    app.synth()
    print(json.dumps(refusals(Stack(App(auto_synth=False), "Refused"))))


def everyday(stack: Stack) -> None:
    RotatingSecret(
        stack,
        "Password",
        secret_name="my-app/custom-password",
        generate_secret_string=GENERATE_SECRET_STRING,
    )
    RotatingSecret(stack, "Whole")
    RotatingSecret(
        stack,
        "Own",
        secret_object_value={"token": SecretValue.unsafe_plain_text("changed at the first rotation")},
        target=RotationTarget.generated(generate_string_key="token"),
        rotate_immediately=True,
    )


def rules(stack: Stack) -> None:
    rotation = RotationFunction(stack, "Rotation")

    def secret(id: str, rotation_rules: RotationRules) -> None:
        RotatingSecret(stack, id, rotation_function=rotation, rotation_rules=rotation_rules)

    secret("Rate", RotationRules.rate(Duration.days(10)))
    secret("RateInWindow", RotationRules.rate(Duration.hours(4), window=Duration.hours(1)))
    secret("Weekly", RotationRules.cron(week_day="SUN", hour="3", window=Duration.hours(2)))
    secret("Quarterly", RotationRules.cron(day="L", month="1/3"))
    secret("Expression", RotationRules.expression("cron(0 8 ? 1/3 MON#1 *)"))
    secret("ExpressionInWindow", RotationRules.expression("rate(7 days)", window=Duration.hours(6)))
    secret("Daily", RotationRules.spread(period=RotationPeriod.DAY, week_day="MON-FRI"))
    secret(
        "OnceAWeek",
        RotationRules.spread(
            period=RotationPeriod.WEEK, week_day="SAT,SUN", hour="1-4", window=Duration.hours(2)
        ),
    )
    secret("OnceAMonth", RotationRules.spread(period=RotationPeriod.MONTH))
    secret("OnceAQuarter", RotationRules.spread(period=RotationPeriod.QUARTER))


def fleet(stack: Stack, elsewhere: Stack) -> None:
    rotation = RotationFunction(
        stack,
        "Rotation",
        target=RotationTarget.generated(
            generate_string_key="password",
            password_policy=PasswordPolicy(
                password_length=48,
                exclude_characters='"@/\\',
                exclude_lowercase=False,
                exclude_uppercase=False,
                exclude_numbers=True,
                exclude_punctuation=False,
                include_space=True,
                require_each_included_type=True,
            ),
        ),
        runtime=Runtime.NODEJS_20_X,
        vpc=Vpc(stack, "Vpc", max_azs=2),
        memory_size=512,
        timeout=Duration.minutes(1),
        environment={"STAGE": "test"},
    )

    encryption_key = Key(elsewhere, "Key")
    secret = RotatingSecret(
        elsewhere,
        "App",
        rotation_function=rotation,
        encryption_key=encryption_key,
        generate_secret_string=GENERATE_SECRET_STRING,
    )
    secret.rotation_function.rotate(
        Secret(elsewhere, "Existing", generate_secret_string=GENERATE_SECRET_STRING)
    )
    rotation.rotate(
        Secret.from_secret_name_v2(stack, "Imported", "imported"),
        rotation_rules=RotationRules.rate(Duration.days(90)),
        rotate_immediately=True,
        schedule_scope=elsewhere,
    )


def databases(stack: Stack) -> None:
    vpc = Vpc(stack, "Vpc", max_azs=2)
    database = DatabaseInstance(
        stack,
        "Database",
        engine=DatabaseInstanceEngine.POSTGRES,
        instance_type=InstanceType("t4g.micro"),
        vpc=vpc,
    )
    assert database.secret is not None
    postgres = RotationFunction(
        stack,
        "Postgres",
        vpc=vpc,
        target=RotationTarget.postgres(
            database=database,
            strategy=RotationStrategy.alternating_users(
                database.secret, creation_statements=["GRANT app_rights TO {user}"]
            ),
        ),
    )
    user = RotatingSecret(
        stack,
        "PostgresUser",
        rotation_function=postgres,
        generate_secret_string=DATABASE_USER,
    )
    user.attach(database)

    RotatingSecret(
        stack,
        "MysqlUser",
        generate_secret_string=DATABASE_USER,
        target=RotationTarget.mysql(
            strategy=RotationStrategy.single_user(),
            certificate_authority=Path("ca.pem").read_text(),
            password_policy=PasswordPolicy(password_length=40),
        ),
    )
    RotatingSecret(
        stack,
        "MariadbUser",
        generate_secret_string=DATABASE_USER,
        rotation_rules=RotationRules.on_demand(),
        target=RotationTarget.mariadb(
            strategy=RotationStrategy.single_user(
                Secret(stack, "MariadbSuperuser"), reset_lost_password=True
            ),
            endpoint="writer.example.com:3307",
            plaintext_connection=True,
        ),
    )
    RotatingSecret(
        stack,
        "MongoDbUser",
        generate_secret_string=DATABASE_USER,
        target=RotationTarget.mongo_db(),
    )
    RotatingSecret(
        stack,
        "DocumentDbUser",
        generate_secret_string=DATABASE_USER,
        target=RotationTarget.document_db(strategy=RotationStrategy.single_user()),
    )
    RotatingSecret(
        stack,
        "DualPasswordsUser",
        generate_secret_string=DATABASE_USER,
        target=RotationTarget.mysql(strategy=RotationStrategy.dual_passwords()),
    )
    RotationFunction(
        stack,
        "Redis",
        vpc=vpc,
        target=RotationTarget.redis(
            superuser_secret=Secret(stack, "RedisSuperuser"),
            nodes=["redis-1.example.com", "redis-2.example.com:6380"],
            database=SecurityGroup(stack, "RedisSecurityGroup", vpc=vpc),
            password_policy=PasswordPolicy(password_length=40),
            certificate_authority=Path("ca.pem").read_text(),
        ),
    )
    RotationFunction(
        stack,
        "ElastiCache",
        vpc=vpc,
        target=RotationTarget.elasti_cache_user(
            user_arn="arn:aws:elasticache:eu-west-1:111111111111:user:app",
            endpoint="cache.example.com:6380",
            cache=SecurityGroup(stack, "CacheSecurityGroup", vpc=vpc),
            password_policy=PasswordPolicy(password_length=40),
        ),
    )
    RotationFunction(
        stack,
        "MemoryDb",
        acknowledge_stand_ins=True,
        target=RotationTarget.memory_db_user(user_arn="arn:aws:memorydb:eu-west-1:111111111111:user/app"),
    )
    RotationFunction(
        stack,
        "RabbitMq",
        vpc=vpc,
        target=RotationTarget.rabbit_mq(
            strategy=RotationStrategy.alternating_users(Secret(stack, "RabbitMqAdministrator")),
            broker=SecurityGroup(stack, "RabbitMqSecurityGroup", vpc=vpc),
            password_policy=PasswordPolicy(password_length=40),
            certificate_authority=Path("ca.pem").read_text(),
        ),
    )
    RotationFunction(
        stack,
        "Redshift",
        vpc=vpc,
        target=RotationTarget.redshift(
            strategy=RotationStrategy.alternating_users(Secret(stack, "RedshiftSuperuser")),
            database=SecurityGroup(stack, "RedshiftSecurityGroup", vpc=vpc),
            password_policy=PasswordPolicy(password_length=40),
        ),
    )
    RotationFunction(
        stack,
        "Oracle",
        vpc=vpc,
        target=RotationTarget.oracle(
            strategy=RotationStrategy.dual_passwords(),
            database=SecurityGroup(stack, "OracleSecurityGroup", vpc=vpc),
            endpoint="orders.example.com:2484",
            password_policy=PasswordPolicy(password_length=24),
        ),
    )
    RotationFunction(
        stack,
        "SqlServer",
        vpc=vpc,
        target=RotationTarget.sql_server(
            strategy=RotationStrategy.single_user(Secret(stack, "SqlServerSuperuser")),
            database=SecurityGroup(stack, "SqlServerSecurityGroup", vpc=vpc),
            password_policy=PasswordPolicy(password_length=40),
        ),
    )
    RotationFunction(
        stack,
        "Ldap",
        vpc=vpc,
        target=RotationTarget.ldap(
            strategy=RotationStrategy.dual_passwords(Secret(stack, "LdapSuperuser")),
            directory=SecurityGroup(stack, "LdapSecurityGroup", vpc=vpc),
            password_policy=PasswordPolicy(password_length=40),
            certificate_authority=Path("ca.pem").read_text(),
        ),
    )
    RotationFunction(
        stack,
        "ActiveDirectory",
        vpc=vpc,
        target=RotationTarget.active_directory(
            strategy=RotationStrategy.single_user(Secret(stack, "AdSuperuser")),
            directory=SecurityGroup(stack, "AdSecurityGroup", vpc=vpc),
            password_policy=PasswordPolicy(password_length=40),
            certificate_authority=Path("ca.pem").read_text(),
        ),
    )


def targets(stack: Stack) -> None:
    fn = Function(
        stack,
        "Function",
        code=Code.from_inline('exports.handler = async () => ({ status: "done" });'),
        handler="index.handler",
        runtime=Runtime.NODEJS_20_X,
    )
    RotatingSecret(
        stack,
        "Invoked",
        target=RotationTarget.invoke(
            fn,
            create_secret=True,
            finish_secret=True,
            version_stages=["AWSPENDING", "AWSCURRENT"],
        ),
    )
    RotatingSecret(
        stack,
        "Module",
        target=RotationTarget.module("target.mjs", password_policy=PasswordPolicy(password_length=40)),
    )
    RotatingSecret(
        stack,
        "AccessKey",
        acknowledge_stand_ins=True,
        target=RotationTarget.iam_access_key(
            user=User(stack, "User"),
            exclusive_user=True,
            access_key_id_key="AWS_ACCESS_KEY_ID",
            secret_access_key_key="AWS_SECRET_ACCESS_KEY",
        ),
    )
    RotationFunction(
        stack,
        "AccessKeys",
        secret_name_prefix="keys/",
        target=RotationTarget.iam_access_key(users=[User(stack, "Uploader")]),
    )
    RotationFunction(
        stack,
        "Smtps",
        secret_name_prefix="smtp/",
        target=RotationTarget.ses_smtp(users=[User(stack, "Sender")]),
    )
    RotatingSecret(
        stack,
        "Smtp",
        target=RotationTarget.ses_smtp(
            user=User(stack, "Mailer"), exclusive_user=True, region="eu-west-1"
        ),
    )
    bucket = Bucket(stack, "PublicKeys")
    algorithms = {
        "RS256": SigningAlgorithm.RS256,
        "PS256": SigningAlgorithm.PS256,
        "ES256": SigningAlgorithm.ES256,
        "ES384": SigningAlgorithm.ES384,
        "EdDSA": SigningAlgorithm.EDDSA,
    }
    for name, algorithm in algorithms.items():
        RotatingSecret(
            stack,
            f"Keys{name}",
            target=RotationTarget.signing_keys(
                algorithm=algorithm,
                rsa_modulus_length=3072,
                token_lifetime=Duration.hours(1),
                publish_to=JwksPublication(bucket=bucket, object_key=f"{name}.json", cache_time=Duration.minutes(5)),
            ),
        )


def operations(stack: Stack) -> None:
    topic = Topic(stack, "Topic")
    rotation = RotationFunction(
        stack,
        "Rotation",
        rotation_metrics=True,
        notification=RotationNotification.event_bus(EventBus(stack, "Bus")),
    )
    existing = rotation.rotate(
        Secret(stack, "Existing", generate_secret_string=GENERATE_SECRET_STRING)
    )
    guarded = RotatingSecret(
        stack,
        "Guarded",
        rotation_metrics=True,
        generate_secret_string=SecretStringGenerator(password_length=64),
        first_password_policy=PasswordPolicy(password_length=32),
        regeneration_guard="1",
    )
    told = RotatingSecret(
        stack,
        "Told",
        secret_name="told/password",
        rotate_immediately=True,
        rotation_function=RotationFunction(
            stack,
            "Telling",
            secret_name_prefix="told/",
            notification=RotationNotification.topic(topic),
        ),
    )

    target = SnsTopic(topic)
    existing.on_rotation_succeeded("Succeeded", target=target)
    existing.on_rotation_failed("Failed", target=target)
    existing.on_rotation_abandoned("Abandoned", target=target)
    guarded.rotation.on_rotation_succeeded("Succeeded", target=target)
    guarded.rotation.on_rotation_failed("Failed", target=target)
    guarded.rotation.on_rotation_abandoned(
        "Abandoned", target=target, description="Somebody put a value"
    )

    alarms = rotation.add_rotation_alarms(alarm_actions=[SnsAction(topic)], duration_percent=90)
    CompositeAlarm(
        stack,
        "Alarms",
        alarm_rule=AlarmRule.any_of(
            alarms.rotations_failed, alarms.errors, alarms.throttles, alarms.duration
        ),
    )

    check = RotationCheck(
        stack,
        "Check",
        rotation_functions=[rotation, guarded.rotation_function],
        excluded_secrets=[told],
        grace=Duration.days(2),
        schedule=Schedule.rate(Duration.hours(12)),
        runtime=Runtime.NODEJS_20_X,
        function_options=FunctionOptions(memory_size=512),
    )
    check.add_overdue_alarm().add_alarm_action(SnsAction(topic))
    check.node.add_dependency(told.rotation.first)

    metrics = [
        existing.metric_rotations_succeeded(),
        existing.metric_rotations_failed(),
        existing.metric_rotation_step_duration(),
        guarded.rotation.metric_rotations_succeeded(),
        guarded.rotation.metric_rotations_failed(),
        guarded.rotation.metric_rotation_step_duration(),
        rotation.metric_rotations_succeeded(),
        rotation.metric_rotations_failed(period=Duration.days(1)),
        rotation.metric_rotation_step_duration(statistic="p90"),
        check.metric_overdue_secrets(),
        check.check_function.metric_errors(),
    ]
    Dashboard(stack, "Dashboard", widgets=[[GraphWidget(left=metrics)]])


def refusals(stack: Stack) -> dict[str, str]:
    """The package's error for each misuse."""
    misuses: dict[str, Callable[[], object]] = {
        "an interval that is too short": lambda: RotationRules.rate(Duration.hours(1)),
        "a day and a day of the week": lambda: RotationRules.cron(day="1", week_day="SUN"),
        "an expression with minutes": lambda: RotationRules.expression("cron(30 8 * * ? *)"),
        "a window that is too long": lambda: RotationRules.rate(
            Duration.hours(4), window=Duration.hours(5)
        ),
        "an hour that is too late for its window": lambda: RotationRules.spread(
            hour="23", window=Duration.hours(2)
        ),
        "a policy that can't be met": lambda: RotationTarget.generated(
            password_policy=PasswordPolicy(password_length=0)
        ),
        "a certificate authority that is none": lambda: RotationTarget.postgres(
            certificate_authority="ca.pem"
        ),
        "a module that is none": lambda: RotationTarget.module("nowhere.mjs"),
        "a short RSA key": lambda: RotationTarget.signing_keys(
            algorithm=SigningAlgorithm.RS256, rsa_modulus_length=1024
        ),
        "a timeout that is too short": lambda: RotationFunction(
            stack, "Timeout", timeout=Duration.seconds(3)
        ),
        "an old runtime": lambda: RotationFunction(stack, "Runtime", runtime=Runtime.NODEJS_18_X),
        "a key without a template": lambda: RotatingSecret(
            stack,
            "Key",
            generate_secret_string=SecretStringGenerator(generate_string_key="password"),
        ),
        "a second schedule": lambda: RotatingSecret(stack, "Second").add_rotation_schedule("Schedule"),
        "a guard without a text": lambda: RotatingSecret(stack, "Guard", regeneration_guard=""),
        "a metric that isn't made": lambda: RotatingSecret(
            stack, "Metric"
        ).rotation.metric_rotations_failed(),
        "a check of nothing": lambda: RotationCheck(stack, "Check", rotation_functions=[]),
    }
    return {name: refusal(misuse) for name, misuse in misuses.items()}


def refusal(misuse: Callable[[], object]) -> str:
    try:
        misuse()
    except Exception as error:
        return str(error)
    return "accepted"


main()

"""The stacks of the app."""

import json
from typing import cast

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk.aws_ec2 import IVpc, Vpc
from aws_cdk.aws_rds import DatabaseInstance, DatabaseInstanceEngine, PostgresEngineVersion
from aws_cdk.aws_secretsmanager import SecretStringGenerator
from cdk_rotating_secret import (
    PasswordPolicy,
    RotatingSecret,
    RotationFunction,
    RotationRules,
    RotationStrategy,
    RotationTarget,
)
from constructs import Construct


class PasswordStack(Stack):
    """A password that only its readers know, rotated on Sundays."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        RotatingSecret(
            self,
            "Password",
            secret_name="my-app/custom-password",
            generate_secret_string=SecretStringGenerator(
                secret_string_template=json.dumps({"username": "user1"}),
                generate_string_key="password",
            ),
            rotation_rules=RotationRules.cron(week_day="SUN", hour="3", window=Duration.hours(2)),
        )


class DatabaseStack(Stack):
    """A user of a database, of whom there are two in turn, so that no client is ever refused."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        # The stubs of CDK don't say that a Vpc is an IVpc.
        vpc = cast(IVpc, Vpc(self, "Vpc", max_azs=2))
        database = DatabaseInstance(
            self,
            "Database",
            engine=DatabaseInstanceEngine.postgres(version=PostgresEngineVersion.VER_16),
            vpc=vpc,
            storage_encrypted=True,
            removal_policy=RemovalPolicy.DESTROY,
        )
        if database.secret is None:
            raise ValueError("the database has no secret of its superuser")

        rotation = RotationFunction(
            self,
            "Rotation",
            vpc=vpc,
            target=RotationTarget.postgres(
                database=database,
                strategy=RotationStrategy.alternating_users(database.secret),
                password_policy=PasswordPolicy(password_length=40),
            ),
        )
        user = RotatingSecret(
            self,
            "User",
            rotation_function=rotation,
            generate_secret_string=SecretStringGenerator(
                secret_string_template=json.dumps({"username": "app", "dbname": "app"}),
            ),
        )
        user.attach(database)

"""What the app's templates say."""

import pytest
from aws_cdk import App, Duration
from aws_cdk.assertions import Match, Template
from cdk_rotating_secret import RotationRules

from stacks import DatabaseStack, PasswordStack


def test_the_password_rotates_on_sundays() -> None:
    template = Template.from_stack(PasswordStack(App(), "Password"))
    template.has_resource_properties(
        "AWS::SecretsManager::RotationSchedule",
        {
            "RotationRules": {"ScheduleExpression": "cron(0 3 ? * SUN *)", "Duration": "2h"},
            "RotateImmediatelyOnUpdate": False,
        },
    )
    template.has_resource_properties(
        "AWS::SecretsManager::Secret",
        {"GenerateSecretString": Match.object_like({"SecretStringTemplate": '{"username": "user1"}'})},
    )


def test_the_database_user_has_a_function_in_the_vpc() -> None:
    template = Template.from_stack(DatabaseStack(App(), "Database"))
    template.resource_count_is("AWS::SecretsManager::RotationSchedule", 1)
    template.has_resource_properties(
        "AWS::Lambda::Function", {"VpcConfig": Match.any_value(), "Handler": Match.any_value()}
    )


def test_a_schedule_that_secrets_manager_would_refuse_is_refused_here() -> None:
    with pytest.raises(RuntimeError, match="interval: rate.* is not a whole number of hours or days"):
        RotationRules.rate(Duration.hours(1))

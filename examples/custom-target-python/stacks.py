"""The stack of the app."""

import json
from pathlib import Path
from typing import cast

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk.aws_lambda import Code, Function, IFunction, Runtime
from aws_cdk.aws_secretsmanager import SecretStringGenerator
from cdk_rotating_secret import RotatingSecret, RotationTarget
from constructs import Construct

LAMBDA = Path(__file__).parent / "lambda"


class ApiKeyStack(Stack):
    """An API key, and the function that tells the API."""

    def __init__(self, scope: Construct, construct_id: str, *, key_api_url: str) -> None:
        super().__init__(scope, construct_id)
        key_target = Function(
            self,
            "KeyTarget",
            runtime=Runtime.PYTHON_3_12,
            handler="handler.handler",
            code=Code.from_asset(str(LAMBDA), exclude=["__pycache__"]),
            environment={"KEY_API_URL": key_api_url},
            memory_size=256,
            # Shorter than that of the rotation function, which waits for it.
            timeout=Duration.seconds(20),
        )
        secret = RotatingSecret(
            self,
            "ApiKey",
            target=RotationTarget.invoke(
                # The stubs of CDK don't say that a Function is an IFunction.
                cast(IFunction, key_target),
                finish_secret=True,
                version_stages=["AWSPENDING", "AWSCURRENT"],
            ),
            generate_secret_string=SecretStringGenerator(
                secret_string_template=json.dumps({"client": "my-app"}),
                generate_string_key="apiKey",
                password_length=40,
                exclude_punctuation=True,
            ),
        )
        CfnOutput(self, "SecretArn", value=secret.secret_arn)

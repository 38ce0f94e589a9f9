"""What the app's template says."""

from aws_cdk import App
from aws_cdk.assertions import Match, Template

from stacks import ApiKeyStack


def test_the_function_may_read_what_is_pending_and_what_is_current() -> None:
    template = Template.from_stack(ApiKeyStack(App(), "ApiKey", key_api_url="https://keys.example.com"))
    template.has_resource_properties(
        "AWS::IAM::Policy",
        {
            "PolicyDocument": {
                "Statement": [
                    {
                        "Sid": "ReadVersions",
                        "Effect": "Allow",
                        "Action": "secretsmanager:GetSecretValue",
                        "Resource": Match.any_value(),
                        "Condition": {
                            "StringEquals": {
                                "secretsmanager:resource/AllowRotationLambdaArn": Match.any_value(),
                                "secretsmanager:VersionStage": ["AWSPENDING", "AWSCURRENT"],
                            }
                        },
                    }
                ]
            },
            "Roles": [{"Ref": Match.string_like_regexp("^KeyTarget")}],
        },
    )


def test_the_function_has_time_to_answer() -> None:
    template = Template.from_stack(ApiKeyStack(App(), "ApiKey", key_api_url="https://keys.example.com"))
    timeouts = {
        function["Properties"]["Runtime"]: function["Properties"]["Timeout"]
        for function in template.find_resources("AWS::Lambda::Function").values()
    }
    assert timeouts["python3.12"] < timeouts["nodejs24.x"]

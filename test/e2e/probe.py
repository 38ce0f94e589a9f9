"""Calls Secrets Manager as it is told, with the permissions of the function that it is put into."""

import boto3
from botocore.exceptions import ClientError

secrets_manager = boto3.client("secretsmanager")


def handler(event, context):
    try:
        getattr(secrets_manager, event["operation"])(**event["input"])
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "allowed"

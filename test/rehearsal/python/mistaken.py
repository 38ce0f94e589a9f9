"""A function with two mistakes: it prints a value, and forgets a label."""
import json
import os
import urllib.request

import app


def handler(event, context):
    pending = app.version(event["secretId"], event["pendingVersionId"], "AWSPENDING")
    if event["step"] == "setSecret":
        print("rotating to", pending)
        request = urllib.request.Request(
            os.environ["AWS_ENDPOINT_URL_SECRETS_MANAGER"],
            data=json.dumps({"SecretId": event["secretId"], "VersionId": event["currentVersionId"]}).encode(),
            headers={
                "Content-Type": "application/x-amz-json-1.1",
                "X-Amz-Target": "secretsmanager.GetSecretValue",
                "Authorization": "AWS4-HMAC-SHA256 Credential=" + os.environ["AWS_ACCESS_KEY_ID"],
            },
        )
        urllib.request.urlopen(request)
    return app.handler(event, context)

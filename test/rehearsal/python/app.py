"""A correct function for an API with two keys, with the standard library only."""
import json
import os
import urllib.error
import urllib.parse
import urllib.request


def version(secret_id, version_id, stage):
    request = urllib.request.Request(
        os.environ["AWS_ENDPOINT_URL_SECRETS_MANAGER"],
        data=json.dumps({"SecretId": secret_id, "VersionId": version_id, "VersionStage": stage}).encode(),
        headers={
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "secretsmanager.GetSecretValue",
            "Authorization": "AWS4-HMAC-SHA256 Credential=" + os.environ["AWS_ACCESS_KEY_ID"],
        },
    )
    with urllib.request.urlopen(request) as response:
        return json.loads(json.load(response)["SecretString"])["apiKey"]


def call(method, path, key):
    request = urllib.request.Request(os.environ["API_URL"] + path, method=method, headers={"Authorization": "Bearer " + key})
    try:
        with urllib.request.urlopen(request) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def key_path(key):
    return "/keys/" + urllib.parse.quote(key, safe="")


def handler(event, context):
    if event["eventVersion"] != 1:
        raise ValueError("unknown version of the event")
    pending = version(event["secretId"], event["pendingVersionId"], "AWSPENDING")
    if event["step"] == "testSecret":
        status = call("GET", "/whoami", pending)
        return {"status": "done"} if status == 200 else {"status": "failed", "reason": f"The API answered {status}"}
    current = version(event["secretId"], event["currentVersionId"], "AWSCURRENT")
    if event.get("previousVersionId"):
        # Makes room for the pending one.
        previous = version(event["secretId"], event["previousVersionId"], "AWSPREVIOUS")
        status = call("DELETE", key_path(previous), current)
        if status not in (200, 404):
            return {"status": "failed", "reason": f"The API answered {status}"}
    status = call("PUT", key_path(pending), current)
    if status == 429:
        return {"status": "failed", "reason": "The API takes no further key"}
    return {"status": "done"} if status in (200, 201) else {"status": "notYet", "reason": f"The API answered {status}"}

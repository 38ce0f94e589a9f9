"""MiniStack, with what a rotation needs and MiniStack lacks. README.md says what and why."""

import json
import os
import signal
import sys
import threading
import time

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response, new_uuid
from ministack.services import ec2, iam, lambda_svc, secretsmanager
from ministack.services.cloudformation import provisioners
from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS, _cfn_bool

SECRETS_MANAGER = "secretsmanager.amazonaws.com"
ALLOW_ROTATION_LAMBDA_ARN = "secretsmanager:resource/AllowRotationLambdaArn"
VERSION_STAGE = "secretsmanager:VersionStage"
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MAX_ACCESS_KEYS = 2
# What the SMTP server of a test reads: SES knows the secret half of a key, and IAM shows it once.
ISSUED_KEYS = os.environ.get("ISSUED_KEYS")
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
KEY_ACTIONS = {
    "secretsmanager:GetSecretValue": ["kms:Decrypt"],
    "secretsmanager:PutSecretValue": ["kms:GenerateDataKey", "kms:Decrypt"],
}

get_secret_value = secretsmanager._get_secret_value
enforce = iam_evaluator.enforce
request_tag_context = iam_actions.request_tag_context
given_secret_string = provisioners._sm_secret_string
secret_type = dict(_RESOURCE_HANDLERS["AWS::SecretsManager::Secret"])
vpc_type = dict(_RESOURCE_HANDLERS["AWS::EC2::VPC"])
make_access_key = iam._IAM_HANDLERS["CreateAccessKey"]


def may_invoke(function_arn):
    policy, account = lambda_svc.function_policy_for_arn(function_arn) or ({}, get_account_id())
    request = iam_evaluator.EvalContext(
        principal_arn=SECRETS_MANAGER, principal_type="Service", principal_account=account, action="lambda:InvokeFunction",
        resource_arn=function_arn, region=get_region(), service_context={"aws:sourceaccount": account})
    return iam_evaluator.evaluate_resource_policy(policy, request, service=SECRETS_MANAGER).decision == "Allow"


def rotate_secret(data):
    """Configures the rotation and stages the pending version, without a value; the test invokes the function."""
    _, secret = secretsmanager._resolve(data.get("SecretId"))
    if not secret or secret.get("DeletedDate"):
        return error_response_json("ResourceNotFoundException", "Secrets Manager can't find the specified secret.", 400)
    function_arn = data.get("RotationLambdaARN") or secret.get("RotationLambdaARN")
    if not function_arn or not may_invoke(function_arn):
        return error_response_json("AccessDeniedException", "Secrets Manager cannot invoke the specified Lambda function. Ensure that "
                                   f"the function policy grants access to the principal {SECRETS_MANAGER}.", 400)
    versions = secret["Versions"]
    if any("AWSPENDING" in version["Stages"] and "AWSCURRENT" not in version["Stages"] for version in versions.values()):
        return error_response_json("InvalidRequestException", "A previous rotation isn't complete. That rotation will be reattempted.", 400)
    secret.update(RotationEnabled=True, RotationLambdaARN=function_arn,
                  RotationRules=data.get("RotationRules") or secret.get("RotationRules"))
    answer = {"ARN": secret["ARN"], "Name": secret["Name"]}
    if data.get("RotateImmediately", True):
        answer["VersionId"] = data.get("ClientRequestToken") or new_uuid()
        secretsmanager._remove_stage_everywhere(secret, "AWSPENDING")
        versions[answer["VersionId"]] = {"SecretString": None, "SecretBinary": None, "Stages": ["AWSPENDING"],
                                         "CreatedDate": int(time.time())}
    return json_response(answer)


def are_of_two_versions(data):
    """Whether a request names a version, and the staging label of another one."""
    _, secret = secretsmanager._resolve(data.get("SecretId"))
    version = secret and secret["Versions"].get(data.get("VersionId"))
    return bool(version and "VersionStage" in data and data["VersionStage"] not in version["Stages"])


def get_value_if_any(data):
    if are_of_two_versions(data):
        return error_response_json("InvalidRequestException",
                                   "You provided a VersionStage that is not associated to the provided VersionId.", 400)
    status, headers, body = response = get_secret_value(data)
    if status == 200 and not {"SecretString", "SecretBinary"} & json.loads(body).keys():
        return error_response_json("ResourceNotFoundException", "Secrets Manager can't find the specified secret value.", 400)
    return response


def enforce_with_rotation_function(*args, resource_arn="*", service_context=None):
    _, secret = secretsmanager._resolve(resource_arn)
    function_arn = secret and secret.get("RotationLambdaARN")
    keys = {ALLOW_ROTATION_LAMBDA_ARN: function_arn} if function_arn else {}
    refused = enforce(*args, resource_arn=resource_arn, service_context={**(service_context or {}), **keys})
    return refused or (secret and enforce_key(secret, *args))


def enforce_key(secret, access_key_id, action, service, region):
    """A reader or writer of a secret with a customer managed key uses that key, through Secrets Manager."""
    if not secret.get("KmsKeyId"):
        return None
    for key_action in KEY_ACTIONS.get(action, []):
        refused = enforce(access_key_id, key_action, "kms", region, resource_arn=secret["KmsKeyId"],
                          service_context={"kms:ViaService": f"secretsmanager.{region}.amazonaws.com",
                                           "kms:EncryptionContext:SecretARN": secret["ARN"]})
        if refused:
            return refused
    return None


def keep_boundary(provision):
    """MiniStack enforces permissions boundaries, but forgets those of a template's roles."""
    def provision_role(*args):
        role_name, attributes = provision(*args)
        # (logical id, properties, stack) or (physical id, old properties, new properties, stack, ...)
        properties = [value for value in args if isinstance(value, dict)][-1]
        iam._roles[role_name]["PermissionsBoundary"] = properties.get("PermissionsBoundary")
        return role_name, attributes
    return provision_role


def create_vpc(*args):
    vpc_id, attributes = vpc_type["create"](*args)
    return vpc_id, {**attributes, "CidrBlock": ec2._vpcs[vpc_id]["CidrBlock"]}


def request_context(service, action, body, *args):
    """The condition keys of a request, from its body."""
    keys = request_tag_context(service, action, body, *args)
    stage = json.loads(body or b"{}").get("VersionStage") if service == "secretsmanager" else None
    return {**keys, VERSION_STAGE: stage} if stage else keys


def create_schedule(logical_id, props, stack_name):
    status, _, body = rotate_secret({**props, "RotateImmediately": _cfn_bool(props.get("RotateImmediatelyOnUpdate", True))})
    if status != 200:
        raise ValueError(f"AWS::SecretsManager::RotationSchedule: {json.loads(body)['message']}")
    return json.loads(body)["ARN"], {}


def delete_schedule(physical_id, props):
    _, secret = secretsmanager._resolve(physical_id)
    if secret:
        secret["RotationEnabled"] = False


def secret_string(props):
    """The first value, by all of GenerateSecretString; MiniStack reads the length and ExcludeCharacters alone."""
    generator = props.get("GenerateSecretString")
    if not generator:
        return given_secret_string(props)
    status, _, body = secretsmanager._get_random_password(generator)
    if status != 200:
        raise ValueError(f"AWS::SecretsManager::Secret: {json.loads(body)['message']}")
    password = json.loads(body)["RandomPassword"]
    template = generator.get("SecretStringTemplate")
    return json.dumps({**json.loads(template), generator["GenerateStringKey"]: password}) if template else password


def create_secret(logical_id, props, stack_name):
    """A secret's Ref is its ARN in CloudFormation, and its name in MiniStack."""
    _, attributes = secret_type["create"](logical_id, props, stack_name)
    return attributes["Arn"], attributes


def update_secret(arn, *args):
    _, attributes = secret_type["update"](secretsmanager._resolve(arn)[0], *args)
    return attributes["Arn"], attributes


def delete_secret(arn, props):
    secret_type["delete"](secretsmanager._resolve(arn)[0], props)


def create_access_key(parameters):
    user_name = iam._p(parameters, "UserName")
    if sum(key["UserName"] == user_name for key in iam._access_keys.values()) >= MAX_ACCESS_KEYS:
        return iam._error(409, "LimitExceeded", f"Cannot exceed quota for AccessKeysPerUser: {MAX_ACCESS_KEYS}", ns="iam")
    before = set(iam._access_keys)
    answer = make_access_key(parameters)
    if ISSUED_KEYS:
        with open(ISSUED_KEYS, "a") as file:
            for key_id in set(iam._access_keys) - before:
                file.write(json.dumps({"id": key_id, "secret": iam._access_keys[key_id]["SecretAccessKey"]}) + "\n")
    return answer


def call_iam(action, **parameters):
    status, _, body = iam._IAM_HANDLERS[action](parameters)
    if status != 200:
        raise ValueError(f"AWS::IAM::Group: {body.decode()}")


def create_group(logical_id, props, stack_name):
    """MiniStack has groups, whose policies it enforces, but not in templates."""
    name = props.get("GroupName") or provisioners._physical_name(stack_name, logical_id, max_len=128)
    call_iam("CreateGroup", GroupName=name, Path=props.get("Path", "/"))
    update_group(name, {}, props)
    return name, {"Arn": iam._groups[name]["Arn"]}


def update_group(name, old, new, stack_name=None):
    for arn in set(old.get("ManagedPolicyArns", [])) - set(new.get("ManagedPolicyArns", [])):
        call_iam("DetachGroupPolicy", GroupName=name, PolicyArn=arn)
    for arn in new.get("ManagedPolicyArns", []):
        call_iam("AttachGroupPolicy", GroupName=name, PolicyArn=arn)
    for policy in new.get("Policies", []):
        call_iam("PutGroupPolicy", GroupName=name, PolicyName=policy["PolicyName"], PolicyDocument=json.dumps(policy["PolicyDocument"]))
    return name, {"Arn": iam._groups[name]["Arn"]}


def delete_group(name, props):
    if name in iam._groups:
        update_group(name, props, {})
        call_iam("DeleteGroup", GroupName=name)


def end_with_parent():
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


secretsmanager._rotate_secret = rotate_secret
secretsmanager._get_secret_value = get_value_if_any
iam_evaluator.enforce = enforce_with_rotation_function
iam_actions.request_tag_context = request_context
provisioners._sm_secret_string = secret_string
iam._IAM_HANDLERS["CreateAccessKey"] = create_access_key
# The CDK's bootstrap bucket denies requests without TLS. On loopback there is none, and it isn't what is tested.
app.pin_request_origin = lambda source_ip, _: iam_evaluator.pin_request_origin(source_ip, True)
_RESOURCE_HANDLERS["AWS::SecretsManager::RotationSchedule"] = {
    "create": create_schedule,
    "update": lambda physical_id, old, new, stack_name: create_schedule(physical_id, new, stack_name),
    "delete": delete_schedule,
}
_RESOURCE_HANDLERS["AWS::IAM::Group"] = {"create": create_group, "update": update_group, "delete": delete_group}
# CDK's own schedule adds one, which keeps the root user of the account from deleting the secret. Nothing here does that.
_RESOURCE_HANDLERS["AWS::SecretsManager::ResourcePolicy"] = {
    "create": lambda logical_id, props, stack_name: (logical_id, {}),
    "update": lambda physical_id, old, new, stack_name: (physical_id, {}),
    "delete": lambda physical_id, props: None,
}
_RESOURCE_HANDLERS["AWS::SecretsManager::Secret"].update(create=create_secret, update=update_secret, delete=delete_secret)
_RESOURCE_HANDLERS["AWS::EC2::VPC"].update(create=create_vpc)
_RESOURCE_HANDLERS["AWS::IAM::Role"].update({name: keep_boundary(_RESOURCE_HANDLERS["AWS::IAM::Role"][name]) for name in ("create", "update")})

if __name__ == "__main__":
    threading.Thread(target=end_with_parent, daemon=True).start()
    app.main()

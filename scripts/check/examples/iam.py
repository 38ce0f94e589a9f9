"""Prints, as JSON, what parliament finds in the policy documents of a template, with the logical ids of their resources.

Parliament wants the policies as IAM gets them, so references become ARNs such as a deployment would make."""

import json
import sys
from pathlib import Path

from parliament import analyze_policy_string, config, enhance_finding

REGION, ACCOUNT = "eu-west-1", "123456789012"
PSEUDO = {"AWS::Partition": "aws", "AWS::Region": REGION, "AWS::AccountId": ACCOUNT, "AWS::URLSuffix": "amazonaws.com", "AWS::StackName": "Stack"}
ARNS = {
    "AWS::CloudWatch::Alarm": "cloudwatch:{at}:alarm:{id}",
    "AWS::DynamoDB::Table": "dynamodb:{at}:table/{id}",
    "AWS::ECS::Cluster": "ecs:{at}:cluster/{id}",
    "AWS::ECS::Service": "ecs:{at}:service/cluster/{id}",
    "AWS::ElastiCache::User": "elasticache:{at}:user:{id}",
    "AWS::Events::EventBus": "events:{at}:event-bus/{id}",
    "AWS::Events::Rule": "events:{at}:rule/{id}",
    "AWS::IAM::ManagedPolicy": "iam::{account}:policy/{id}",
    "AWS::IAM::Role": "iam::{account}:role/{id}",
    "AWS::IAM::User": "iam::{account}:user/{id}",
    "AWS::KMS::Key": "kms:{at}:key/{id}",
    "AWS::Lambda::Function": "lambda:{at}:function:{id}",
    "AWS::Logs::LogGroup": "logs:{at}:log-group:{id}:*",
    "AWS::S3::Bucket": "s3:::{id}",
    "AWS::SNS::Topic": "sns:{at}:{id}",
    "AWS::SQS::Queue": "sqs:{at}:{id}",
    "AWS::SecretsManager::Secret": "secretsmanager:{at}:secret:{id}-AbCdEf",
    "AWS::SecretsManager::SecretTargetAttachment": "secretsmanager:{at}:secret:{id}-AbCdEf",
    "AWS::StepFunctions::StateMachine": "states:{at}:stateMachine:{id}",
}
# The types whose Ref is their ARN.
REF_IS_ARN = {
    "AWS::ECS::Service", "AWS::IAM::ManagedPolicy", "AWS::SNS::Topic", "AWS::SecretsManager::Secret", "AWS::SecretsManager::SecretTargetAttachment",
    "AWS::StepFunctions::StateMachine",
}


class Template:
    def __init__(self, path, exports):
        self.body = json.loads(path.read_text())
        self.exports = exports

    def arn(self, logical_id):
        kind = self.body["Resources"][logical_id]["Type"]
        if kind not in ARNS:
            raise KeyError(f"{logical_id} is a {kind}, whose ARN a policy has; add its form to ARNS")
        return "arn:aws:" + ARNS[kind].format(at=f"{REGION}:{ACCOUNT}", account=ACCOUNT, id=logical_id)

    def resolve(self, value):
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) != 1:
            return {key: self.resolve(item) for key, item in value.items()}
        [(function, argument)] = value.items()
        if function == "Ref":
            return PSEUDO.get(argument) or self.ref(argument)
        if function == "Fn::GetAtt":
            logical_id, attribute = argument
            return self.arn(logical_id) if attribute == "Arn" else f"{logical_id}.{attribute}"
        if function == "Fn::Join":
            return argument[0].join(self.resolve(argument[1]))
        if function == "Fn::FindInMap":
            name, first, second = self.resolve(argument)
            return self.body["Mappings"][name][first][second]
        if function == "Fn::ImportValue":
            return self.exports[argument]
        if function.startswith("Fn::"):
            raise KeyError(f"{function} is in a policy; teach resolve what it makes")
        return {function: self.resolve(argument)}

    def ref(self, logical_id):
        kind = self.body["Resources"].get(logical_id, {}).get("Type")
        return self.arn(logical_id) if kind in REF_IS_ARN else logical_id

    def outputs(self):
        for output in self.body.get("Outputs", {}).values():
            if "Export" in output:
                yield output["Export"]["Name"], self.resolve(output["Value"])

    def documents(self):
        """All policy documents, whoever has them: roles, keys, queues, endpoints."""
        for logical_id, resource in self.body["Resources"].items():
            for document in documents_in(resource.get("Properties", {})):
                resolved = self.resolve(document)
                for statement in resolved["Statement"]:
                    # Trust policies name no resource. They apply to the role that has them.
                    if resource["Type"] == "AWS::IAM::Role" and "Resource" not in statement:
                        statement["Resource"] = self.arn(logical_id)
                yield logical_id, resource["Type"], resolved


def documents_in(node):
    if isinstance(node, list):
        for item in node:
            yield from documents_in(item)
    elif isinstance(node, dict):
        if "Statement" in node:
            yield node
        else:
            for item in node.values():
                yield from documents_in(item)


def findings(path):
    exports = {}
    # Stacks of an app only refer to earlier ones, so all exports are known after one round for each stack.
    siblings = sorted(path.parent.glob("*.template.json"))
    for _ in siblings:
        for sibling in siblings:
            try:
                exports.update(Template(sibling, exports).outputs())
            except KeyError:
                continue
    count = 0
    for logical_id, kind, document in Template(path, exports).documents():
        count += 1
        for finding in analyze_policy_string(json.dumps(document), config=config).findings:
            # In the policy of a key, * is the key.
            if kind == "AWS::KMS::Key" and finding.issue == "RESOURCE_STAR":
                continue
            enhanced = enhance_finding(finding)
            yield {"logicalId": logical_id, "rule": finding.issue, "message": f"{enhanced.title}: {finding.detail}"}
    if count == 0 and "AWS::IAM::" in path.read_text():
        raise ValueError(f"{path} has roles, and no policy document was found")


print(json.dumps(list(findings(Path(sys.argv[1])))))

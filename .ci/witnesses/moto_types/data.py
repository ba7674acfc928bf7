"""Tables, buckets and keys."""

import copy
import json

from .clients import Clients
from .words import document, tag_list


def renamed(name):
    """Names that CloudFormation and the service's API spell differently."""
    return {"SSEEnabled": "Enabled"}.get(name, name)


class Data(Clients):
    def make_KMS_Key(self, properties):
        id = self.kms.create_key(
            Description=properties["Description"],
            Policy=json.dumps(properties["KeyPolicy"]),
            Tags=[{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in properties["Tags"]],
        )["KeyMetadata"]["KeyId"]
        if properties.get("EnableKeyRotation"):
            self.kms.enable_key_rotation(KeyId=id)
        return id

    def read_KMS_Key(self, id, _):
        key = self.kms.describe_key(KeyId=id)["KeyMetadata"]
        policy = document(self.kms.get_key_policy(KeyId=id, PolicyName="default")["Policy"])
        tags = self.kms.list_resource_tags(KeyId=id)["Tags"]
        tags = tag_list({"Key": tag["TagKey"], "Value": tag["TagValue"]} for tag in tags)
        rotation = self.kms.get_key_rotation_status(KeyId=id)["KeyRotationEnabled"]
        return key | {"KeyPolicy": policy, "Tags": tags, "EnableKeyRotation": rotation}

    def read_KMS_Alias(self, _, properties):
        aliases = self.kms.list_aliases()["Aliases"]
        there = [each for each in aliases if each["AliasName"] == properties["AliasName"]]
        return there[0] if there else None

    def make_DynamoDB_Table(self, properties):
        call = dict(properties)
        recovery = call.pop("PointInTimeRecoverySpecification", None)
        expiry, policy = call.pop("TimeToLiveSpecification", None), call.pop("ResourcePolicy", None)
        if "SSESpecification" in call:
            call["SSESpecification"] = {renamed(name): value for name, value in call["SSESpecification"].items()}
        table = self.dynamodb.create_table(**call)["TableDescription"]
        name, arn = table["TableName"], table["TableArn"]
        if recovery:
            self.dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery)
        if expiry:
            self.dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)
        if policy:
            self.dynamodb.put_resource_policy(ResourceArn=arn, Policy=json.dumps(policy["PolicyDocument"]))
        return name

    def read_DynamoDB_Table(self, id, _):
        table = self.dynamodb.describe_table(TableName=id)["Table"]
        arn = table["TableArn"]
        backups = self.dynamodb.describe_continuous_backups(TableName=id)["ContinuousBackupsDescription"]
        recovery = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
        there = {
            "BillingMode": table.get("BillingModeSummary", {}).get("BillingMode"),
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": recovery},
            "Tags": tag_list(self.dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"]),
        }
        encryption = table.get("SSEDescription", {})
        if encryption.get("Status") == "ENABLED":
            there["SSESpecification"] = {
                "SSEEnabled": True,
                "SSEType": encryption["SSEType"],
                "KMSMasterKeyId": encryption["KMSMasterKeyArn"],
            }
        expiry = self.dynamodb.describe_time_to_live(TableName=id)["TimeToLiveDescription"]
        enabled = expiry.get("TimeToLiveStatus") == "ENABLED"
        there["TimeToLiveSpecification"] = {"AttributeName": expiry.get("AttributeName"), "Enabled": enabled}
        try:
            policy = self.dynamodb.get_resource_policy(ResourceArn=arn)["Policy"]
            there["ResourcePolicy"] = {"PolicyDocument": document(policy)}
        except self.dynamodb.exceptions.PolicyNotFoundException:
            pass
        return table | there

    def make_S3_Bucket(self, properties):
        name, given = properties["BucketName"], properties.get
        self.s3.create_bucket(Bucket=name)
        rules = copy.deepcopy(given("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", []))
        for rule in rules:
            rule["ApplyServerSideEncryptionByDefault"] = rule.pop("ServerSideEncryptionByDefault")
        if rules:
            self.s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})
        if lifecycle := copy.deepcopy(given("LifecycleConfiguration")):
            for rule in lifecycle["Rules"]:
                # The API says what CloudFormation leaves out: the rule is for everything.
                rule["Filter"] = {"Prefix": rule.pop("Prefix", "")}
                if "ExpirationInDays" in rule:
                    rule["Expiration"] = {"Days": rule.pop("ExpirationInDays")}
                rule["ID"] = rule.pop("Id")
            self.s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration=lifecycle)
        if given("OwnershipControls"):
            self.s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=given("OwnershipControls"))
        if given("PublicAccessBlockConfiguration"):
            block = given("PublicAccessBlockConfiguration")
            self.s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
        if given("VersioningConfiguration"):
            self.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=given("VersioningConfiguration"))
        self.s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": properties["Tags"]})
        return name

    def read_S3_Bucket(self, id, _):
        got = lambda call, key: getattr(self.s3, call)(Bucket=id).get(key)
        encryption = got("get_bucket_encryption", "ServerSideEncryptionConfiguration")["Rules"]
        for rule in encryption:
            default = rule.pop("ApplyServerSideEncryptionByDefault")
            renamed = {"SSEAlgorithm": default["SSEAlgorithm"], "KMSMasterKeyID": default.get("KMSMasterKeyID")}
            rule["ServerSideEncryptionByDefault"] = renamed
        there = {
            "BucketName": id,
            "BucketEncryption": {"ServerSideEncryptionConfiguration": encryption},
            "Tags": tag_list(got("get_bucket_tagging", "TagSet")),
            "VersioningConfiguration": {"Status": got("get_bucket_versioning", "Status")},
        }
        for name, call, key in (
            ("PublicAccessBlockConfiguration", "get_public_access_block", "PublicAccessBlockConfiguration"),
            ("OwnershipControls", "get_bucket_ownership_controls", "OwnershipControls"),
            ("LifecycleConfiguration", "get_bucket_lifecycle_configuration", "Rules"),
        ):
            try:
                there[name] = got(call, key)
            except self.s3.exceptions.ClientError:
                pass
        rules = [dict(rule) for rule in there.pop("LifecycleConfiguration", [])]
        for rule in rules:
            rule["Id"] = rule.pop("ID", None)
            rule["ExpirationInDays"] = rule.pop("Expiration", {}).get("Days")
        return there | {"LifecycleConfiguration": {"Rules": rules}}

    def make_S3_BucketPolicy(self, properties):
        self.s3.put_bucket_policy(Bucket=properties["Bucket"], Policy=json.dumps(properties["PolicyDocument"]))
        return properties["Bucket"]

    def read_S3_BucketPolicy(self, id, _):
        return {"Bucket": id, "PolicyDocument": document(self.s3.get_bucket_policy(Bucket=id)["Policy"])}

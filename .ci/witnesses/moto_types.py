"""For each type of resource: the calls of AWS's API that make one from a template's properties where moto's CloudFormation does
not, and the calls that read one back, in the template's own names. Both go through boto3, which holds every parameter against
AWS's model of the service."""

import copy
import hashlib
import json
import urllib.parse


def lower(name):
    return name[0].lower() + name[1:]


def tag_list(tags):
    return [{"Key": tag["Key"], "Value": tag["Value"]} for tag in tags if not tag["Key"].startswith("aws:")]


def tag_map(tags):
    return tag_list({"Key": key, "Value": value} for key, value in (tags or {}).items())


def as_map(tags):
    return {tag["Key"]: tag["Value"] for tag in tags}


def renamed(name):
    """Names that CloudFormation and the service's API spell differently."""
    return {"SSEEnabled": "Enabled"}.get(name, name)


def understood(paths):
    """The paths of an API's document without what moto cannot import: a greedy parameter, `{proxy+}`, whose name is `proxy+` to
    its reader of OpenAPI and `proxy` to AWS; and an integration that calls nothing and so has no address."""
    paths = copy.deepcopy(paths)
    for methods in paths.values():
        for method in methods.values():
            integration = method["x-amazon-apigateway-integration"]
            integration.setdefault("uri", integration["type"])
            integration.setdefault("httpMethod", "POST")
    return {path.replace("+}", "}"): methods for path, methods in paths.items()}


def document(text):
    return json.loads(urllib.parse.unquote(text) if text.startswith("%7B") else text) if isinstance(text, str) else text


PEERS = (
    ("PrefixListIds", "PrefixListId", "{}PrefixListId"),
    ("IpRanges", "CidrIp", "CidrIp"),
    ("UserIdGroupPairs", "GroupId", "{}SecurityGroupId"),
)


def permission(rule, side):
    """A rule of a security group as the API wants it; `side` is Source or Destination."""
    ports = {key: rule[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in rule}
    said = {"Description": rule["Description"]} if "Description" in rule else {}
    peers = {key: [{inner: rule[own.format(side)]} | said] for key, inner, own in PEERS if own.format(side) in rule}
    return ports | peers


class Types:
    """`make_X(properties)` gives the physical id; `read_X(id, properties)` what is there, `None` if nothing is."""

    def __init__(self, client):
        self.ec2, self.iam, self.kms, self.logs, self.s3, self.sns = map(client, ("ec2", "iam", "kms", "logs", "s3", "sns"))
        self.awslambda, self.dynamodb, self.cloudwatch = map(client, ("lambda", "dynamodb", "cloudwatch"))
        self.cloudtrail, self.cognito, self.api = map(client, ("cloudtrail", "cognito-idp", "apigateway"))

    # Network

    def tags_of(self, kind, properties):
        return [{"ResourceType": kind, "Tags": properties["Tags"]}]

    def make_EC2_VPC(self, properties):
        tags = self.tags_of("vpc", properties)
        id = self.ec2.create_vpc(CidrBlock=properties["CidrBlock"], TagSpecifications=tags)["Vpc"]["VpcId"]
        for name in ("EnableDnsSupport", "EnableDnsHostnames"):
            self.ec2.modify_vpc_attribute(VpcId=id, **{name: {"Value": properties[name]}})
        return id

    def read_EC2_VPC(self, id, _):
        [vpc] = self.ec2.describe_vpcs(VpcIds=[id])["Vpcs"]
        dns = lambda name: self.ec2.describe_vpc_attribute(VpcId=id, Attribute=lower(name))[name]["Value"]
        names = ("EnableDnsHostnames", "EnableDnsSupport")
        return {"CidrBlock": vpc["CidrBlock"], "Tags": tag_list(vpc["Tags"])} | {name: dns(name) for name in names}

    def make_EC2_InternetGateway(self, properties):
        tags = self.tags_of("internet-gateway", properties)
        return self.ec2.create_internet_gateway(TagSpecifications=tags)["InternetGateway"]["InternetGatewayId"]

    def read_EC2_InternetGateway(self, id, _):
        [gateway] = self.ec2.describe_internet_gateways(InternetGatewayIds=[id])["InternetGateways"]
        return {"Tags": tag_list(gateway["Tags"])}

    def read_EC2_VPCGatewayAttachment(self, _, properties):
        id = properties["InternetGatewayId"]
        [gateway] = self.ec2.describe_internet_gateways(InternetGatewayIds=[id])["InternetGateways"]
        return next(({"InternetGatewayId": id, "VpcId": each["VpcId"]} for each in gateway["Attachments"]), None)

    def make_EC2_RouteTable(self, properties):
        tags = self.tags_of("route-table", properties)
        made = self.ec2.create_route_table(VpcId=properties["VpcId"], TagSpecifications=tags)
        return made["RouteTable"]["RouteTableId"]

    def read_EC2_RouteTable(self, id, _):
        [table] = self.ec2.describe_route_tables(RouteTableIds=[id])["RouteTables"]
        return {"VpcId": table["VpcId"], "Tags": tag_list(table["Tags"])}

    def read_EC2_Route(self, _, properties):
        id, destination = properties["RouteTableId"], properties["DestinationCidrBlock"]
        [table] = self.ec2.describe_route_tables(RouteTableIds=[id])["RouteTables"]
        routes = [route for route in table["Routes"] if route.get("DestinationCidrBlock") == destination]
        return next((route | {"RouteTableId": id} for route in routes), None)

    def make_EC2_SubnetRouteTableAssociation(self, properties):
        return self.ec2.associate_route_table(**properties)["AssociationId"]

    def read_EC2_SubnetRouteTableAssociation(self, _, properties):
        [table] = self.ec2.describe_route_tables(RouteTableIds=[properties["RouteTableId"]])["RouteTables"]
        return next((each for each in table["Associations"] if each.get("SubnetId") == properties["SubnetId"]), None)

    def read_EC2_Subnet(self, id, _):
        [subnet] = self.ec2.describe_subnets(SubnetIds=[id])["Subnets"]
        return subnet | {"Tags": tag_list(subnet["Tags"])}

    def make_EC2_NetworkAcl(self, properties):
        tags = self.tags_of("network-acl", properties)
        made = self.ec2.create_network_acl(VpcId=properties["VpcId"], TagSpecifications=tags)
        return made["NetworkAcl"]["NetworkAclId"]

    def acl(self, id):
        [acl] = self.ec2.describe_network_acls(NetworkAclIds=[id])["NetworkAcls"]
        return acl

    def read_EC2_NetworkAcl(self, id, _):
        acl = self.acl(id)
        return {"VpcId": acl["VpcId"], "Tags": tag_list(acl["Tags"])}

    def make_EC2_NetworkAclEntry(self, properties):
        call = properties | {"Protocol": str(properties["Protocol"])}
        if "Icmp" in call:
            call["IcmpTypeCode"] = call.pop("Icmp")
        self.ec2.create_network_acl_entry(**call)
        return f"{properties['NetworkAclId']}-{properties['RuleNumber']}-{properties.get('Egress', False)}"

    def read_EC2_NetworkAclEntry(self, _, properties):
        wanted = (properties["RuleNumber"], properties.get("Egress", False))
        for entry in self.acl(properties["NetworkAclId"])["Entries"]:
            if (entry["RuleNumber"], entry["Egress"]) == wanted:
                there = {"Protocol": int(entry["Protocol"]), "NetworkAclId": properties["NetworkAclId"]}
                return entry | there | {"Icmp": entry.get("IcmpTypeCode")}
        return None

    def make_EC2_SubnetNetworkAclAssociation(self, properties):
        acls = self.ec2.describe_network_acls()["NetworkAcls"]
        [now] = [a for acl in acls for a in acl["Associations"] if a["SubnetId"] == properties["SubnetId"]]
        association = now["NetworkAclAssociationId"]
        made = self.ec2.replace_network_acl_association(
            AssociationId=association, NetworkAclId=properties["NetworkAclId"]
        )
        return made["NewAssociationId"]

    def read_EC2_SubnetNetworkAclAssociation(self, _, properties):
        acls = self.ec2.describe_network_acls()["NetworkAcls"]
        all = [each for acl in acls for each in acl["Associations"] if each["SubnetId"] == properties["SubnetId"]]
        return all[0] if len(all) == 1 else None

    def make_EC2_VPCEndpoint(self, properties):
        tags = self.tags_of("vpc-endpoint", properties)
        policy = json.dumps(properties["PolicyDocument"])
        call = {name: value for name, value in properties.items() if name not in ("Tags", "PolicyDocument")}
        made = self.ec2.create_vpc_endpoint(**call, PolicyDocument=policy, TagSpecifications=tags)
        return made["VpcEndpoint"]["VpcEndpointId"]

    def read_EC2_VPCEndpoint(self, id, _):
        [endpoint] = self.ec2.describe_vpc_endpoints(VpcEndpointIds=[id])["VpcEndpoints"]
        return endpoint | {"PolicyDocument": document(endpoint["PolicyDocument"]), "Tags": tag_list(endpoint["Tags"])}

    def make_EC2_FlowLog(self, properties):
        tags = self.tags_of("vpc-flow-log", properties)
        call = {name: value for name, value in properties.items() if name not in ("Tags", "ResourceId")}
        made = self.ec2.create_flow_logs(**call, ResourceIds=[properties["ResourceId"]], TagSpecifications=tags)
        if made["Unsuccessful"]:
            raise RuntimeError(made["Unsuccessful"])
        return made["FlowLogIds"][0]

    def read_EC2_FlowLog(self, id, _):
        [log] = self.ec2.describe_flow_logs(FlowLogIds=[id])["FlowLogs"]
        kind = {"vpc": "VPC", "sub": "Subnet", "eni": "NetworkInterface"}[log["ResourceId"].split("-")[0][:3]]
        return log | {"Tags": tag_list(log["Tags"]), "ResourceType": kind}

    def make_EC2_SecurityGroup(self, properties):
        id = self.ec2.create_security_group(
            GroupName=properties["GroupName"],
            Description=properties["GroupDescription"],
            VpcId=properties["VpcId"],
            TagSpecifications=self.tags_of("security-group", properties),
        )["GroupId"]
        # Without a rule of its own a group lets everything out; CloudFormation takes that away where the template has rules.
        [group] = self.ec2.describe_security_groups(GroupIds=[id])["SecurityGroups"]
        out = [permission(rule, "Destination") for rule in properties.get("SecurityGroupEgress", ())]
        if out:
            self.ec2.revoke_security_group_egress(GroupId=id, IpPermissions=group["IpPermissionsEgress"])
            self.ec2.authorize_security_group_egress(GroupId=id, IpPermissions=out)
        inward = [permission(rule, "Source") for rule in properties.get("SecurityGroupIngress", ())]
        if inward:
            self.ec2.authorize_security_group_ingress(GroupId=id, IpPermissions=inward)
        return id

    def read_EC2_SecurityGroup(self, id, _):
        [group] = self.ec2.describe_security_groups(GroupIds=[id])["SecurityGroups"]
        there = {"GroupDescription": group["Description"], "Tags": tag_list(group["Tags"])}
        for name, list in (("SecurityGroupIngress", "IpPermissions"), ("SecurityGroupEgress", "IpPermissionsEgress")):
            there[name] = rules = []
            for permission in group[list]:
                ports = {key: permission[key] for key in ("FromPort", "ToPort", "IpProtocol") if key in permission}
                side = "Source" if name.endswith("Ingress") else "Destination"
                for key, inner, own in PEERS:
                    for peer in permission.get(key, ()):
                        said = {"Description": peer["Description"]} if "Description" in peer else {}
                        rules.append(ports | {own.format(side): peer[inner]} | said)
        return group | there

    # Identity, keys

    def make_IAM_Role(self, properties):
        call = properties | {"AssumeRolePolicyDocument": json.dumps(properties["AssumeRolePolicyDocument"])}
        managed = call.pop("ManagedPolicyArns", [])
        self.iam.create_role(**call)
        for arn in managed:
            self.iam.attach_role_policy(RoleName=properties["RoleName"], PolicyArn=arn)
        return properties["RoleName"]

    def read_IAM_Role(self, id, _):
        role = self.iam.get_role(RoleName=id)["Role"]
        managed = self.iam.list_attached_role_policies(RoleName=id)["AttachedPolicies"]
        tags = tag_list(self.iam.list_role_tags(RoleName=id)["Tags"])
        return role | {"Tags": tags, "ManagedPolicyArns": [each["PolicyArn"] for each in managed]}

    def read_IAM_Policy(self, _, properties):
        name, there = properties["PolicyName"], []
        for role in properties["Roles"]:
            policy = self.iam.get_role_policy(RoleName=role, PolicyName=name)
            there.append(document(policy["PolicyDocument"]))
        same = all(each == there[0] for each in there)
        return {"PolicyName": name, "Roles": properties["Roles"], "PolicyDocument": there[0] if same else there}

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

    def read_Cognito_UserPool(self, id, _):
        pool = self.cognito.describe_user_pool(UserPoolId=id)["UserPool"]
        mfa = self.cognito.get_user_pool_mfa_config(UserPoolId=id)
        software = mfa.get("SoftwareTokenMfaConfiguration", {}).get("Enabled")
        there = {"UserPoolName": pool["Name"], "EnabledMfas": ["SOFTWARE_TOKEN_MFA"] if software else []}
        own = [dict(each) for each in pool["SchemaAttributes"] if each["Name"].startswith("custom:")]
        for each in own:
            each["Name"] = each["Name"].removeprefix("custom:")
            each.pop("DeveloperOnlyAttribute", None)
        return pool | there | {"Schema": own, "MfaConfiguration": mfa["MfaConfiguration"]}

    def make_Cognito_UserPool(self, properties):
        call = dict(properties)
        call["PoolName"], mfas = call.pop("UserPoolName"), call.pop("EnabledMfas", [])
        # A pool can only ask for a second factor when it has one, so the factor comes afterwards.
        mfa = call.pop("MfaConfiguration")
        id = self.cognito.create_user_pool(**call)["UserPool"]["Id"]
        software = {"Enabled": "SOFTWARE_TOKEN_MFA" in mfas}
        self.cognito.set_user_pool_mfa_config(
            UserPoolId=id, SoftwareTokenMfaConfiguration=software, MfaConfiguration=mfa
        )
        return id

    def make_Cognito_UserPoolClient(self, properties):
        return self.cognito.create_user_pool_client(**properties)["UserPoolClient"]["ClientId"]

    def read_Cognito_UserPoolClient(self, id, properties):
        pool = properties["UserPoolId"]
        client = self.cognito.describe_user_pool_client(UserPoolId=pool, ClientId=id)["UserPoolClient"]
        return client | {"GenerateSecret": "ClientSecret" in client}

    # Functions, data

    def make_Lambda_Function(self, properties):
        call = dict(properties)
        limit = call.pop("ReservedConcurrentExecutions", None)
        name = self.awslambda.create_function(**call | {"Tags": as_map(call["Tags"])})["FunctionName"]
        if limit is not None:
            self.awslambda.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=limit)
        return name

    def read_Lambda_Function(self, id, properties):
        function = self.awslambda.get_function(FunctionName=id)
        there = function["Configuration"] | {"Tags": tag_map(function.get("Tags"))}
        limit = function.get("Concurrency", {}).get("ReservedConcurrentExecutions")
        vpc = there.get("VpcConfig", {})
        vpc = {name: vpc.get(name) for name in ("SecurityGroupIds", "SubnetIds")}
        # Where the code came from is not told, only its hash.
        return there | {"Code": properties["Code"], "VpcConfig": vpc, "ReservedConcurrentExecutions": limit}

    def make_Lambda_Permission(self, properties):
        text = json.dumps(properties, sort_keys=True)
        id = f"permission-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
        self.awslambda.add_permission(StatementId=id, **properties)
        return id

    def read_Lambda_Permission(self, _, properties):
        policy = document(self.awslambda.get_policy(FunctionName=properties["FunctionName"])["Policy"])
        for statement in policy["Statement"]:
            asked = statement.get("Condition", {})
            there = {
                "Action": statement["Action"],
                "FunctionName": statement["Resource"],
                "Principal": statement["Principal"].get("Service"),
                "SourceArn": asked.get("ArnLike", {}).get("AWS:SourceArn"),
                "SourceAccount": asked.get("StringEquals", {}).get("AWS:SourceAccount"),
            }
            if there["SourceArn"] == properties.get("SourceArn"):
                return there
        return None

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

    # Logs, metrics, audit

    def make_Logs_LogGroup(self, properties):
        name = properties["LogGroupName"]
        key = {"kmsKeyId": properties["KmsKeyId"]} if "KmsKeyId" in properties else {}
        self.logs.create_log_group(logGroupName=name, tags=as_map(properties["Tags"]), **key)
        self.logs.put_retention_policy(logGroupName=name, retentionInDays=properties["RetentionInDays"])
        return name

    def read_Logs_LogGroup(self, id, _):
        groups = self.logs.describe_log_groups(logGroupNamePrefix=id)["logGroups"]
        for group in groups:
            if group["logGroupName"] == id:
                tags = tag_map(self.logs.list_tags_log_group(logGroupName=id)["tags"])
                return {name[0].upper() + name[1:]: value for name, value in group.items()} | {"Tags": tags}
        return None

    def make_Logs_MetricFilter(self, properties):
        transformations = [
            {lower(name): value for name, value in each.items()} for each in properties["MetricTransformations"]
        ]
        for each in transformations:
            if "dimensions" in each:
                each["dimensions"] = as_map(each["dimensions"])
        call = {lower(name): value for name, value in properties.items()}
        self.logs.put_metric_filter(**call | {"metricTransformations": transformations})
        return properties["FilterName"]

    def read_Logs_MetricFilter(self, id, properties):
        upper = lambda each: {name[0].upper() + name[1:]: value for name, value in each.items()}
        filters = self.logs.describe_metric_filters(logGroupName=properties["LogGroupName"])["metricFilters"]
        for found in filters:
            if found["filterName"] == id:
                transformations = [upper(each) for each in found["metricTransformations"]]
                for each in transformations:
                    each["Dimensions"] = [{"Key": key, "Value": value} for key, value in each.get("Dimensions", {}).items()]
                return upper(found) | {"MetricTransformations": transformations}
        return None

    def make_CloudWatch_Alarm(self, properties):
        self.cloudwatch.put_metric_alarm(**properties)
        return properties["AlarmName"]

    def read_CloudWatch_Alarm(self, id, _):
        alarms = self.cloudwatch.describe_alarms(AlarmNames=[id])["MetricAlarms"]
        if not alarms:
            return None
        tags = self.cloudwatch.list_tags_for_resource(ResourceARN=alarms[0]["AlarmArn"])["Tags"]
        return alarms[0] | {"Tags": tag_list(tags)}

    def make_CloudWatch_Dashboard(self, properties):
        self.cloudwatch.put_dashboard(**properties)
        return properties["DashboardName"]

    def read_CloudWatch_Dashboard(self, id, _):
        there = self.cloudwatch.get_dashboard(DashboardName=id)
        tags = self.cloudwatch.list_tags_for_resource(ResourceARN=there["DashboardArn"])["Tags"]
        return there | ({"Tags": tag_list(tags)} if tags else {})

    def make_SNS_Topic(self, properties):
        key = {"KmsMasterKeyId": properties["KmsMasterKeyId"]} if "KmsMasterKeyId" in properties else {}
        made = self.sns.create_topic(Name=properties["TopicName"], Attributes=key, Tags=properties["Tags"])
        return made["TopicArn"]

    def read_SNS_Topic(self, id, _):
        attributes = self.sns.get_topic_attributes(TopicArn=id)["Attributes"]
        tags = tag_list(self.sns.list_tags_for_resource(ResourceArn=id)["Tags"])
        return attributes | {"Tags": tags, "TopicName": attributes["TopicArn"].split(":")[-1]}

    def make_SNS_TopicPolicy(self, properties):
        for topic in properties["Topics"]:
            text = json.dumps(properties["PolicyDocument"])
            self.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=text)
        return properties["Topics"][0]

    def read_SNS_TopicPolicy(self, id, properties):
        policy = self.sns.get_topic_attributes(TopicArn=id)["Attributes"]["Policy"]
        return {"PolicyDocument": document(policy), "Topics": properties["Topics"]}

    def make_CloudTrail_Trail(self, properties):
        call = dict(properties)
        name, selectors = call.pop("TrailName"), call.pop("AdvancedEventSelectors", None)
        logging, tags = call.pop("IsLogging"), call.pop("Tags")
        if "KMSKeyId" in call:
            call["KmsKeyId"] = call.pop("KMSKeyId")
        self.cloudtrail.create_trail(Name=name, TagsList=tags, **call)
        if selectors:
            self.cloudtrail.put_event_selectors(TrailName=name, AdvancedEventSelectors=selectors)
        if logging:
            self.cloudtrail.start_logging(Name=name)
        return name

    def read_CloudTrail_Trail(self, id, _):
        trail = self.cloudtrail.get_trail(Name=id)["Trail"]
        [tags] = self.cloudtrail.list_tags(ResourceIdList=[trail["TrailARN"]])["ResourceTagList"]
        there = {
            "TrailName": trail["Name"],
            "EnableLogFileValidation": trail["LogFileValidationEnabled"],
            "IsLogging": self.cloudtrail.get_trail_status(Name=id)["IsLogging"],
            "AdvancedEventSelectors": self.cloudtrail.get_event_selectors(TrailName=id).get("AdvancedEventSelectors"),
            "KMSKeyId": trail.get("KmsKeyId"),
            "Tags": tag_list(tags["TagsList"]),
        }
        return trail | there

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

    # The API

    def make_ApiGateway_RestApi(self, properties):
        paths = understood(properties["Body"]["paths"])
        body, tags = json.dumps(properties["Body"] | {"paths": paths}), as_map(properties["Tags"])
        name = properties["Body"]["info"]["title"]
        types = {"types": properties["EndpointConfiguration"]["Types"]} if "EndpointConfiguration" in properties else {}
        said = {"description": properties["Description"]} if "Description" in properties else {}
        id = self.api.create_rest_api(name=name, tags=tags, endpointConfiguration=types, **said)["id"]
        self.api.put_rest_api(
            restApiId=id, mode="overwrite", failOnWarnings=properties.get("FailOnWarnings", False), body=body
        )
        return id

    def narrow_ApiGateway_RestApi(self, properties):
        """The body as far as moto tells it again: paths, methods and what they call."""
        paths = understood(properties["Body"]["paths"])
        called = lambda method: method["x-amazon-apigateway-integration"]["uri"]
        body = {path: {name.upper(): called(it) for name, it in methods.items()} for path, methods in paths.items()}
        return properties | {"Body": body}

    def read_ApiGateway_RestApi(self, id, _):
        api = self.api.get_rest_api(restApiId=id)
        there = {name[0].upper() + name[1:]: value for name, value in api.items()} | {"Tags": tag_map(api.get("tags"))}
        there["EndpointConfiguration"] = {"Types": api.get("endpointConfiguration", {}).get("types")}
        there["Body"] = {}
        for resource in self.api.get_resources(restApiId=id, limit=500)["items"]:
            methods = resource.get("resourceMethods", {})
            called = {name: it.get("methodIntegration", {}).get("uri") for name, it in methods.items()}
            there["Body"][resource["path"]] = called
        return there

    def make_ApiGateway_Deployment(self, properties):
        call = {lower(name): value for name, value in properties.items()}
        return self.api.create_deployment(**call)["id"]

    def read_ApiGateway_Deployment(self, id, properties):
        there = self.api.get_deployment(restApiId=properties["RestApiId"], deploymentId=id)
        return {"Description": there.get("description"), "RestApiId": properties["RestApiId"]}

    def make_ApiGateway_Account(self, properties):
        change = {"op": "replace", "path": "/cloudwatchRoleArn", "value": properties["CloudWatchRoleArn"]}
        self.api.update_account(patchOperations=[change])
        return "account"

    def read_ApiGateway_Account(self, _, __):
        return {"CloudWatchRoleArn": self.api.get_account().get("cloudwatchRoleArn")}

    def make_ApiGateway_Stage(self, properties):
        api, stage = properties["RestApiId"], properties["StageName"]
        tags = as_map(properties["Tags"])
        self.api.create_stage(restApiId=api, stageName=stage, deploymentId=properties["DeploymentId"], tags=tags)
        changes = []
        for name, value in properties.get("AccessLogSetting", {}).items():
            changes.append((f"/accessLogSettings/{lower(name)}", value))
        paths = {
            "MetricsEnabled": "metrics/enabled",
            "LoggingLevel": "logging/loglevel",
            "DataTraceEnabled": "logging/dataTrace",
            "ThrottlingBurstLimit": "throttling/burstLimit",
            "ThrottlingRateLimit": "throttling/rateLimit",
        }
        for setting in properties.get("MethodSettings", ()):
            path = f"/{setting['ResourcePath'].strip('/').replace('/', '~1') or '*'}/{setting['HttpMethod']}"
            for name, value in setting.items():
                if name in paths:
                    changes.append((f"{path}/{paths[name]}", str(value).lower() if isinstance(value, bool) else str(value)))
        operations = [{"op": "replace", "path": path, "value": value} for path, value in changes]
        self.api.update_stage(restApiId=api, stageName=stage, patchOperations=operations)
        return stage

    def read_ApiGateway_Stage(self, id, properties):
        stage = self.api.get_stage(restApiId=properties["RestApiId"], stageName=id)
        upper = lambda each: {name[0].upper() + name[1:]: value for name, value in each.items()}
        settings = []
        for path, setting in stage.get("methodSettings", {}).items():
            resource, _, method = path.rpartition("/")
            where = {"ResourcePath": "/" + resource.strip("/"), "HttpMethod": method}
            settings.append(upper(setting) | where)
        there = {"AccessLogSetting": upper(stage.get("accessLogSettings", {})), "MethodSettings": settings}
        return upper(stage) | there | {"RestApiId": properties["RestApiId"], "Tags": tag_map(stage.get("tags"))}

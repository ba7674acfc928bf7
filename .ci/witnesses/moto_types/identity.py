"""Roles and user pools."""

import json

from .clients import Clients
from .words import document, tag_list


class Identity(Clients):
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

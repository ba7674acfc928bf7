"""Roles, their policies and user pools, as their services show them."""

def role(cloud, name, wanted):
    said = cloud('iam').get_role(RoleName=name)['Role']
    attached = cloud('iam').list_attached_role_policies(RoleName=name)['AttachedPolicies']
    return {
        'RoleName': said['RoleName'], 'Description': said.get('Description'), 'Tags': said.get('Tags'),
        'AssumeRolePolicyDocument': said['AssumeRolePolicyDocument'],
        'ManagedPolicyArns': [policy['PolicyArn'] for policy in attached],
    }


def role_policy(cloud, _, wanted):
    said = [
        cloud('iam').get_role_policy(RoleName=role, PolicyName=wanted['PolicyName']) for role in wanted['Roles']]
    return {
        'PolicyName': said[0]['PolicyName'], 'PolicyDocument': said[0]['PolicyDocument'],
        'Roles': [one['RoleName'] for one in said],
    }


def user_pool(cloud, pool, wanted):
    said = cloud('cognito-idp').describe_user_pool(UserPoolId=pool)['UserPool']
    mfa = cloud('cognito-idp').get_user_pool_mfa_config(UserPoolId=pool)
    own = [attribute for attribute in said['SchemaAttributes'] if attribute['Name'].startswith('custom:')]
    schema = [
        {name: attribute.get(name) for name in wanted['Schema'][0]} | {'Name': attribute['Name'].removeprefix('custom:')}
        for attribute in own
    ]
    devices = ['SOFTWARE_TOKEN_MFA'] if mfa.get('SoftwareTokenMfaConfiguration', {}).get('Enabled') else []
    tags = {name: value for name, value in said['UserPoolTags'].items() if not name.startswith('aws:')}
    return {name: said.get(name) for name in wanted} | {
        'UserPoolName': said['Name'], 'UserPoolTags': tags, 'Schema': schema, 'EnabledMfas': devices,
        'MfaConfiguration': mfa['MfaConfiguration'],
        'Policies': {'PasswordPolicy': {
            name: said['Policies']['PasswordPolicy'].get(name) for name in wanted['Policies']['PasswordPolicy']}},
        'AdminCreateUserConfig': {name: said['AdminCreateUserConfig'].get(name) for name in wanted['AdminCreateUserConfig']},
    }


def user_pool_client(cloud, name, wanted):
    said = cloud('cognito-idp').describe_user_pool_client(UserPoolId=wanted['UserPoolId'], ClientId=name)
    said = said['UserPoolClient']
    return {name: said.get(name) for name in wanted} | {'GenerateSecret': 'ClientSecret' in said}


READERS = {
    'AWS::Cognito::UserPool': user_pool,
    'AWS::Cognito::UserPoolClient': user_pool_client,
    'AWS::IAM::Policy': role_policy,
    'AWS::IAM::Role': role,
}

"""A client of boto3 for each service."""


class Clients:
    """What every class of types calls."""

    def __init__(self, client):
        self.ec2, self.iam, self.kms, self.logs, self.s3, self.sns = map(client, ("ec2", "iam", "kms", "logs", "s3", "sns"))
        self.awslambda, self.dynamodb, self.cloudwatch = map(client, ("lambda", "dynamodb", "cloudwatch"))
        self.cloudtrail, self.cognito, self.api = map(client, ("cloudtrail", "cognito-idp", "apigateway"))

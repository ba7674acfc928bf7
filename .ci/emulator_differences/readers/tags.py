"""Tags as a template has them."""


def tags_of(pairs):
    return [{'Key': key, 'Value': value} for key, value in pairs.items()]

"""What Pulumi's `aws` provider and the dynamic bridge call the same resource, and the values between the two.

Three sources say it, none of them this project's own: the names that Pulumi publishes for its provider (the file
`bridge-metadata.json` of the bridge's own tests: each name beside the Terraform provider's), the types of `pulumi-aws` 7 (the extract
in crates/pulumi/schema), and the schema that the bridge makes of the Terraform provider that is here. Nothing here speaks to anything.
"""

import re

SIGNATURE = '4dabf18193072939515e22adb298388d'
# What the engine writes for a text that is not known yet.
UNKNOWN = '04da6b54-80e4-46f7-96ec-b56ff0331ba9'


def snake(name):
    return re.sub(r'(?<=[a-z0-9])([A-Z])', r'_\1', name).lower()


def camel(name):
    first, *others = name.split('_')
    return first + ''.join(part[:1].upper() + part[1:] for part in others)


def plural(name):
    return name[:-1] + 'ies' if re.search('[^aeiou]y$', name) else name + ('es' if name.endswith(('s', 'x', 'ch')) else 's')


def module_of(token):
    return token.split(':')[1].split('/')[0]


def second(token):
    """What version 6 called a type of S3 whose first bearer version 7 dropped, if there was such a one."""
    module, kind = token.rsplit(':', 1)
    return f'{module}V2:{kind}V2'


class Shape:
    """The properties of one kind of object: by each name of Pulumi's provider the bridge's name, and the shape of what is in it.

    Of those in `listed` the bridge has a list where Pulumi's provider has the one value, of those in `single` the other way about. Those
    in `missing` are not in the Terraform provider that is here.
    """

    def __init__(self):
        self.theirs, self.inner, self.listed, self.single, self.missing = {}, {}, set(), set(), set()

    def add(self, ours, theirs, inner, listed, single):
        self.theirs[ours] = theirs
        self.inner[ours] = inner
        if listed:
            self.listed.add(ours)
        if single:
            self.single.add(ours)

    @property
    def ours(self):
        return {theirs: ours for ours, theirs in self.theirs.items()}


class Names:
    """All types that the extract has, or those of them that the Terraform provider knows."""

    def __init__(self, published, extract, schema=None):
        self.published, self.extract, self.schema = published['renames'], extract, schema or {}
        self.terraform = {token: self.terraform_type(token) for token in extract['resources'] if token.startswith('aws:')}
        self.shapes = {}
        if schema:
            for token in self.terraform:
                self.shapes[token] = self.shape_of(token)

    def terraform_type(self, token):
        """The Terraform provider's type. What is not published has the name that most have."""
        resources = self.published['resources']
        return resources.get(second(token)) or resources.get(token) or f'aws_{module_of(token)}_{snake(token.rsplit(":", 1)[1])}'

    def token(self, ours):
        """The bridge's type for one of Pulumi's provider."""
        name = camel(self.terraform[ours].removeprefix('aws_'))
        return f'aws:index/{name}:{name[:1].upper()}{name[1:]}'

    def shape_of(self, token):
        described = self.extract['resources'][token]
        ours = {name: each['type'] for name, each in described['inputs'].items()}
        ours = {**described['outputs'], **ours}
        theirs = self.schema['resources'][self.token(token)]
        published = self.published['renamedProperties']
        renamed = published.get(second(token)) or published.get(token, {})
        return self.shape(ours, {**theirs['properties'], **theirs['inputProperties']}, renamed, module_of(token))

    def shape(self, ours, theirs, renamed, module):
        shape, free = Shape(), dict(theirs)
        # Version 6 had other names still, which are published too: they come last.
        for name in sorted(ours) + sorted(renamed.keys() - ours.keys()):
            word = renamed.get(name) or snake(name)
            found = next((each for each in (camel(word), camel(plural(word)), name) if each in free), None)
            if found is None:
                if name in ours:
                    shape.missing.add(name)
                continue
            of_ours, of_theirs = ours.get(name), free.pop(found)
            listed = of_theirs.get('type') == 'array' and of_ours is not None and not is_list(of_ours)
            single = is_list(of_ours) and of_theirs.get('type') != 'array'
            shape.add(name, found, self.inner(of_ours, of_theirs, module), listed, single)
        for name in free:
            # Told by the provider alone, and called the same by both.
            shape.add(name, name, None, False, False)
        return shape

    def inner(self, ours, theirs, module):
        """The shape of the objects that a property has, if it has any."""
        while isinstance(ours, dict) and 'array' in ours:
            ours = ours['array']
        while theirs.get('type') == 'array':
            theirs = theirs['items']
        if not isinstance(ours, dict) or 'object' not in ours or '$ref' not in theirs:
            return None
        kind = ours['object'].split('/')[-1]
        published = self.published['renamedProperties']
        names = (kind, re.sub('^(Bucket(?:LifecycleConfiguration|ServerSideEncryptionConfiguration|Versioning)?)', r'\1V2', kind))
        renamed = next((published[token] for token in (f'aws:{module}/{name}:{name}' for name in reversed(names)) if token in published), {})
        inputs = {name: each['type'] for name, each in self.extract['types'][ours['object']].items()}
        properties = self.schema['types'][theirs['$ref'].removeprefix('#/types/')].get('properties', {})
        return self.shape(inputs, properties, renamed, module)


def is_list(kind):
    return isinstance(kind, dict) and 'array' in kind


def to_bridge(value, shape):
    """A value under the bridge's names."""
    return rewritten(value, shape, to_bridge, lambda shape: shape.theirs, wrap='listed', unwrap='single')


def from_bridge(value, shape):
    """A value under the names of Pulumi's provider."""
    return rewritten(value, shape, from_bridge, lambda shape: shape.ours, wrap='single', unwrap='listed')


def rewritten(value, shape, again, names, wrap, unwrap):
    if isinstance(value, list):
        return [again(each, shape) for each in value]
    if not isinstance(value, dict):
        return value
    if SIGNATURE in value:
        # A secret, or an output with what it depends on.
        return {**value, 'value': again(value['value'], shape)} if 'value' in value else value
    if shape is None:
        return value
    known, result = names(shape), {}
    for name, each in value.items():
        if name == '__defaults':
            result[name] = [known.get(default, default) for default in each]
            continue
        other = known.get(name, name)
        ours = name if again is to_bridge else other
        inside = again(each, shape.inner.get(ours))
        if ours in getattr(shape, wrap) and not isinstance(inside, list) and inside not in (None, UNKNOWN):
            inside = [inside]
        elif ours in getattr(shape, unwrap) and isinstance(inside, list) and len(inside) == 1:
            # No value and an empty list are two things, to the bridge.
            inside = inside[0]
        result[other] = inside
    return result


def path_from_bridge(path, shape):
    """A property's path, as `rules[0].filter.prefix`, under the names of Pulumi's provider."""
    result, listed = '', False
    for part in re.findall(r'\["(?:[^"\\]|\\.)*"\]|\[\d+\]|[^.\[\]]+', path):
        if part.startswith('['):
            if not listed:
                result += part
            listed = False
            continue
        ours = shape.ours.get(part, part) if shape else part
        listed = bool(shape) and ours in shape.listed
        shape = shape.inner.get(ours) if shape else None
        result += f'.{ours}' if result else ours
    return result


def missing_paths(value, shape, path=''):
    """Where a value, under the names of Pulumi's provider, has what the Terraform provider that is here does not have."""
    if isinstance(value, list):
        return [found for number, each in enumerate(value) for found in missing_paths(each, shape, f'{path}[{number}]')]
    if not isinstance(value, dict) or shape is None:
        return []
    if SIGNATURE in value:
        return missing_paths(value.get('value'), shape, path)
    found = []
    for name, each in value.items():
        here = f'{path}.{name}' if path else name
        found += [here] if name in shape.missing else missing_paths(each, shape.inner.get(name), here)
    return found

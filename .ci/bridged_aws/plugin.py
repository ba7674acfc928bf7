"""A provider plugin for Pulumi's engine that is called `aws` and is the real Terraform provider behind Pulumi's own dynamic bridge.

    plugin.py SETTINGS [FLAGS] ENGINE_ADDRESS

Types and properties have the names of Pulumi's `aws` provider, version 7, on the engine's side, and those of the dynamic bridge on the
other; all else is passed on as it came. SETTINGS is a JSON file: `bridge`, the program; `published` and `extract`, the names
(names.py); `provider`, `version` and `plugins`, which Terraform provider, and the folder that holds it; `archives`, a folder for function
code; `aside`, what the provider checks and plans and does not make: by type, some properties or `everything`; `planted`, by type,
inputs that are checked in the place of the program's.
"""

import concurrent.futures
import json
import os
import signal
import subprocess
import sys

import grpc
from google.protobuf import empty_pb2, json_format
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from names import SIGNATURE, Names, from_bridge, missing_paths, path_from_bridge, to_bridge

ARCHIVE = '0def7320c3a5731c473e5ecbe6d01bc7'
PROVIDER = 'pulumi:providers:aws'
# Of a type that is set aside: not some of its properties, but the type.
EVERYTHING = 'everything'
LARGEST = [('grpc.max_receive_message_length', -1), ('grpc.max_send_message_length', -1)]
# The fields of each call that hold properties: of the request, and of the answer.
FIELDS = {
    'CheckConfig': (('olds', 'news'), ('inputs',)),
    'DiffConfig': (('olds', 'news', 'old_inputs'), ()),
    'Check': (('olds', 'news'), ('inputs',)),
    'Diff': (('olds', 'news', 'old_inputs'), ()),
    'Create': (('properties',), ('properties',)),
    'Read': (('properties', 'inputs'), ('properties', 'inputs')),
    'Update': (('olds', 'news', 'old_inputs'), ('properties',)),
    'Delete': (('properties', 'old_inputs'), ()),
}


def token_of(urn):
    return urn.split('::')[2].split('$')[-1]


class Plugin(provider_pb2_grpc.ResourceProviderServicer):
    def __init__(self, settings, engine):
        self.settings = settings
        environment = {**os.environ, 'PULUMI_DYNAMIC_TF_PLUGIN_CACHE_DIR': settings['plugins']}
        self.bridge = subprocess.Popen((settings['bridge'], *engine), stdout=subprocess.PIPE, text=True, env=environment)
        port = int(self.bridge.stdout.readline())
        self.behind = provider_pb2_grpc.ResourceProviderStub(grpc.insecure_channel(f'127.0.0.1:{port}', LARGEST))
        with open(settings['published']) as published, open(settings['extract']) as extract:
            self.sources = json.load(published), json.load(extract)
        self.version, self.terraform = self.sources[1]['version'], f'{settings["provider"]} {settings["version"]}'
        self.names = None

    def load(self):
        """Makes the bridge a bridge to the provider, and reads how it calls what the provider has."""
        if self.names:
            return
        functions = ['aws_caller_identity', 'aws_partition']
        include = ','.join(sorted({*Names(*self.sources).terraform.values(), *functions}))
        arguments = provider_pb2.ParameterizeRequest.ParametersArgs(
            args=[self.settings['provider'], self.settings['version'], '--include', include])
        self.behind.Parameterize(provider_pb2.ParameterizeRequest(args=arguments))
        request = provider_pb2.GetSchemaRequest(subpackage_name='aws', subpackage_version=self.settings['version'])
        self.names = Names(*self.sources, json.loads(self.behind.GetSchema(request).schema))

    def Handshake(self, request, context):
        answer = self.passed_on('Handshake', request, context)
        self.load()
        return answer

    def GetPluginInfo(self, request, context):
        return plugin_pb2.PluginInfo(version=self.version)

    def GetSchema(self, request, context):
        return provider_pb2.GetSchemaResponse(schema=json.dumps({'name': 'aws', 'version': self.version}))

    def Configure(self, request, context):
        self.load()
        return self.passed_on('Configure', request, context)

    def Invoke(self, request, context):
        return self.passed_on('Invoke', request, context)

    def Cancel(self, request, context):
        return self.passed_on('Cancel', request, context)

    def Attach(self, request, context):
        return empty_pb2.Empty()

    def passed_on(self, call, request, context):
        try:
            return getattr(self.behind, call)(request)
        except grpc.RpcError as error:
            context.set_trailing_metadata(error.trailing_metadata() or ())
            context.abort(error.code(), error.details())

    def called(self, call, request, context):
        """A call about a resource, or about the provider."""
        self.load()
        token = token_of(request.urn)
        if token == PROVIDER:
            return self.renamed(call, request, context, None)
        if token not in self.names.shapes:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f'{token} has no name in the bridge')
        aside = self.settings['aside'].get(token, [])
        if call == 'Check':
            request.news.update(self.settings['planted'].get(token, {}))
        elif aside == EVERYTHING:
            return self.set_aside(call, request, context, token)
        given = {field: without(getattr(request, field), aside) for field in FIELDS[call][0] if call != 'Check'}
        answer = self.renamed(call, request, context, token)
        for field in FIELDS[call][1] if call != 'Check' else ():
            getattr(answer, field).update(given[{'Update': 'news'}.get(call, field)])
        if call == 'Check':
            missing = missing_paths(json_format.MessageToDict(request.news), self.names.shapes[token])
            answer.failures.extend(provider_pb2.CheckFailure(property=path, reason=f'{self.terraform} has no {path}') for path in missing)
        if call == 'Diff' and given['old_inputs'] != given['news']:
            answer.changes = provider_pb2.DiffResponse.DIFF_SOME
            answer.diffs.extend(aside)
        return answer

    def set_aside(self, call, request, context, token):
        """What the emulator cannot make: the Terraform provider plans it, and the state has it as it was sent."""
        if call == 'Diff':
            old, new = json_format.MessageToDict(request.old_inputs), json_format.MessageToDict(request.news)
            changed = sorted(name for name in old.keys() | new.keys() if not name.startswith('__') and old.get(name) != new.get(name))
            changes = provider_pb2.DiffResponse.DIFF_SOME if changed else provider_pb2.DiffResponse.DIFF_NONE
            return provider_pb2.DiffResponse(changes=changes, diffs=changed, replaces=changed, deleteBeforeReplace=True)
        if call == 'Create':
            planned = provider_pb2.CreateRequest()
            planned.CopyFrom(request)
            planned.preview = True
            self.renamed(call, planned, context, token)
            return provider_pb2.CreateResponse(id=f'set-aside-{request.urn.rsplit("::", 1)[1]}', properties=request.properties)
        if call == 'Read':
            return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)
        # All that changes replaces it.
        return empty_pb2.Empty()

    def renamed(self, call, request, context, token):
        """The call under the bridge's names, and its answer under those of Pulumi's provider."""
        before, after = FIELDS[call]
        shape = self.names.shapes.get(token)
        if shape:
            theirs = self.names.token(token)
            renamed = type(request)()
            renamed.CopyFrom(request)
            renamed.urn = f'{theirs}::'.join(request.urn.rsplit(f'{token}::', 1))
            if getattr(request, 'type', ''):
                renamed.type = theirs
            request = renamed
        archives = {}
        for field in before:
            if request.HasField(field):
                change(getattr(request, field), lambda value: to_bridge(without_archives(value, self.settings['archives'], archives), shape))
        answer = self.passed_on(call, request, context)
        for field in after:
            if answer.HasField(field):
                change(getattr(answer, field), lambda value: with_archives(self.exactly(value, shape, context), archives))
        if call in ('CheckConfig', 'Check'):
            for failure in answer.failures:
                failure.property = path_from_bridge(failure.property, shape)
        if call in ('DiffConfig', 'Diff'):
            for paths in (answer.replaces, answer.diffs, answer.stables):
                paths[:] = [path_from_bridge(path, shape) for path in paths]
            detailed = {path_from_bridge(path, shape): kind for path, kind in answer.detailedDiff.items()}
            answer.detailedDiff.clear()
            for path, kind in detailed.items():
                answer.detailedDiff[path].CopyFrom(kind)
        return answer

    def exactly(self, value, shape, context):
        """The value under the names of Pulumi's provider. The bridge has to find its own state in it again."""
        result = from_bridge(value, shape)
        if to_bridge(result, shape) != value:
            context.abort(grpc.StatusCode.INTERNAL, f'{value} is another under other names: {result}')
        return result


def change(struct, how):
    value = how(json_format.MessageToDict(struct))
    struct.Clear()
    struct.update(value)


def without(struct, names):
    """Takes properties out. Returns those that were there."""
    taken = {name: value for name, value in json_format.MessageToDict(struct).items() if name in names}
    for name in taken:
        del struct.fields[name]
    return taken


def without_archives(value, folder, archives):
    """The value with a file's name where it has an archive, as Pulumi's provider does it; and the archives by these names.

    The name tells what is in the archive, so that other code is another value. What is only in the state has no path.
    """
    if isinstance(value, list):
        return [without_archives(each, folder, archives) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get(SIGNATURE) != ARCHIVE:
        return {name: without_archives(each, folder, archives) for name, each in value.items()}
    file = os.path.join(folder, f'{value["hash"]}.zip')
    if value.get('path') and not os.path.lexists(file):
        os.symlink(os.path.abspath(value['path']), file)
    archives[file] = value
    return file


def with_archives(value, archives):
    """The properties with the archives again."""
    return {name: archives.get(each, each) if isinstance(each, str) else each for name, each in value.items()}


for name in FIELDS:
    setattr(Plugin, name, lambda self, request, context, call=name: self.called(call, request, context))


def main():
    with open(sys.argv[1]) as file:
        settings = json.load(file)
    plugin = Plugin(settings, sys.argv[2:])
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=128), options=LARGEST)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(plugin, server)
    port = server.add_insecure_port('127.0.0.1:0')
    server.start()

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, end)
    print(port, flush=True)
    # The bridge ends with the engine.
    plugin.bridge.wait()
    end()


def end(*_):
    """Ends the bridge and the Terraform provider, which would outlive both: the engine gives each plugin a group of processes."""
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(0)


main()

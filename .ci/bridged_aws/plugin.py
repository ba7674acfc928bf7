"""A provider plugin for Pulumi's engine that is called `aws` and is the real Terraform provider behind Pulumi's own dynamic bridge.

    plugin.py SETTINGS [FLAGS] ENGINE_ADDRESS

Types and properties have the names of Pulumi's `aws` provider, version 7, on the engine's side, and those of the dynamic bridge on the
other; all else is passed on as it came. SETTINGS is a JSON file: `bridge`, the program; `published` and `extract`, the names
(names.py); `provider`, `version` and `plugins`, which Terraform provider, and the folder that holds it.
"""

import concurrent.futures
import json
import os
import signal
import subprocess
import sys

import grpc
from google.protobuf import empty_pb2, json_format
from google.rpc import status_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from names import Names, from_bridge, path_from_bridge, to_bridge

PROVIDER = 'pulumi:providers:aws'
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
        self.version = self.sources[1]['version']
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

    def renamed(self, call, request, context):
        self.load()
        before, after = FIELDS[call]
        token = token_of(request.urn)
        shape = None
        if token != PROVIDER:
            if token not in self.names.shapes:
                context.abort(grpc.StatusCode.UNIMPLEMENTED, f'{token} has no name in the bridge')
            shape, theirs = self.names.shapes[token], self.names.token(token)
            request.urn = f'{theirs}::'.join(request.urn.rsplit(f'{token}::', 1))
            if getattr(request, 'type', ''):
                request.type = theirs
        archives = {}
        for field in before:
            if request.HasField(field):
                change(getattr(request, field), lambda value: to_bridge(noted(value, archives), shape))
        try:
            answer = getattr(self.behind, call)(request)
        except grpc.RpcError as error:
            context.set_trailing_metadata(tuple(
                (key, self.renamed_details(value, shape, archives) if key == 'grpc-status-details-bin' else value)
                for key, value in error.trailing_metadata() or ()
            ))
            context.abort(error.code(), error.details())
        for field in after:
            if answer.HasField(field):
                change(getattr(answer, field), lambda value: restored(from_bridge(value, shape), archives))
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

    def renamed_details(self, details, shape, archives):
        """What an error says of a resource that was made, but not whole."""
        status = status_pb2.Status.FromString(details)
        for each in status.details:
            partly = provider_pb2.ErrorResourceInitFailed()
            if each.Unpack(partly):
                for field in ('properties', 'inputs'):
                    change(getattr(partly, field), lambda value: restored(from_bridge(value, shape), archives))
                each.Pack(partly)
        return status.SerializeToString()


def change(struct, how):
    value = how(json_format.MessageToDict(struct))
    struct.Clear()
    struct.update(value)


def noted(value, archives):
    """The value; its archives are put into `archives` by their paths."""
    if isinstance(value, list):
        for each in value:
            noted(each, archives)
    elif isinstance(value, dict):
        if 'path' in value and len(value) > 1 and 'hash' in value:
            archives[value['path']] = value
        for each in value.values():
            noted(each, archives)
    return value


def restored(value, archives):
    """The properties, with the archive where the provider has the path."""
    if 'code' in value and value['code'] in archives:
        value['code'] = archives[value['code']]
    return value


for name in FIELDS:
    setattr(Plugin, name, lambda self, request, context, call=name: self.renamed(call, request, context))


def main():
    with open(sys.argv[1]) as file:
        settings = json.load(file)
    plugin = Plugin(settings, sys.argv[2:])
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(max_workers=128), options=LARGEST)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(plugin, server)
    port = server.add_insecure_port('127.0.0.1:0')
    server.start()

    def end(*_):
        plugin.bridge.terminate()
        os._exit(0)

    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, end)
    print(port, flush=True)
    # The bridge ends with the engine.
    plugin.bridge.wait()
    os._exit(0)


main()

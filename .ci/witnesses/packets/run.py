#!/usr/bin/env python3
"""Real packets through the rules of a network as the template says them and as this reads them: not AWS, but not our model either.

Usage: run.py platform [TENANTS]        the platform: nobody reaches anybody, and planted holes are found
       run.py random COUNT [SEED]       random networks: packets and `tenantry verify` say the same
       run.py template FILE             a template: which of its tenants' interfaces reach which
Exit status: 0 as it must be, 1 not so, 2 cannot be tried here (Linux with user namespaces, `ip` and `nft` are needed)."""

import copy
import dataclasses
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

import chance  # noqa: E402
import vpc  # noqa: E402
from emitted import PROGRAM, templates  # noqa: E402
from world import INTERNET, SERVICE, Trial, World  # noqa: E402

EVERYTHING = vpc.Rule("all", (0, 65535), block=vpc.ANYWHERE)
OPEN = "open to all"


def crossings(world, trial):
    """Which interface's packets arrived at which interface of another owner: pairs of their places, with what arrived."""
    place = {own: at for at, own in enumerate(world.addresses)}
    place |= {public: at for at, public in world.public.items()}
    found = {}
    for source, target, protocol, port in sorted(trial.arrived):
        if source in place and target in place:
            one, other = place[source], place[target]
            if world.network.interfaces[one].owner != world.network.interfaces[other].owner:
                found.setdefault((one, other), set()).add((protocol, port))
    return found


def between_all(world):
    """Every interface tries every interface of another owner."""
    trial = Trial(world)
    interfaces = world.network.interfaces
    for one, namespace in enumerate(world.namespaces):
        for other, own in enumerate(world.addresses):
            if interfaces[one].owner != interfaces[other].owner:
                trial.send(namespace, own)
    return trial


def told(world, pair):
    one, other = (world.network.interfaces[at] for at in pair)
    return f"{one.owner} ({one.name} in {one.subnet}) reaches {other.owner} ({other.name} in {other.subnet})"


# The platform


def with_stand_ins(network):
    """Something with a public address and no barrier of its own in each subnet that is not a tenant's."""
    used = {each.subnet for each in network.interfaces}
    network.ingress[OPEN] = network.egress[OPEN] = [EVERYTHING]
    for subnet in network.subnets.keys() - used:
        network.interfaces.append(vpc.Interface("a stand-in", "shared", subnet, [OPEN], public=True))
    return network


def opened(network, groups=False, acls=False):
    changed = copy.deepcopy(network)
    if groups:
        changed.ingress = {name: [EVERYTHING] for name in changed.ingress}
        changed.egress = {name: [EVERYTHING] for name in changed.egress}
    if acls:
        changed.acls = {name: {"in": [EVERYTHING], "out": [EVERYTHING]} for name in changed.acls}
    return changed


def without_denials(network):
    """The network ACLs' denials gone, and what they let through widened to every port."""
    changed = opened(network, groups=True)
    for acl in changed.acls.values():
        for side, rules in acl.items():
            acl[side] = [dataclasses.replace(rule, ports=(0, 65535)) for rule in rules if rule.allow]
    return changed


def one_group_rule(network):
    """The first tenant may send to the second's group, and the second lets it in; no network ACL stands between."""
    changed = opened(network, acls=True)
    owners = list(dict.fromkeys(each.owner for each in network.interfaces if each.owner != "shared"))
    first, second = ([each for each in network.interfaces if each.owner == owner][0] for owner in owners[:2])
    https = lambda group: vpc.Rule("tcp", (443, 443), group=group)
    changed.egress[first.groups[0]] = changed.egress[first.groups[0]] + [https(second.groups[0])]
    changed.ingress[second.groups[0]] = changed.ingress[second.groups[0]] + [https(first.groups[0])]
    return changed, (first.owner, second.owner)


def tenants_crossed(world, found):
    """Ordered pairs of owners, the stand-in's left out."""
    owner = lambda at: world.network.interfaces[at].owner
    pairs = {(owner(one), owner(other)) for one, other in found}
    return {pair for pair in pairs if "shared" not in pair}


def platform(file, template, findings):
    network = with_stand_ins(vpc.read(template))
    world = World(network)
    interfaces = network.interfaces
    tenants = {each.owner for each in interfaces} - {"shared"}
    all_pairs = {(one, other) for one in tenants for other in tenants if one != other}

    def tried(what, changed, wanted):
        world.rules(changed)
        trial = between_all(world)
        trial.settle()
        crossed = tenants_crossed(world, crossings(world, trial))
        if crossed != wanted:
            findings.append(f"{what}: crossed {sorted(crossed - wanted)}, did not cross {sorted(wanted - crossed)}")
        return trial

    trial = between_all(world)
    for at, each in enumerate(interfaces):
        for target in (INTERNET, SERVICE):
            trial.send(world.namespaces[at], target)
    trial.settle()
    found = crossings(world, trial)
    findings += [f"{told(world, pair)}: {sorted(what)[:4]}" for pair, what in found.items()]
    for at, each in enumerate(interfaces):
        own = world.public.get(at, world.addresses[at])
        out = {(target, kind, port) for source, target, kind, port in trial.arrived if source == own}
        service = {(kind, port) for target, kind, port in out if target == SERVICE}
        internet = {(kind, port) for target, kind, port in out if target == INTERNET}
        if each.owner == "shared":
            if not internet:
                findings.append(f"the stand-in in {each.subnet} does not reach the internet: nothing here would")
            continue
        if internet:
            findings.append(f"{each.name} in {each.subnet} reaches the internet: {sorted(internet)}")
        if service != {("tcp", 443)} or (own, SERVICE, "tcp", 443) not in trial.connected:
            findings.append(f"{each.name} in {each.subnet}: of DynamoDB it reaches {sorted(service)}, not HTTPS alone")
    tried("planted: groups open, the network ACLs hold", opened(network, groups=True), set())
    tried("planted: network ACLs open, the groups hold", opened(network, acls=True), set())
    tried("planted: groups open and the ACLs' denials gone, all must be found", without_denials(network), all_pairs)
    hole, pair = one_group_rule(network)
    tried("planted: one group's rule, one pair must be found", hole, {pair} if len(tenants) > 1 else set())
    world.close()
    print(
        f"{file}: {len(tenants)} tenants, {len(interfaces)} interfaces, {len(all_pairs)} ordered pairs: no packet crosses; "
        f"{len(trial.ways)} TCP connections tried, {len(trial.connected)} made (DynamoDB, and the stand-ins' own)"
    )


# Random networks against the verifier


def verdict(template, folder):
    """What the verifier says: pairs of resources with the packet of its counterexample, or None where it is undecided."""
    file = pathlib.Path(folder) / "network.json"
    file.write_text(json.dumps(template))
    ran = subprocess.run([PROGRAM, "--format", "json", "verify", file], capture_output=True, text=True)
    try:
        claims = json.loads(ran.stdout)["claims"]
    except (ValueError, KeyError):
        raise SystemExit(f"tenantry verify: status {ran.returncode}: {ran.stderr}") from None
    [claim] = [each for each in claims if each["claim"] == "network/packet"]
    if claim["undecided"]:
        return None
    said = {}
    for example in claim["counterexamples"]:
        context = {each["key"]: each["value"] for each in example["context"]}
        said[(example["principal"], example["resource"])] = (example["action"], context)
    return said


def compare(template, folder, findings, what, change=lambda network: network):
    """How many pairs cross, or None if the verifier does not decide. What is changed, the verifier does not see."""
    said = verdict(template, folder)
    network = change(vpc.read(template))
    world = World(network)
    try:
        trial = between_all(world)
        trial.settle()
        found = {}
        for (one, other), packets in crossings(world, trial).items():
            names = network.interfaces[one].name, network.interfaces[other].name
            found.setdefault(names, set()).update(packets)
        if said is None:
            return None
        for pair in found.keys() - said.keys():
            findings.append(f"{what}: packets cross from {pair[0]} to {pair[1]} ({sorted(found[pair])[:3]}), and the verifier says none does")
        for pair in said.keys() - found.keys():
            findings.append(f"{what}: the verifier says {said[pair]} crosses from {pair[0]} to {pair[1]}, and no packet does")
        for pair in found.keys() & said.keys():
            answered(world, trial, pair, said[pair], findings, what)
        return len(found)
    finally:
        world.close()


def answered(world, trial, pair, said, findings, what):
    """Whether an answer gets back, where the verifier's packet is one that was tried."""
    action, context = said
    kind, _, port = action.partition("/")
    if kind != "tcp" or not port.isdigit():
        return
    by_address = dict(zip(world.addresses, world.network.interfaces))
    same = lambda own, address: own.rsplit(".", 1)[0] == address.rsplit(".", 1)[0]
    tried = [
        event for event in trial.arrived
        if event[2] == "tcp" and event[3] == int(port)
        and (by_address[event[0]].name, by_address[event[1]].name) == pair
        and same(event[0], context["source"]) and same(event[1], context["destination"])
    ]
    if tried and any(event in trial.connected for event in tried) != (context["answer"] == "gets back"):
        findings.append(f"{what}: {pair}, {action}: the verifier says the answer {context['answer']}, the packets say otherwise")


def random_networks(count, seed, findings):
    crossed, undecided, held, isolated = 0, 0, 0, None
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            made = chance.template(random.Random(f"{seed}-{number}"))
            before = len(findings)
            found = compare(made, folder, findings, f"seed {seed}, network {number}")
            undecided += found is None
            crossed += bool(found)
            held += found == 0
            isolated = made if found == 0 else isolated
            if len(findings) > before and "KEEP" in os.environ:
                pathlib.Path(os.environ["KEEP"], f"{seed}-{number}.json").write_text(json.dumps(made, indent=1))
        if isolated:
            planted = []
            compare(isolated, folder, planted, "planted", lambda network: opened(network, groups=True, acls=True))
            if not planted:
                findings.append("planted: a network whose barriers are open to the packets alone was not noticed")
    print(f"seed {seed}: {count} networks: in {crossed} something crosses, in {held} nothing does, {undecided} undecided")
    if count >= 20 and not (crossed and held):
        findings.append("the random networks are all alike: they tell nothing")


def one_template(file, findings):
    network = vpc.read(json.loads(pathlib.Path(file).read_text()))
    world = World(network)
    trial = between_all(world)
    trial.settle()
    findings += [told(world, pair) for pair in crossings(world, trial)]
    print(f"{file}: {len(network.interfaces)} interfaces")


def main(arguments):
    findings = []
    match arguments:
        case ["platform", *rest]:
            for file in sorted(pathlib.Path(os.environ["INSIDE"]).iterdir()):
                platform(file.name, json.loads(file.read_text()), findings)
        case ["random", count, *rest]:
            random_networks(int(count), rest[0] if rest else str(random.randrange(10**6)), findings)
        case ["template", file]:
            one_template(file, findings)
        case _:
            raise SystemExit(__doc__)
    for each in findings:
        print(f"packets: {each}")
    sys.exit(1 if findings else 0)


def enter(arguments):
    """The same once more, as root of namespaces of its own."""
    if not all(map(shutil.which, ("unshare", "ip", "nft"))):
        print("packets: not tried: `unshare`, `ip` and `nft` are needed (packages util-linux, iproute2, nftables)")
        sys.exit(2)
    if subprocess.run(["unshare", "-rnm", "--pid", "--fork", "true"], stderr=subprocess.DEVNULL).returncode:
        print("packets: not tried: this system lets nobody make namespaces of users and networks")
        sys.exit(2)
    with tempfile.TemporaryDirectory() as folder:
        if arguments[:1] == ["platform"]:
            for name, template in templates(*map(int, arguments[1:2] or ["5"])).items():
                pathlib.Path(folder, name).write_text(json.dumps(template))
        command = ["unshare", "-rnm", "--pid", "--fork", "--kill-child", sys.executable, __file__, *arguments]
        sys.exit(subprocess.run(command, env=os.environ | {"INSIDE": folder}).returncode)


if __name__ == "__main__":
    if os.environ.get("INSIDE"):
        # Named network namespaces are files below /run, which is somebody else's outside.
        subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
        main(sys.argv[1:])
    else:
        enter(sys.argv[1:])

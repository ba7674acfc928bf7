#!/usr/bin/env python3
"""Real packets through the network rules of a platform's templates, as `vpc.py` reads them and `world.py` makes them: not AWS.

Usage: tenants.py FOLDER    a folder of CloudFormation templates in JSON, one VPC each
Prints a JSON object a template, a line each. Exit status: 0 no tenant's packet goes where it must not and every planted hole is
found, 1 not so, 2 cannot be tried here (Linux with user namespaces, `unshare`, `ip` and `nft` are needed)."""

import copy
import dataclasses
import json
import os
import pathlib
import shutil
import subprocess
import sys

import vpc
from world import INTERNET, SERVICE, Trial, World

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


def judge(template):
    """What the packets of a template's tenants reach, and whether planted holes are found."""
    network, findings = with_stand_ins(vpc.read(template)), []
    world = World(network)
    interfaces = network.interfaces
    tenants = {each.owner for each in interfaces} - {"shared"}
    all_pairs = {(one, other) for one in tenants for other in tenants if one != other}

    def planted(what, changed, wanted):
        world.rules(changed)
        trial = between_all(world)
        trial.settle()
        crossed = tenants_crossed(world, crossings(world, trial))
        if crossed != wanted:
            findings.append(f"{what}: crossed {sorted(crossed - wanted)}, did not cross {sorted(wanted - crossed)}")

    trial = between_all(world)
    for namespace in world.namespaces:
        for target in (INTERNET, SERVICE):
            trial.send(namespace, target)
    trial.settle()
    found = crossings(world, trial)
    findings += [f"{told(world, pair)}: {sorted(what)[:4]}" for pair, what in found.items()]
    for at in range(len(interfaces)):
        findings += abroad(world, trial, at)
    planted("groups open, so the network ACLs have to hold alone", opened(network, groups=True), set())
    planted("network ACLs open, so the groups have to hold alone", opened(network, acls=True), set())
    planted("groups open and the ACLs' denials gone, so every pair has to cross", without_denials(network), all_pairs)
    if len(tenants) > 1:
        hole, pair = one_group_rule(network)
        planted("network ACLs open and one rule in two groups, so one pair has to cross", hole, {pair})
    world.close()
    return {
        "tenants": len(tenants),
        "interfaces": len(interfaces),
        "pairs": len(all_pairs),
        "connections_tried": len(trial.ways),
        "connections_made": len(trial.connected),
        "findings": findings,
    }


def abroad(world, trial, at):
    """What is wrong with what an interface reaches of the internet and of DynamoDB."""
    each, own = world.network.interfaces[at], world.public.get(at, world.addresses[at])
    out = {(target, kind, port) for source, target, kind, port in trial.arrived if source == own}
    service = {(kind, port) for target, kind, port in out if target == SERVICE}
    internet = {(kind, port) for target, kind, port in out if target == INTERNET}
    if each.owner == "shared":
        if not internet:
            yield f"the stand-in in {each.subnet} does not reach the internet: nothing here would"
        return
    if internet:
        yield f"{each.name} in {each.subnet} reaches the internet: {sorted(internet)}"
    if service != {("tcp", 443)} or (own, SERVICE, "tcp", 443) not in trial.connected:
        yield f"{each.name} in {each.subnet}: of DynamoDB it reaches {sorted(service)}, not HTTPS alone"


def enter(script, arguments):
    """A script once more, as root of namespaces of its own; the exit status."""
    if not all(map(shutil.which, ("unshare", "ip", "nft"))):
        print("`unshare`, `ip` and `nft` are needed (util-linux, iproute2, nftables)", file=sys.stderr)
        return 2
    spaces = ["unshare", "-rnm", "--pid", "--fork", "--kill-child"]
    if subprocess.run([*spaces, "true"], stderr=subprocess.DEVNULL).returncode:
        print("this system lets nobody make namespaces of users and networks", file=sys.stderr)
        return 2
    inside = os.environ | {"TENANTRY_INSIDE": "1"}
    return subprocess.run([*spaces, sys.executable, script, *arguments], env=inside).returncode


def entered():
    """Whether this is the inner run. Named network namespaces are files below /run, which is somebody else's outside."""
    if "TENANTRY_INSIDE" not in os.environ:
        return False
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
    return True


def main(folder):
    found = False
    for file in sorted(pathlib.Path(folder).glob("*.json")):
        report = judge(json.loads(file.read_text()))
        found = found or bool(report["findings"])
        print(json.dumps({"template": file.name} | report))
    return 1 if found else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    sys.exit(main(sys.argv[1]) if entered() else enter(__file__, sys.argv[1:]))

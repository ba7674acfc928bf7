#!/usr/bin/env python3
"""Real packets through the rules of a network as the template says them and as a reading of AWS's documentation has them: not AWS,
but not our model either. What `tenantry probe --network` runs is crates/local/src/packets; this is what CI asks of it.

Usage: run.py platform [TENANTS]        the platform: nobody reaches anybody, and planted holes are found
       run.py random COUNT [SEED]       random networks: packets and `tenantry verify` say the same
       run.py template FILE             a template in JSON: which of its tenants' interfaces reach which
Exit status: 0 as it must be, 1 not so, 2 cannot be tried here (Linux with user namespaces, `ip` and `nft` are needed)."""

import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent), str(HERE.parent.parent.parent / "crates/local/src/packets")]

import chance  # noqa: E402
import vpc  # noqa: E402
from emitted import PROGRAM, project  # noqa: E402
from tenants import between_all, crossings, enter, entered, opened, told  # noqa: E402
from world import World  # noqa: E402


def platform(tenants):
    """`tenantry probe --network` itself, on a platform of several cells."""
    with project(tenants, 3) as folder:
        command = [PROGRAM, "-C", folder, "--format", "json", "probe", "--network"]
        ran = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if ran.returncode in (0, 1):
        for network in json.loads(ran.stdout)["networks"]:
            findings = network.pop("findings")
            print(", ".join(f"{name} {value}" for name, value in network.items()))
            for each in findings:
                print(f"packets: {each}")
    return ran.returncode


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
            if found is None:
                undecided += 1
                findings.append(f"seed {seed}, network {number}: everything is known, and the verifier does not decide")
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
        case ["random", count, *rest]:
            random_networks(int(count), rest[0] if rest else str(random.randrange(10**6)), findings)
        case ["template", file]:
            one_template(file, findings)
        case _:
            raise SystemExit(__doc__)
    for each in findings:
        print(f"packets: {each}")
    return 1 if findings else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["platform"]:
        sys.exit(platform(int((sys.argv[2:3] or ["5"])[0])))
    sys.exit(main(sys.argv[1:]) if entered() else enter(__file__, sys.argv[1:]))

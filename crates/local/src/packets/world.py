"""A network as Linux makes it: a namespace for each interface, one that is the VPC's router, one that is the internet and one
that is the service behind the endpoint; veth pairs between them, nftables as network ACLs and security groups.

- A subnet is a bridge in the router's namespace, so no network ACL stands inside a subnet, as on AWS.
- A network ACL keeps no state: it sees each packet between subnets, on the way out and on the way in.
- A security group keeps state: it is in the interface's own namespace, and answers to what was let through pass.
- An internet gateway passes packets of interfaces with a public address alone, and exchanges the addresses.

Runs as root of namespaces of its own: `unshare -rnm --pid --fork --kill-child`."""

import contextlib
import ctypes
import ipaddress
import os
import select
import socket
import struct
import subprocess
import time

from vpc import PREFIX_LIST, address

LIBC = ctypes.CDLL(None, use_errno=True)
INTERNET, SERVICE = "198.51.100.7", str(ipaddress.ip_network(PREFIX_LIST)[5])
# One port on each side of every border that the rules here have.
PORTS = (10, 22, 100, 443, 600, 8080, 40000)
# Whoever attacks picks the port that answers come to: one of the system's, or one that rules here name. Nothing listens at
# those, and each trial has another, or to who keeps state an attempt would belong to an earlier one's connection.
ANSWERED_AT = range(8081, 8100)
QUIET_SECONDS, MOST_SECONDS = 1.0, 10.0


def run(*command, text=None):
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr}\n{text or ''}")


@contextlib.contextmanager
def inside(namespace):
    """In another network namespace; a socket stays in the one in which it was made."""
    with open("/proc/self/ns/net") as here, open(f"/run/netns/{namespace}") as there:
        if LIBC.setns(there.fileno(), 0):
            raise OSError(ctypes.get_errno(), f"setns {namespace}")
        try:
            yield
        finally:
            LIBC.setns(here.fileno(), 0)


def match(rule, side, members):
    """A rule as an nftables expression, or None if nobody can match it."""
    parts = []
    if rule.group is not None:
        addresses = members.get(rule.group)
        if not addresses:
            return None
        parts.append(f"ip {side} {{ {', '.join(addresses)} }}")
    elif rule.block != "0.0.0.0/0":
        parts.append(f"ip {side} {rule.block}")
    if rule.protocol in ("tcp", "udp"):
        parts.append(f"{rule.protocol} dport {rule.ports[0]}-{rule.ports[1]}")
    elif rule.protocol == "icmp":
        parts.append("meta l4proto icmp")
    return " ".join(parts)


class World:
    """Takes a network's subnets and interfaces once; its rules can be changed."""

    def __init__(self, network):
        self.network = network
        self.addresses = [address(network, each) for each in network.interfaces]
        self.namespaces = [f"i{at}" for at in range(len(network.interfaces))]
        self.subnets = list(network.subnets)
        self.answered_at = list(ANSWERED_AT)
        publics = [at for at, each in enumerate(network.interfaces) if each.public]
        self.public = {at: f"203.0.113.{at + 1}" for at in publics}
        self.wire()
        self.rules(network)

    def wire(self):
        ends = [*self.namespaces, "internet", "service"]
        run("ip", "-batch", "-", text="".join(f"netns add {each}\n" for each in ["router", *ends]))
        links = ["link set lo up"]
        for at, subnet in enumerate(self.subnets):
            block = ipaddress.ip_network(self.network.subnets[subnet])
            links += [f"link add s{at} type bridge", f"addr add {block[1]}/{block.prefixlen} dev s{at}", f"link set s{at} up"]
        for at, each in enumerate(self.network.interfaces):
            links += [f"link add v{at} type veth peer name eth0 netns i{at}"]
            links += [f"link set v{at} master s{self.subnets.index(each.subnet)}", f"link set v{at} up"]
        for end, block in (("internet", "192.0.2.0/30"), ("service", "192.0.2.4/30")):
            block = ipaddress.ip_network(block)
            links += [f"link add {end} type veth peer name eth0 netns {end}", f"addr add {block[1]}/30 dev {end}", f"link set {end} up"]
        for at, subnet in enumerate(self.subnets):
            table = 100 + at
            links.append(f"rule add iif s{at} lookup {table}")
            for other, name in enumerate(self.subnets):
                links.append(f"route add {self.network.subnets[name]} dev s{other} table {table}")
            for block, target in self.network.routes[subnet].items():
                via = "192.0.2.2" if target == "internet" else "192.0.2.6"
                links.append(f"route add {block} via {via} table {table}")
            # Without a route a packet ends here.
            links.append(f"route add unreachable default metric 9999 table {table}")
        with inside("router"):
            for knob in ("ip_forward", "conf/all/rp_filter", "conf/default/rp_filter"):
                with open(f"/proc/sys/net/ipv4/{knob}", "w") as file:
                    file.write("1" if knob == "ip_forward" else "0")
            run("ip", "-batch", "-", text="\n".join(links) + "\n")
        for at, each in enumerate(self.network.interfaces):
            block = ipaddress.ip_network(self.network.subnets[each.subnet])
            self.end(f"i{at}", f"{self.addresses[at]}/{block.prefixlen}", block[1], [])
        self.end("internet", "192.0.2.2/30", "192.0.2.1", [INTERNET])
        self.end("service", "192.0.2.6/30", "192.0.2.5", [SERVICE])

    def end(self, namespace, own, gateway, more):
        lines = ["link set lo up", f"addr add {own} dev eth0", "link set eth0 up", f"route add default via {gateway}"]
        lines += [f"addr add {each}/32 dev lo" for each in more]
        with inside(namespace):
            run("ip", "-batch", "-", text="\n".join(lines) + "\n")

    def rules(self, network):
        """Network ACLs and security groups as this network has them."""
        members = {}
        for each, own in zip(network.interfaces, self.addresses):
            for group in each.groups:
                members.setdefault(group, []).append(own)
        with inside("router"):
            run("nft", "-f", "-", text=self.router(network))
        for at, each in enumerate(network.interfaces):
            text = "flush ruleset\ntable inet groups {\n"
            for chain, hook, side, rules in (("inward", "input", "saddr", network.ingress), ("outward", "output", "daddr", network.egress)):
                text += f"chain {chain} {{ type filter hook {hook} priority 0; policy drop;\n"
                text += "iifname lo accept\n" if hook == "input" else "oifname lo accept\n"
                text += "ct state established,related accept\n"
                for group in each.groups:
                    for rule in rules[group]:
                        expression = match(rule, side, members)
                        text += "" if expression is None else f"{expression} accept\n"
                text += "}\n"
            with inside(f"i{at}"):
                run("nft", "-f", "-", text=text + "}\n")

    def router(self, network):
        text = "flush ruleset\ntable inet acls {\n"
        names = list(network.acls)
        for at, name in enumerate(names):
            for direction, side in (("in", "saddr"), ("out", "daddr")):
                text += f"chain acl{at}{direction} {{\n"
                for rule in network.acls[name][direction]:
                    text += f"{match(rule, side, {})} {'return' if rule.allow else 'drop'}\n"
                text += "drop\n}\n"
        private = ", ".join(self.addresses[at] for at in self.public)
        text += "chain passing { type filter hook forward priority 0; policy accept;\n"
        # Where the kernel shows bridged packets to these rules too: no network ACL stands inside a subnet.
        text += "".join(f"iifname s{at} oifname s{at} accept\n" for at in range(len(self.subnets)))
        text += f'oifname internet ip saddr != {{ {private} }} drop\n' if private else "oifname internet drop\n"
        for direction, key in (("out", "iifname"), ("in", "oifname")):
            for at, subnet in enumerate(self.subnets):
                if subnet in network.acl_of:
                    text += f"{key} s{at} jump acl{names.index(network.acl_of[subnet])}{direction}\n"
        text += "}\n}\n"
        if self.public:
            text += "table ip gateway {\nchain inward { type nat hook prerouting priority -100;\n"
            text += "".join(f"iifname internet ip daddr {public} dnat to {self.addresses[at]}\n" for at, public in self.public.items())
            text += "}\nchain outward { type nat hook postrouting priority 100;\n"
            text += "".join(f"oifname internet ip saddr {self.addresses[at]} snat to {public}\n" for at, public in self.public.items())
            text += "}\n}\n"
        return text

    def close(self):
        names = ["router", *self.namespaces, "internet", "service"]
        run("ip", "-batch", "-", text="".join(f"netns del {each}\n" for each in names))


class Trial:
    """Packets that are sent, and what comes of them: `arrived` and `connected` are sets of (from, to, protocol, port), with
    addresses for `from` and `to`."""

    def __init__(self, world):
        self.sockets, self.arrived, self.connected = [], set(), set()
        self.receivers, self.ways = {}, {}
        self.answered_at = world.answered_at.pop(0)
        self.names = dict(zip(world.namespaces, world.addresses))
        ends = self.names | {"internet": INTERNET, "service": SERVICE}
        for namespace, own in ends.items():
            with inside(namespace):
                for kind, number in (("tcp", socket.IPPROTO_TCP), ("udp", socket.IPPROTO_UDP), ("icmp", socket.IPPROTO_ICMP)):
                    receiver = self.keep(socket.socket(socket.AF_INET, socket.SOCK_RAW, number))
                    receiver.setblocking(False)
                    self.receivers[receiver] = (own, kind)
                for port in PORTS:
                    server = self.keep(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
                    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    server.bind((own, port))
                    server.listen(128)

    def keep(self, one):
        self.sockets.append(one)
        return one

    def send(self, namespace, target):
        """TCP, UDP and ICMP to a target, on every port."""
        own, waiting = self.names[namespace], {}
        with inside(namespace):
            for port in PORTS:
                for back in (0, self.answered_at):
                    client = self.keep(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
                    client.bind((own, back))
                    client.setblocking(False)
                    if client.connect_ex((target, port)) in (0, 115):
                        waiting[client] = (own, target, "tcp", port)
                with contextlib.suppress(OSError):
                    datagram = self.keep(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                    datagram.sendto(b"witness", (target, port))
            with contextlib.suppress(OSError):
                echo = self.keep(socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
                body = struct.pack("!BBHHH", 8, 0, 0, 7, 7)
                total = sum(struct.unpack("!4H", body))
                check = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
                echo.sendto(struct.pack("!BBHHH", 8, 0, check, 7, 7), (target, 0))
        self.ways.update(waiting)

    def settle(self):
        """Waits until nothing more happens."""
        poll = select.epoll()
        by_number = {}
        for one in [*self.receivers, *self.ways]:
            poll.register(one, select.EPOLLIN if one in self.receivers else select.EPOLLOUT)
            by_number[one.fileno()] = one
        began = last = time.monotonic()
        while time.monotonic() - last < QUIET_SECONDS and time.monotonic() - began < MOST_SECONDS:
            for number, _ in poll.poll(0.1):
                one = by_number[number]
                if one in self.receivers:
                    last = time.monotonic() if self.take(one) else last
                else:
                    poll.unregister(number)
                    if one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                        self.connected.add(self.ways[one])
        for one in self.sockets:
            one.close()

    def take(self, receiver):
        own, kind = self.receivers[receiver]
        new = False
        while True:
            try:
                packet = receiver.recv(65535)
            except BlockingIOError:
                return new
            source, target = socket.inet_ntoa(packet[12:16]), socket.inet_ntoa(packet[16:20])
            body = packet[(packet[0] & 15) * 4 :]
            if kind == "icmp":
                port = 0 if body[0] == 8 else None
            elif kind == "tcp":
                # The first packet of a connection: SYN and no ACK.
                port = struct.unpack("!H", body[2:4])[0] if body[13] & 0x12 == 2 else None
            else:
                port = struct.unpack("!H", body[2:4])[0]
            if port is not None and target == own and source != own:
                event = (source, own, kind, port)
                new = new or event not in self.arrived
                self.arrived.add(event)

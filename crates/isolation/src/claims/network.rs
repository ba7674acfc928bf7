//! The network plane: which packets arrive.

use super::{Barrier, Claim, Plane};

claims! {
    PACKET: Claim {
        id: "network/packet",
        plane: Plane::Network,
        title: "No packet from a tenant's network interface reaches another tenant's.",
        why: "In one VPC every subnet can route to every other, and that cannot be turned off; \
            only network ACLs and security groups keep tenants apart. They are read in order, \
            apply to subnets and interfaces, and default to letting everything through.",
        breaks: &[
            "a security group that admits a wide range, or another tenant's group",
            "a network ACL whose allowing entry comes before its denying one, or leaves a \
                range open",
            "a subnet without an association, which falls to the VPC's default network ACL",
            "a subnet that two tenants share: no network ACL stands inside a subnet",
            "an IPv6 range that the entries for IPv4 do not cover",
            "a route over a peering connection or a transit gateway",
            "a public address reached over the internet gateway",
        ],
        barriers: &[Barrier::RouteTable, Barrier::NetworkAcl, Barrier::SecurityGroup],
        fix: "Deny the VPC's ranges first in the tenants' network ACL, in both directions, and let \
            nothing into the tenants' security groups.",
        breaking: &[],
        holding: &[],
    };
}

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
        breaking: &[
            "network-acl-gap.yaml",
            "network-acl-order.yaml",
            "network-added-range.yaml",
            "network-conditional-rule.yaml",
            "network-database.yaml",
            "network-default-group.yaml",
            "network-default-vpc.yaml",
            "network-ipv6-hole.yaml",
            "network-missing-association.yaml",
            "network-nat-to-public-address.yaml",
            "network-one-way.yaml",
            "network-other-tenants-group.yaml",
            "network-peering.yaml",
            "network-per-tenant-stack.yaml",
            "network-ping.yaml",
            "network-prefix-list.yaml",
            "network-public-address.yaml",
            "network-separate-rule.json",
            "network-shared-subnet.yaml",
            "network-subnets-alone.yaml",
            "network-transit-gateway.yaml",
            "network-unknown-range.yaml",
            "network-wide-group.yaml",
        ],
        holding: &[
            "network-acl-gap-holds.yaml",
            "network-acl-order-holds.yaml",
            "network-added-range-holds.yaml",
            "network-conditional-rule-holds.yaml",
            "network-database-holds.yaml",
            "network-default-group-holds.yaml",
            "network-default-vpc-holds.yaml",
            "network-ipv6-hole-holds.yaml",
            "network-ipv6-not-allowed-holds.yaml",
            "network-missing-association-holds.yaml",
            "network-nat-to-public-address-holds.yaml",
            "network-one-way-holds.yaml",
            "network-other-tenants-group-holds.yaml",
            "network-peering-holds.yaml",
            "network-per-tenant-stack-holds.yaml",
            "network-ping-holds.yaml",
            "network-prefix-list-holds.yaml",
            "network-public-address-holds.yaml",
            "network-separate-rule-holds.json",
            "network-shared-subnet-holds.yaml",
            "network-subnets-alone-holds.yaml",
            "network-transit-gateway-holds.yaml",
            "network-unknown-range-holds.yaml",
            "network-wide-group-holds.yaml",
        ],
    };
}

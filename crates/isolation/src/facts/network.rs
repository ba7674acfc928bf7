//! A model's network: from resolved resources to what the reachability works on.
//!
//! What a template leaves open stays open here: an association that cannot be followed, a range
//! behind a parameter, a rule under a condition. Each is noted with the thing that it blurs.

mod interfaces;
mod links;
mod rules;

use std::collections::{HashMap, HashSet};

use tenantry_reachability::{
    Acl, AclId, Block, Choice, Direction, Family, Group, GroupId, InterfaceId, MOST, Mark, Network,
    OwnerId, Peer, PeeringId, Range, RouteTableId, Rule, Subnet, SubnetId, Traffic, TransitId, Vpc,
    VpcId,
};
use tenantry_template::{
    Existence, Model, Resource, ResourceId, Span, SymbolOrigin, TenantIndex, Text, Value, ValueKind,
};

/// A network and where its parts are written.
#[derive(Debug, Default)]
pub struct Read {
    /// The network.
    pub network: Network,
    marks: Vec<Span>,
    notes: HashMap<Thing, Vec<Note>>,
}

/// A part of a network.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(crate) enum Thing {
    Subnet(SubnetId),
    RouteTable(RouteTableId),
    Acl(AclId),
    Group(GroupId),
    Joint,
    Interface(InterfaceId),
}

/// Something that is not known about a part.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) gap: Gap,
    pub(crate) span: Span,
}

/// What is not known.
#[derive(Clone, Debug)]
pub(crate) enum Gap {
    Value {
        property: Property,
        value: GapValue,
    },
    /// Whether a resource exists, by its path.
    ExistsWhen {
        path: String,
        condition: String,
    },
    /// What is behind the entries that are looked at.
    TooMany {
        name: String,
        count: usize,
    },
}

/// A property whose value is not known.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Property {
    Range,
    Vpc,
    Subnet,
    SecurityGroup,
    TransitGateway,
    Association,
    RouteDestination,
    EntryNumberOrAction,
    EntryRange,
    EntryTraffic,
    RuleExistence,
    RuleTraffic,
    RulePeer,
}

/// What a template says of it.
#[derive(Clone, Debug)]
pub(crate) enum GapValue {
    /// This text, with symbols as `<Name>`.
    Text(String),
    Condition,
    Unknown,
}

/// Reads a model's network.
pub fn read(model: &Model<'_>) -> Read {
    let mut reader = Reader {
        model,
        read: Read::default(),
        vpcs: HashMap::new(),
        subnets: HashMap::new(),
        tables: HashMap::new(),
        acls: HashMap::new(),
        groups: HashMap::new(),
        peerings: HashMap::new(),
        transits: HashMap::new(),
        owners: HashMap::new(),
        elsewhere: Elsewhere::default(),
        mapped_public: HashSet::new(),
        default_groups: HashMap::new(),
    };
    reader.vpcs();
    reader.subnets();
    reader.wires();
    reader.acls();
    reader.security_groups();
    reader.associations();
    reader.interfaces();
    reader.oversized();
    reader.read
}

impl Read {
    /// How many interfaces are tenants'.
    pub(crate) fn interfaces_of_tenants(&self) -> u64 {
        self.network.interfaces.iter().filter(|interface| interface.owner.is_some()).count() as u64
    }

    /// Where a part is written.
    pub fn span(&self, mark: Mark) -> Option<Span> {
        self.marks.get(mark? as usize).copied()
    }

    pub(crate) fn notes(&self, thing: Thing) -> &[Note] {
        self.notes.get(&thing).map(Vec::as_slice).unwrap_or_default()
    }

    pub(crate) fn all_notes(&self) -> impl Iterator<Item = &Note> {
        self.notes.values().flatten()
    }
}

/// From a resource of the model to what it is in the network.
type Index<I> = HashMap<ResourceId, I>;

/// VPCs, subnets, groups and transit gateways that no template here makes.
#[derive(Default)]
struct Elsewhere<'a> {
    vpcs: HashMap<Text<'a>, VpcId>,
    subnets: HashMap<Text<'a>, SubnetId>,
    groups: HashMap<Text<'a>, GroupId>,
    transits: HashMap<Text<'a>, TransitId>,
}

struct Reader<'m, 'a> {
    model: &'m Model<'a>,
    read: Read,
    vpcs: Index<VpcId>,
    subnets: Index<SubnetId>,
    tables: Index<RouteTableId>,
    acls: Index<AclId>,
    groups: Index<GroupId>,
    peerings: Index<PeeringId>,
    transits: Index<TransitId>,
    /// By tenant that has an interface.
    owners: HashMap<TenantIndex, OwnerId>,
    /// What no template here makes, by the text that names it: the same name is the same thing.
    elsewhere: Elsewhere<'a>,
    /// The subnets whose interfaces get, or may get, a public address.
    mapped_public: HashSet<SubnetId>,
    /// By VPC.
    default_groups: HashMap<VpcId, GroupId>,
}

impl<'m, 'a> Reader<'m, 'a> {
    fn vpcs(&mut self) {
        for (at, resource) in self.of_kind("AWS::EC2::VPC") {
            let mut blocks = Vec::new();
            let cidr = resource.properties.get("CidrBlock");
            blocks.extend(cidr.and_then(Value::as_str).and_then(Block::parse));
            let vpc = Vpc { name: resource.path.clone(), blocks, ..Vpc::default() };
            self.vpcs.insert(at, self.read.network.vpcs.push(vpc));
        }
        for (_, resource) in self.of_kind("AWS::EC2::VPCCidrBlock") {
            let Some(vpc) = self.vpc(resource.properties.get("VpcId")) else { continue };
            let text = ["CidrBlock", "Ipv6CidrBlock"].iter().find_map(|key| {
                resource.properties.get(key).and_then(Value::as_str).and_then(Block::parse)
            });
            let amazon = resource.properties.get("AmazonProvidedIpv6CidrBlock");
            let block = match (text, amazon.and_then(Value::as_bool)) {
                (Some(block), _) => Some(block),
                (None, Some(true)) => Some(provided(vpc)),
                _ => None,
            };
            self.read.network.vpcs[vpc].blocks.extend(block);
        }
    }

    fn subnets(&mut self) {
        for (at, resource) in self.of_kind("AWS::EC2::Subnet") {
            let properties = &resource.properties;
            let vpc = self.any_vpc(resource, properties.get("VpcId"));
            let mark = self.mark(resource.span);
            let subnet = Subnet {
                name: resource.path.clone(),
                vpc,
                blocks: Vec::new(),
                route_table: Choice::Default,
                acl: Choice::Default,
                mark,
            };
            let index = self.read.network.subnets.push(subnet);
            self.subnets.insert(at, index);
            let blocks = self.blocks_of_subnet(index, vpc, properties);
            // What is in a subnet is in its VPC, also by a range that is added and not known.
            let of_vpc = &mut self.read.network.vpcs[vpc].blocks;
            if !of_vpc.is_empty() {
                let holds = |known: &Block, block: &Block| {
                    known.family == block.family && known.range.covers(block.range)
                };
                for block in &blocks {
                    if !of_vpc.iter().any(|known| holds(known, block)) {
                        of_vpc.push(*block);
                    }
                }
            }
            let flag = properties.get("MapPublicIpOnLaunch");
            if flag.is_some_and(|flag| flag.as_bool() != Some(false)) {
                self.mapped_public.insert(index);
            }
            self.read.network.subnets[index].blocks = blocks;
        }
    }

    /// The ranges of a subnet; none where one that it has is not known.
    fn blocks_of_subnet(
        &mut self,
        subnet: SubnetId,
        vpc: VpcId,
        properties: &Value<'a>,
    ) -> Vec<Block> {
        let mut blocks = Vec::new();
        if let Some(value) = properties.get("CidrBlock") {
            match self.block(value) {
                Some(block) => blocks.push(block),
                None => self.note(Thing::Subnet(subnet), Property::Range, value),
            }
        }
        let mut unknown_v6 = false;
        if let Some(value) = properties.get("Ipv6CidrBlock") {
            // Amazon hands out one /64 after the other; which is no matter here.
            let lowest = provided(vpc).range.low | (subnet.position() as u128 & 0xFF) << 64;
            let range = Range { low: lowest, high: lowest | u128::from(u64::MAX) };
            let block = self.block(value);
            unknown_v6 = block.is_none();
            blocks.push(block.unwrap_or(Block { family: Family::V6, range }));
        }
        if properties.get("CidrBlock").is_some()
            && !blocks.iter().any(|block| block.family == Family::V4)
        {
            // Half known would read as IPv6 alone.
            blocks.clear();
        } else if unknown_v6 {
            let known = &mut self.read.network.vpcs[vpc].blocks;
            if !known.iter().any(|block| block.family == Family::V6) {
                known.push(provided(vpc));
            }
        }
        blocks
    }

    /// A range of addresses that is written out or is a VPC's or subnet's own.
    fn block(&self, value: &Value<'a>) -> Option<Block> {
        if let Some(text) = value.as_str() {
            return Block::parse(text);
        }
        let text = value.to_text()?;
        let origin = self.model.symbols.origin(text.as_symbol()?)?;
        let SymbolOrigin::Resource { stack, id, attribute: Some(attribute) } = origin else {
            return None;
        };
        let at = self.model.logical(*stack, id)?;
        let family = match attribute.as_str() {
            "CidrBlock" => Family::V4,
            "Ipv6CidrBlock" => Family::V6,
            _ => return None,
        };
        let network = &self.read.network;
        let of_vpc = self.vpcs.get(&at).map(|vpc| &network.vpcs[*vpc].blocks);
        let of_subnet = || self.subnets.get(&at).map(|at| &network.subnets[*at].blocks);
        let blocks = of_vpc.or_else(of_subnet)?;
        blocks.iter().find(|block| block.family == family).copied()
    }

    /// Notes what has more entries than are looked at.
    fn oversized(&mut self) {
        let Network { acls, groups, .. } = &self.read.network;
        let acls = acls.entries().map(|(at, acl)| {
            let mark = acl.entries.first().and_then(|entry| entry.mark);
            (Thing::Acl(at), &acl.name, acl.entries.len(), mark)
        });
        let groups = groups
            .entries()
            .map(|(at, group)| (Thing::Group(at), &group.name, group.rules.len(), group.mark));
        let mut notes = Vec::new();
        for (thing, name, count, mark) in acls.chain(groups).filter(|(.., n, _)| *n > MOST) {
            let gap = Gap::TooMany { name: name.clone(), count };
            notes.extend(self.read.span(mark).map(|span| (thing, Note { gap, span })));
        }
        for (thing, note) in notes {
            self.read.notes.entry(thing).or_default().insert(0, note);
        }
    }

    fn of_kind(&self, kind: &str) -> Vec<(ResourceId, &'m Resource<'a>)> {
        let all = self.model.resources.entries();
        all.filter(|(_, resource)| resource.kind == kind).collect()
    }

    fn vpc(&self, value: Option<&Value<'a>>) -> Option<VpcId> {
        self.lookup(&self.vpcs, "AWS::EC2::VPC", value)
    }

    /// The VPC that a value names, or one that stands for it.
    fn any_vpc(&mut self, resource: &Resource<'a>, value: Option<&Value<'a>>) -> VpcId {
        if let Some(vpc) = self.vpc(value) {
            return vpc;
        }
        let text = value.and_then(Value::to_text).unwrap_or_default();
        if let Some(known) = self.elsewhere.vpcs.get(&text) {
            return *known;
        }
        // Nobody knows what its default network ACL has become.
        let mut entries = rules::default_acl_entries();
        entries.iter_mut().for_each(|entry| entry.certain = false);
        let name = self.model.symbols.readable(&text);
        let default = Acl { name: format!("the default network ACL of {name}"), entries };
        let acl = self.read.network.acls.push(default);
        self.note(Thing::Acl(acl), Property::Vpc, value.unwrap_or(&resource.properties));
        let symbolic = text.as_literal().is_none_or(str::is_empty);
        let vpc = Vpc { name, default_acl: Some(acl), symbolic, ..Vpc::default() };
        let id = self.read.network.vpcs.push(vpc);
        self.elsewhere.vpcs.insert(text, id);
        id
    }

    /// The owner of interfaces that a tenant is.
    fn owner(&mut self, tenant: TenantIndex) -> OwnerId {
        let (model, owners) = (self.model, &mut self.read.network.owners);
        let name = || model.symbols.readable(&model.tenants[tenant]);
        *self.owners.entry(tenant).or_insert_with(|| owners.push(name()))
    }

    fn lookup<I: Copy>(
        &self,
        index: &Index<I>,
        kind: &str,
        value: Option<&Value<'a>>,
    ) -> Option<I> {
        let text = value?.to_text()?;
        index.get(&self.model.find(kind, &text)?).copied()
    }

    /// The resource and the attribute of it that a value is.
    fn attribute(&self, value: Option<&Value<'a>>) -> Option<(ResourceId, &'m str)> {
        let symbol = value?.to_text()?.as_symbol()?;
        match self.model.symbols.origin(symbol)? {
            SymbolOrigin::Resource { stack, id, attribute: Some(attribute) } => {
                Some((self.model.logical(*stack, id)?, attribute))
            }
            _ => None,
        }
    }

    fn mark(&mut self, span: Span) -> Mark {
        self.read.marks.push(span);
        Some(self.read.marks.len() as u32 - 1)
    }

    fn note(&mut self, thing: Thing, property: Property, value: &Value<'a>) {
        let text = value.to_text().map(|text| self.model.symbols.readable(&text));
        let seen = match (text, &value.kind) {
            (Some(text), _) => GapValue::Text(text),
            (None, ValueKind::Choice(_)) => GapValue::Condition,
            (None, _) => GapValue::Unknown,
        };
        let gap = Gap::Value { property, value: seen };
        self.read.notes.entry(thing).or_default().push(Note { gap, span: value.span });
    }

    fn note_condition(&mut self, thing: Thing, resource: &Resource<'a>) {
        if let Existence::When(literal) = resource.existence {
            let condition = self.model.conditions.readable(literal, &self.model.symbols);
            let gap = Gap::ExistsWhen { path: resource.path.clone(), condition };
            self.read.notes.entry(thing).or_default().push(Note { gap, span: resource.span });
        }
    }

    /// A group with rules that are not known: it is made elsewhere.
    fn unknown_group(&mut self, value: &Value<'a>, text: Text<'a>) -> GroupId {
        if let Some(group) = self.elsewhere.groups.get(&text) {
            return *group;
        }
        let mark = self.mark(value.span);
        let rule = |direction| Rule {
            direction,
            traffic: Some(Traffic::ALL),
            peer: Peer::Unknown,
            certain: true,
            mark,
        };
        let name = self.model.symbols.readable(&text);
        let symbolic = text.as_literal().is_none();
        let rules = vec![rule(Direction::Ingress), rule(Direction::Egress)];
        let id = self.read.network.groups.push(Group { name, rules, symbolic, mark });
        self.note(Thing::Group(id), Property::SecurityGroup, value);
        self.elsewhere.groups.insert(text, id);
        id
    }
}

/// The range that stands for Amazon's choice of IPv6 addresses for a VPC.
fn provided(vpc: VpcId) -> Block {
    let low = 0x2600_1f00_u128 << 96 | (vpc.position() as u128 & 0xFF_FFFF) << 72;
    Block { family: Family::V6, range: Range { low, high: low | ((1 << 72) - 1) } }
}

/// The items of a list, with those behind a condition, and whether each is certainly there.
fn items<'v, 'a>(value: Option<&'v Value<'a>>, certain: bool) -> Vec<(&'v Value<'a>, bool)> {
    let Some(value) = value else { return Vec::new() };
    match &value.kind {
        ValueKind::Null => Vec::new(),
        ValueKind::List(list) => list.iter().flat_map(|item| items(Some(item), certain)).collect(),
        ValueKind::Choice(choice) => {
            let both = choice.then.iter().chain(&choice.otherwise);
            both.flat_map(|value| items(Some(value), false)).collect()
        }
        _ => vec![(value, certain)],
    }
}

fn certain(resource: &Resource<'_>) -> bool {
    resource.existence == Existence::Always
}

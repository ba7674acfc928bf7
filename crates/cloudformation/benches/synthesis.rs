//! From a platform to the text of its templates: `cargo bench -p tenantry-cloudformation`.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tenantry_blueprint::{Code, Emptying};
use tenantry_config::{Cell, Platform, Slot, Tags, Tenant, Tier};
use tenantry_resources::Package;

fn synthesis(criterion: &mut Criterion) {
    let package = |name: &'static str| Package { name, key: format!("tenantry/{name}.zip") };
    let code = Code {
        api: package("api"),
        authorizer: package("authorizer"),
        empty_bucket: package("empty-bucket"),
    };
    let mut group = criterion.benchmark_group("one cell");
    for tenants in [1u16, 5, 20] {
        let platform = platform(tenants);
        group.throughput(Throughput::Elements(tenants.into()));
        for cell in &platform.cells {
            group.bench_with_input(BenchmarkId::new("graph", tenants), cell, |bencher, cell| {
                bencher.iter(|| {
                    tenantry_blueprint::cell(
                        &platform,
                        black_box(cell),
                        &code,
                        Emptying::ByFunction,
                    )
                });
            });
            let graph = tenantry_blueprint::cell(&platform, cell, &code, Emptying::ByFunction);
            group.bench_with_input(
                BenchmarkId::new("template", tenants),
                &graph,
                |bencher, graph| {
                    bencher.iter(|| tenantry_cloudformation::template(black_box(graph), "bench"));
                },
            );
        }
    }
    group.finish();
}

fn platform(tenants: u16) -> Platform {
    let tenants = (1..=tenants).filter_map(|number| {
        Some(Tenant {
            id: format!("tenant-{number:03}").parse().ok()?,
            name: format!("Customer {number}"),
            slot: Slot::new(number).ok()?,
            tier: Tier::default(),
        })
    });
    Platform {
        name: "acme".to_owned(),
        environment_suffix: "prod".to_owned(),
        region: "us-east-1".to_owned(),
        availability_zones: ["us-east-1a".to_owned(), "us-east-1b".to_owned()],
        vpc_cidr: ipnet::Ipv4Net::new_assert([10, 0, 0, 0].into(), 16),
        tags: Tags::default(),
        dynamodb_prefix_list: "pl-02cd2c6b".to_owned(),
        cells: vec![Cell { number: 1, tenants: tenants.collect() }],
    }
}

criterion_group!(benches, synthesis);
criterion_main!(benches);

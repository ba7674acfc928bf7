//! From a template's text to a model: `cargo bench -p tenantry-isolation --bench reading`.
//!
//! The templates are the platform's own, 20 tenants a cell, as JSON; the same text behind a
//! comment goes through the YAML reader.

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tenantry_blueprint::{Code, Emptying};
use tenantry_config::{Cell, Platform, Slot, Tags, Tenant, Tier};
use tenantry_isolation::{NoLoader, Options, Source, read};
use tenantry_resources::Package;

const TENANTS: u16 = 20;
/// As many as 10,000 tenants have.
const CELLS: usize = 500;

fn reading(criterion: &mut Criterion) {
    let json = cell();
    let yaml = format!("# YAML, in flow style\n{json}");
    let mut group = criterion.benchmark_group("one cell");
    for (name, text) in [("cell.json", &json), ("cell.yaml", &yaml)] {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bencher| bencher.iter(|| resources(name, black_box(text))));
    }
    group.finish();

    let mut group = criterion.benchmark_group("500 cells");
    group.sample_size(10);
    group.throughput(Throughput::Bytes((json.len() * CELLS) as u64));
    group.bench_function("on one thread", |bencher| bencher.iter(|| apart(&json, 1)));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let name = format!("on {threads} threads");
    group.bench_function(name, |bencher| bencher.iter(|| apart(&json, threads)));
    group.finish();
}

/// Reads every cell by itself, as many at a time as there are threads.
fn apart(text: &str, threads: usize) -> usize {
    let (next, sum) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while next.fetch_add(1, Ordering::Relaxed) < CELLS {
                    sum.fetch_add(resources("cell.json", black_box(text)), Ordering::Relaxed);
                }
            });
        }
    });
    sum.into_inner()
}

fn resources(name: &str, text: &str) -> usize {
    let source = Source { name, bytes: text.as_bytes() };
    read(&[source], &Options::default(), &NoLoader).map_or(0, |model| model.resources.len())
}

fn cell() -> String {
    let package = |name: &'static str| Package { name, key: format!("tenantry/{name}.zip") };
    let code = Code {
        api: package("api"),
        authorizer: package("authorizer"),
        empty_bucket: package("empty-bucket"),
    };
    let platform = platform();
    let cells = platform.cells.iter();
    let graphs =
        cells.map(|cell| tenantry_blueprint::cell(&platform, cell, &code, Emptying::ByFunction));
    let texts = graphs.filter_map(|graph| tenantry_cloudformation::template(&graph, "bench").ok());
    texts.collect()
}

fn platform() -> Platform {
    let tenants = (1..=TENANTS).filter_map(|number| {
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

criterion_group!(benches, reading);
criterion_main!(benches);

//! From a platform to the text of its templates: `cargo bench -p tenantry-cloudformation`.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tenantry_blueprint::{Code, Emptying};
use tenantry_config::{Platform, Source};
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
        let Some(platform) = platform(tenants) else { continue };
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

fn platform(tenants: u16) -> Option<Platform> {
    let mut text = "[platform]\nname = \"acme\"\n".to_owned();
    for number in 1..=tenants {
        text += &format!("[[tenants]]\nid = \"tenant-{number:03}\"\n");
    }
    let source = Source { name: "platform.toml", text: text.as_bytes() };
    tenantry_config::load(source, None).ok().map(|loaded| loaded.platform)
}

criterion_group!(benches, synthesis);
criterion_main!(benches);

//! From a platform to the text of its templates: `cargo bench -p tenantry-cloudformation`.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use tenantry_blueprint::Emptying;
use tenantry_testing::{graph, platform};

fn synthesis(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("one cell");
    for tenants in [1, 5, 20] {
        let platform = platform(tenants, "prod");
        group.throughput(Throughput::Elements(tenants as u64));
        for cell in &platform.cells {
            group.bench_with_input(BenchmarkId::new("graph", tenants), cell, |bencher, cell| {
                bencher.iter(|| graph(&platform, black_box(cell), Emptying::ByFunction));
            });
            let graph = graph(&platform, cell, Emptying::ByFunction);
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

criterion_group!(benches, synthesis);
criterion_main!(benches);

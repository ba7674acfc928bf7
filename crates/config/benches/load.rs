//! How long the largest platform takes to read: `cargo bench -p tenantry-config`.
#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, criterion_group, criterion_main};
use tenantry_config::{Source, load};
use tenantry_testing::platform_toml;

fn ten_thousand_tenants(criterion: &mut Criterion) {
    let text = platform_toml("", (1..=10_000).map(|number| format!("tenant-{number:05}")));
    let source = Source { name: "platform.toml", text: text.as_bytes() };
    let lock = load(source, None).unwrap().lock.to_string();
    let lock = Source { name: "platform.lock", text: lock.as_bytes() };
    criterion.bench_function("load 10,000 tenants without a lock", |bencher| {
        bencher.iter(|| load(source, None).unwrap());
    });
    criterion.bench_function("load 10,000 tenants with their lock", |bencher| {
        bencher.iter(|| load(source, Some(lock)).unwrap());
    });
}

criterion_group!(benches, ten_thousand_tenants);
criterion_main!(benches);

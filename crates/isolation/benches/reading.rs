//! From templates' texts to models, and from models to verdicts:
//! `cargo bench -p tenantry-isolation --bench reading`.
//!
//! The templates are the platform's own, 20 tenants a cell, as JSON; the same text behind a
//! comment goes through the YAML reader.

use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use tenantry_blueprint::Emptying;
use tenantry_isolation::{VerifyOptions, verify_each, verify_model};
use tenantry_template::{NoLoader, ReadError, ReadOptions, Source, declared, read};
use tenantry_testing::{graph, platform_toml};

const TENANTS: usize = 20;
/// As many as 10,000 tenants have.
const CELLS: usize = 500;

fn reading(criterion: &mut Criterion) {
    let json = cells(1, TENANTS).concat();
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

/// The texts of cells, all of them in one model, the verdict on it; and the verdict on each cell
/// alone, which is the same.
fn proving(criterion: &mut Criterion) {
    for (cells_of, tenants) in [(1, 5), (5, TENANTS), (50, TENANTS)] {
        let texts = cells(cells_of, tenants);
        let sources: Vec<Source<'_>> =
            texts.iter().map(|text| Source { name: "cell.json", bytes: text.as_bytes() }).collect();
        let all = cells_of * tenants;
        let mut group = criterion.benchmark_group(format!("{all} tenants"));
        group.sample_size(10);
        let options = ReadOptions::default();
        group.bench_function("parse", |bencher| {
            let resources = |source| declared(source, &options).unwrap_or_default();
            bencher.iter(|| sources.iter().copied().map(resources).sum::<usize>())
        });
        let model = || read(black_box(&sources), &options, &NoLoader);
        group.bench_function("read", |bencher| {
            bencher.iter(|| model().map_or(0, |model| model.resources.len()))
        });
        if let Ok(model) = model() {
            let asked = VerifyOptions::default();
            group.bench_function("prove", |bencher| {
                bencher.iter(|| verify_model(&model, &asked).pairs)
            });
        }
        group.bench_function("verify each", |bencher| bencher.iter(|| each(&texts)));
        group.finish();
    }
}

/// All of it, a template at a time.
fn each(texts: &[String]) -> Option<u64> {
    let load = |at: usize| {
        let text = texts.get(at).cloned().unwrap_or_default();
        Ok::<_, ReadError>((format!("{at}.json"), text.into_bytes()))
    };
    let options = ReadOptions::default();
    let verdict = verify_each(texts.len(), load, &options, &NoLoader, &VerifyOptions::default());
    verdict.ok().map(|verdict| verdict.pairs)
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
    read(&[source], &ReadOptions::default(), &NoLoader).map_or(0, |model| model.resources.len())
}

/// The templates of so many cells, each of so many tenants.
fn cells(number: usize, tenants: usize) -> Vec<String> {
    let ids = (1..=number * tenants).map(|number| format!("tenant-{number:05}"));
    let platform =
        tenantry_testing::read(&platform_toml(&format!("[cells]\nsize = {tenants}"), ids));
    let cells = platform.cells.iter();
    let graphs = cells.map(|cell| graph(&platform, cell, Emptying::ByFunction));
    let texts = graphs.filter_map(|graph| tenantry_cloudformation::template(&graph, "bench").ok());
    texts.collect()
}

criterion_group!(benches, reading, proving);
criterion_main!(benches);

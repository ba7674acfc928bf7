# What people who work on tenantry do often. `just` lists it.

_list:
    @just --list

# Format, lint and test everything that needs no emulator
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    cargo test --workspace --lib --bins

# All tests, as the README has it
test:
    cargo test
    @cat target/tmp/left-out.txt 2>/dev/null || true

# The tests of the functions
test-functions:
    cd functions/node && npm ci && npm test

# Accept what the snapshot tests found (read the diff afterwards)
snapshots:
    INSTA_UPDATE=always cargo test

# Templates of the repository's own platform, through cfn-lint
lint-templates:
    cargo run --release -- synth cloudformation --out target/templates
    cfn-lint --regions us-east-1 -- target/templates/*.template.json

# What CI runs
ci:
    .ci/run

//! The language host alone, where the tests of this crate find it.

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    tenantry_pulumi::language_host(&arguments)
}

//! `pulumi-language-tenantry`: what the Pulumi engine starts for a project with `runtime: tenantry`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    tenantry_pulumi::language_host(&arguments)
}

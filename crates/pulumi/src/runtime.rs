//! Being `pulumi-language-tenantry`.

use std::io::{self, Write as _};
use std::process::ExitCode;

use tenantry_pulumi_host::serve_plugin;
use tokio::runtime::Builder;

use crate::program::PlatformProgram;

/// The name under which the engine looks for the runtime `tenantry`.
pub const LANGUAGE_HOST: &str = "pulumi-language-tenantry";

/// Serves the engine that has started this process, until the engine ends it. `arguments` are those behind the program's
/// name.
pub fn language_host(arguments: &[String]) -> ExitCode {
    let served =
        Builder::new_multi_thread().enable_all().build().map_err(Into::into).and_then(|runtime| {
            let served = runtime.block_on(serve_plugin(PlatformProgram, arguments));
            // A read of standard input has no end of its own.
            runtime.shutdown_background();
            served
        });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The engine shows what a plugin says on standard error.
            let _ = writeln!(io::stderr(), "{LANGUAGE_HOST}: {error}");
            ExitCode::from(2)
        }
    }
}

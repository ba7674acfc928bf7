//! What goes wrong on purpose, by environment variables.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// What goes wrong, and when. Creates are counted from 1 in each process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    /// `TENANTRY_PROVIDER_FAIL`: this create is refused.
    pub(crate) fail: Option<usize>,
    /// `TENANTRY_PROVIDER_HANG`: from this create on they have no end until they are cancelled.
    pub(crate) hang: Option<usize>,
    /// `TENANTRY_PROVIDER_DIE`: the process ends before this create is done.
    pub(crate) die: Option<usize>,
    /// `TENANTRY_PROVIDER_LOSE`: the process ends when this create is done and before it is answered.
    pub(crate) lose: Option<usize>,
    /// `TENANTRY_PROVIDER_WITHHOLD`: from this create on they are done, and not answered until they are cancelled.
    pub(crate) withhold: Option<usize>,
    /// `TENANTRY_PROVIDER_HOLD`: from this create on they wait until they are cancelled, and are done then; so is
    /// every deletion.
    pub(crate) hold: Option<usize>,
    /// `TENANTRY_PROVIDER_RELEASE`: the file that ends the waiting as well, as soon as it is there.
    pub(crate) release: Option<PathBuf>,
    /// `TENANTRY_PROVIDER_SLOW`: milliseconds that each operation takes.
    pub(crate) slow: Duration,
}

impl Faults {
    pub(crate) fn from_environment() -> Self {
        Self {
            fail: variable("TENANTRY_PROVIDER_FAIL"),
            hang: variable("TENANTRY_PROVIDER_HANG"),
            die: variable("TENANTRY_PROVIDER_DIE"),
            lose: variable("TENANTRY_PROVIDER_LOSE"),
            withhold: variable("TENANTRY_PROVIDER_WITHHOLD"),
            hold: variable("TENANTRY_PROVIDER_HOLD"),
            release: variable("TENANTRY_PROVIDER_RELEASE"),
            slow: Duration::from_millis(variable("TENANTRY_PROVIDER_SLOW").unwrap_or_default()),
        }
    }
}

fn variable<T: FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}

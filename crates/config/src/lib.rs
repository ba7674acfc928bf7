//! platform.toml and platform.lock, parsed and validated.

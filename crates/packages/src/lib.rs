//! The function code as reproducible zip archives.

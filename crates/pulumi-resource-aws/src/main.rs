//! A stand-in for the Pulumi aws provider, for tests only.

fn main() {}

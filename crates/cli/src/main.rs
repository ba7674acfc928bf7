//! The program `tenantry`.

fn main() {}

//! The provider for tests, where the tests of this crate find it.

fn main() -> std::io::Result<()> {
    pulumi_resource_aws::run()
}

//! The plugin as the engine starts it.

fn main() -> std::io::Result<()> {
    pulumi_resource_aws::run()
}

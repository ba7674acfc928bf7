//! Writes the YAML program of a platform's cell to standard output: `synth-yaml PLATFORM_TOML CELL`.

use std::io::Write as _;
use std::path::Path;

use tenantry_config::Source;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(file), Some(number)) = (arguments.next(), arguments.next()) else {
        return Err("usage: synth-yaml PLATFORM_TOML CELL".into());
    };
    let number: u32 = number.parse()?;
    let text = std::fs::read(&file)?;
    let loaded = tenantry_config::load(Source { name: &file, text: &text }, None)?;
    let cell = loaded.platform.cells.iter().find(|cell| cell.number == number);
    let cell = cell.ok_or("the platform has no such cell")?;
    let plan = tenantry_pulumi::plan(&loaded.platform, cell);
    let name = &loaded.platform.name;
    let program = tenantry_pulumi::yaml(&plan, name, name, Path::new(tenantry_pulumi::PACKAGES));
    std::io::stdout().write_all(program.as_bytes())?;
    Ok(())
}

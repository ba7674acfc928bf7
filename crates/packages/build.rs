//! Writes a table of the function sources, so that the built program carries them wherever it is installed.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Folders under `functions/node`, and the name of the table each one becomes.
const FOLDERS: [(&str, &str); 4] = [
    ("api", "API"),
    ("authorizer", "AUTHORIZER"),
    ("empty-bucket", "EMPTY_BUCKET"),
    ("sdk-layer", "SDK"),
];

fn main() -> io::Result<()> {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let node = manifest.join("../../functions/node");
    let mut table = String::new();
    for (folder, name) in FOLDERS {
        let root = node.join(folder);
        println!("cargo::rerun-if-changed={}", root.display());
        let mut files = Vec::new();
        if root.is_dir() {
            collect(&root, &root, &mut files)?;
        }
        files.sort();
        let _ = writeln!(table, "pub(crate) static {name}: &[crate::Source<'static>] = &[");
        for (relative, absolute) in files {
            let _ = writeln!(
                table,
                "    crate::Source {{ path: {relative:?}, bytes: include_bytes!({absolute:?}) }},"
            );
        }
        table.push_str("];\n");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    fs::write(out.join("sources.rs"), table)
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            if !matches!(name.as_str(), "node_modules" | "test" | "tests") {
                collect(root, &path, files)?;
            }
        } else if is_source(&name) {
            let relative: Vec<_> = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .components()
                .map(|part| part.as_os_str().to_string_lossy().into_owned())
                .collect();
            let absolute = path.canonicalize()?;
            println!("cargo::rerun-if-changed={}", absolute.display());
            files.push((relative.join("/"), absolute.to_string_lossy().into_owned()));
        }
    }
    Ok(())
}

fn is_source(name: &str) -> bool {
    !name.starts_with('.')
        && !name.contains(".test.")
        && [".mjs", ".js", ".cjs", ".json"].iter().any(|ending| name.ends_with(ending))
}

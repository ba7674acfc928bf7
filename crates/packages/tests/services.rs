//! The code of users' services: what is packed, what it is called, what is refused.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tenantry_packages::{Npm, ServiceCode};

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let file = folder.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    folder
}

const HANDLER: (&str, &str) = ("index.mjs", "export const handler = 1;");

fn read(folder: &Path) -> ServiceCode {
    ServiceCode::read("orders", folder, "index.handler").unwrap()
}

/// No npm is needed where there is no lock file.
fn no_npm() -> Npm {
    Npm::new(PathBuf::from("/nowhere/npm"), None)
}

fn names(bytes: &[u8]) -> Vec<String> {
    let archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    archive.file_names().map(|name| name.unwrap().into_owned()).collect()
}

/// What is said of code that is refused, with its folder as `[folder]`.
fn refused(place: &Path, handler: &str) -> String {
    let error = ServiceCode::read("orders", place, handler).unwrap_err();
    let place = place.display().to_string();
    format!("{error}\n  {}", error.hint()).replace(&place, "[folder]")
}

#[test]
fn the_same_files_give_the_same_name_and_bytes_wherever_they_are() {
    let files = [HANDLER, ("lib/order.mjs", "export {}")];
    let [one, other] = [folder(&files), folder(&[files[1], files[0]])];
    let [one, other] = [one, other].map(|folder| {
        let cache = tempfile::tempdir().unwrap();
        read(folder.path()).package(&no_npm(), cache.path()).unwrap()
    });
    assert_eq!(one, other);
    assert_eq!(names(&one.bytes), ["index.mjs", "lib/order.mjs"]);
    assert_eq!(one.key, format!("tenantry/{}", one.file_name));
    assert!(one.file_name.starts_with("orders-"));
}

#[test]
fn a_changed_file_gives_another_name() {
    let code = folder(&[HANDLER]);
    let before = read(code.path()).file_name();
    fs::write(code.path().join("index.mjs"), "export const handler = 2;").unwrap();
    assert_ne!(read(code.path()).file_name(), before);
}

#[test]
fn what_is_installed_or_hidden_is_not_of_the_code() {
    let code = folder(&[HANDLER]);
    let before = read(code.path());
    for path in ["node_modules/a/index.js", ".env", ".git/config"] {
        let file = code.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "x").unwrap();
    }
    let after = read(code.path());
    assert_eq!(after.file_name(), before.file_name());
    let cache = tempfile::tempdir().unwrap();
    assert_eq!(names(&after.package(&no_npm(), cache.path()).unwrap().bytes), ["index.mjs"]);
}

#[test]
fn a_lock_file_brings_its_packages_along_once() {
    let manifest = r#"{ "dependencies": { "a": "1" } }"#;
    let code = folder(&[HANDLER, ("package.json", manifest), ("package-lock.json", "{}")]);
    let tools = tempfile::tempdir().unwrap();
    let npm = tools.path().join("npm");
    let script = "echo run >> \"$(dirname \"$0\")/runs\"\nmkdir -p node_modules/a && echo 1 > node_modules/a/index.js";
    tenantry_testing::script(&npm, script).unwrap();
    let cache = tempfile::tempdir().unwrap();
    let package = || read(code.path()).package(&Npm::new(npm.clone(), None), cache.path()).unwrap();
    let first = package();
    assert_eq!(names(&first.bytes), ["index.mjs", "node_modules/a/index.js", "package.json"]);
    assert_eq!(package(), first);
    assert_eq!(fs::read_to_string(tools.path().join("runs")).unwrap(), "run\n");
}

#[test]
fn a_zip_is_taken_as_it_is() {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    writer.start_file("src/app.cjs", options).unwrap();
    writer.write_all(b"exports.run = 1;").unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("orders.zip");
    fs::write(&file, &bytes).unwrap();
    let code = ServiceCode::read("orders", &file, "src/app.run").unwrap();
    assert_eq!(code.package(&no_npm(), place.path()).unwrap().bytes, bytes);
    insta::assert_snapshot!(refused(&file, "index.handler"));
}

#[test]
fn code_that_could_not_run_is_refused_with_the_file_and_what_to_do() {
    let without_handler = folder(&[("main.mjs", "")]);
    let without_lock = folder(&[HANDLER, ("package.json", r#"{ "dependencies": { "a": "1" } }"#)]);
    let no_json = folder(&[HANDLER, ("package.json", "{")]);
    let with_link = folder(&[HANDLER]);
    std::os::unix::fs::symlink("index.mjs", with_link.path().join("link.mjs")).unwrap();
    let too_large = folder(&[HANDLER]);
    // It has no blocks on the disk, and is not read.
    let large = fs::File::create(too_large.path().join("model.bin")).unwrap();
    large.set_len(300 * 1024 * 1024).unwrap();
    let no_zip = folder(&[("orders.zip", "PK")]);
    let said = [
        ("no handler", refused(without_handler.path(), "index.handler")),
        ("no lock file", refused(without_lock.path(), "index.handler")),
        ("no JSON", refused(no_json.path(), "index.handler")),
        ("a link", refused(with_link.path(), "index.handler")),
        ("over 250 MB", refused(too_large.path(), "index.handler")),
        ("no zip", refused(&no_zip.path().join("orders.zip"), "index.handler")),
        ("not there", refused(&no_zip.path().join("services"), "index.handler")),
    ];
    let said = said.map(|(what, said)| format!("{what}\n{said}"));
    insta::assert_snapshot!(said.join("\n\n"));
}

//! The code of a user's service: a folder or a .zip, read, checked and named by what is in it.

use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::archive::{self, Files};
use crate::{Npm, Package, PackageError, Source, hash_of, hex};

/// What Lambda takes unpacked, layers included: 250 MB.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const LARGEST: u64 = 250 * 1024 * 1024;

const MANIFEST: &str = "package.json";
const LOCK: &str = "package-lock.json";
const MODULES: &str = "node_modules";

/// The endings that a Node.js module can have.
const ENDINGS: [&str; 3] = ["mjs", "js", "cjs"];

/// The code of one service.
#[derive(Clone, Debug)]
pub struct ServiceCode {
    name: String,
    hash: String,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    /// Files by their path (`/` between parts).
    Folder(BTreeMap<String, Vec<u8>>),
    /// A .zip, taken as it is.
    Archive(Vec<u8>),
}

impl ServiceCode {
    /// Reads the code of the service `name` in the folder or .zip `place`, whose `handler` is called.
    ///
    /// Of a folder, `node_modules` and what begins with a point stay out: what the code depends on is
    /// installed by its lock file.
    ///
    /// # Errors
    /// [`PackageError::Service`], which names the file.
    pub fn read(name: &str, place: &Path, handler: &str) -> Result<Self, PackageError> {
        let wrong = |path: &Path, reason: String, hint: String| PackageError::Service {
            name: name.to_owned(),
            path: path.display().to_string(),
            reason,
            hint,
        };
        let metadata = fs::metadata(place).map_err(|error| {
            let hint =
                format!("`code` of `[services.{name}]` names it, seen from the platform's folder");
            wrong(place, format!("cannot be read: {error}"), hint)
        })?;
        let code = if metadata.is_dir() {
            let mut files = BTreeMap::new();
            let mut size = 0;
            collect(place, "", &mut files, &mut size)
                .map_err(|(path, reason, hint)| wrong(&path, reason, hint))?;
            Self {
                name: name.to_owned(),
                hash: hash_of(&sources(&files)),
                content: Content::Folder(files),
            }
        } else {
            let bytes = fs::read(place).map_err(|error| {
                wrong(place, format!("cannot be read: {error}"), "check its permissions".to_owned())
            })?;
            let hash = hex(&Sha256::digest(&bytes));
            Self { name: name.to_owned(), hash, content: Content::Archive(bytes) }
        };
        code.check(place, handler).map_err(|(reason, hint)| wrong(place, reason, hint))?;
        Ok(code)
    }

    /// The service's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The archive's name on disk: `<name>-<16 hex digits of the hash of what is in it>.zip`.
    #[must_use]
    pub fn file_name(&self) -> String {
        let hash: String = self.hash.chars().take(16).collect();
        format!("{}-{hash}.zip", self.name)
    }

    /// The archive's key in the code bucket.
    #[must_use]
    pub fn key(&self) -> String {
        format!("tenantry/{}", self.file_name())
    }

    /// Builds the archive, or finds it in `cache` from an earlier time.
    ///
    /// # Errors
    /// [`PackageError`].
    pub fn package(&self, npm: &Npm, cache: &Path) -> Result<Package, PackageError> {
        let built = cache.join(self.file_name());
        let bytes = match fs::read(&built) {
            Ok(bytes) => bytes,
            Err(_) => {
                let bytes = self.build(npm, cache)?;
                archive::keep(&built, &bytes)?;
                bytes
            }
        };
        Ok(Package {
            key: self.key(),
            file_name: self.file_name(),
            sha256: hex(&Sha256::digest(&bytes)),
            bytes,
        })
    }

    fn build(&self, npm: &Npm, cache: &Path) -> Result<Vec<u8>, PackageError> {
        let folder = match &self.content {
            Content::Archive(bytes) => return Ok(bytes.clone()),
            Content::Folder(files) => files,
        };
        let mut files = Files::default();
        for (path, bytes) in folder.iter().filter(|(path, _)| path.as_str() != LOCK) {
            files.add(path.clone(), bytes.clone());
        }
        if folder.contains_key(LOCK) {
            let modules =
                npm.install(&format!("service-{}", self.name), &sources(folder), cache)?;
            files.add_folder(&modules, MODULES)?;
            let size = files.size();
            if size > LARGEST {
                return Err(PackageError::Service {
                    name: self.name.clone(),
                    path: MODULES.to_owned(),
                    reason: too_large(size),
                    hint: "leave out what the code does not need at run time".to_owned(),
                });
            }
        }
        files.into_zip()
    }

    /// What keeps the code from running, and what to do.
    fn check(&self, place: &Path, handler: &str) -> Result<(), (String, String)> {
        let names: Vec<String> = match &self.content {
            Content::Folder(files) => {
                check_lock(files)?;
                files.keys().cloned().collect()
            }
            Content::Archive(bytes) => names_in_zip(bytes)?,
        };
        let module = handler.rsplit_once('.').map_or(handler, |(module, _)| module);
        let wanted = ENDINGS.map(|ending| format!("{module}.{ending}"));
        if names.iter().any(|name| wanted.contains(name)) {
            return Ok(());
        }
        Err((
            format!("has none of {}, which the handler `{handler}` is in", wanted.join(", ")),
            format!("put the file into {}, or name another in `handler`", place.display()),
        ))
    }
}

type Wrong = (std::path::PathBuf, String, String);

fn collect(
    folder: &Path,
    prefix: &str,
    files: &mut BTreeMap<String, Vec<u8>>,
    size: &mut u64,
) -> Result<(), Wrong> {
    let unreadable = |path: &Path, error: std::io::Error| {
        (path.to_owned(), format!("cannot be read: {error}"), "check its permissions".to_owned())
    };
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
        let entry = entry.map_err(|error| unreadable(folder, error))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(|error| unreadable(&path, error))?;
        let Ok(name) = entry.file_name().into_string() else {
            let hint = "rename it: names in an archive are UTF-8".to_owned();
            return Err((path, "has a name that is no UTF-8".to_owned(), hint));
        };
        if name.starts_with('.') || name == MODULES {
            continue;
        }
        let inner = format!("{prefix}{name}");
        if kind.is_dir() {
            collect(&path, &format!("{inner}/"), files, size)?;
        } else if kind.is_file() {
            let length = entry.metadata().map_err(|error| unreadable(&path, error))?.len();
            *size += length;
            if *size > LARGEST {
                let hint = "keep in the folder what the code needs at run time alone".to_owned();
                return Err((folder.to_owned(), too_large(*size), hint));
            }
            files.insert(inner, fs::read(&path).map_err(|error| unreadable(&path, error))?);
        } else {
            let hint = "put the file itself there: a link means another file on another machine"
                .to_owned();
            return Err((path, "is a link or no file".to_owned(), hint));
        }
    }
    Ok(())
}

fn too_large(size: u64) -> String {
    let megabytes = size.div_ceil(1024 * 1024);
    format!("has {megabytes} MB or more unpacked, and Lambda takes 250")
}

fn sources(files: &BTreeMap<String, Vec<u8>>) -> Vec<Source<'_>> {
    files.iter().map(|(path, bytes)| Source { path, bytes }).collect()
}

/// Dependencies without a lock file are others on another day.
fn check_lock(files: &BTreeMap<String, Vec<u8>>) -> Result<(), (String, String)> {
    let Some(manifest) = files.get(MANIFEST) else { return Ok(()) };
    let manifest: serde_json::Value = serde_json::from_slice(manifest).map_err(|error| {
        (format!("has a {MANIFEST} that is no JSON: {error}"), "mend the file".to_owned())
    })?;
    let depends = manifest
        .get("dependencies")
        .and_then(serde_json::Value::as_object)
        .is_some_and(|dependencies| !dependencies.is_empty());
    if depends && !files.contains_key(LOCK) {
        return Err((
            format!("has dependencies in {MANIFEST} and no {LOCK}"),
            "write one with `npm install --package-lock-only`, and commit it".to_owned(),
        ));
    }
    Ok(())
}

fn names_in_zip(bytes: &[u8]) -> Result<Vec<String>, (String, String)> {
    let no_zip = |error: zip::result::ZipError| {
        (format!("is no .zip: {error}"), "name a folder, or a .zip that Lambda takes".to_owned())
    };
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(no_zip)?;
    let mut names = Vec::with_capacity(archive.len());
    let mut size = 0;
    for index in 0..archive.len() {
        let file = archive.by_index_raw(index).map_err(no_zip)?;
        size += file.size();
        names.push(file.name().map_err(no_zip)?.into_owned());
    }
    if size > LARGEST {
        return Err((
            too_large(size),
            "leave out what the code does not need at run time".to_owned(),
        ));
    }
    Ok(names)
}

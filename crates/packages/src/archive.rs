//! Zip archives whose bytes depend on nothing but names and contents.

use crate::PackageError;
use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Files by their path in the archive; the map keeps them sorted.
#[derive(Default)]
pub(crate) struct Files(BTreeMap<String, Vec<u8>>);

impl Files {
    pub(crate) fn add(&mut self, path: String, bytes: Vec<u8>) {
        self.0.insert(path, bytes);
    }

    /// Adds a folder's files under `prefix`. Links (npm's `.bin`) and npm's own notes stay out: the runtime reads
    /// neither, and the notes name the registry that the files came from.
    pub(crate) fn add_folder(&mut self, folder: &Path, prefix: &str) -> Result<(), PackageError> {
        let failed = |error: std::io::Error| PackageError::Archive {
            path: folder.display().to_string(),
            reason: error.to_string(),
        };
        for entry in fs::read_dir(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let kind = entry.file_type().map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name == ".package-lock.json" {
                continue;
            }
            let path = format!("{prefix}/{name}");
            if kind.is_dir() {
                self.add_folder(&entry.path(), &path)?;
            } else if kind.is_file() && is_needed_at_run_time(&name) {
                let bytes = fs::read(entry.path()).map_err(failed)?;
                self.add(path, bytes);
            }
        }
        Ok(())
    }

    /// All files' sizes together, in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.0.values().map(|bytes| bytes.len() as u64).sum()
    }

    pub(crate) fn into_zip(self) -> Result<Vec<u8>, PackageError> {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644);
        for (path, bytes) in &self.0 {
            let failed = |reason: String| PackageError::Archive { path: path.clone(), reason };
            writer.start_file(path.as_str(), options).map_err(|error| failed(error.to_string()))?;
            writer.write_all(bytes).map_err(|error| failed(error.to_string()))?;
        }
        let cursor = writer.finish().map_err(|error| PackageError::Archive {
            path: "the archive".to_owned(),
            reason: error.to_string(),
        })?;
        Ok(cursor.into_inner())
    }
}

/// Writes an archive whole or not at all.
pub(crate) fn keep(file: &Path, bytes: &[u8]) -> Result<(), PackageError> {
    let partial = file.with_extension("partial");
    let folder = file.parent().unwrap_or(Path::new("."));
    let written = fs::create_dir_all(folder)
        .and_then(|()| fs::write(&partial, bytes))
        .and_then(|()| fs::rename(&partial, file));
    written.map_err(|error| PackageError::Archive {
        path: file.display().to_string(),
        reason: error.to_string(),
    })
}

fn is_needed_at_run_time(name: &str) -> bool {
    ![".d.ts", ".d.mts", ".map", ".md"].iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zip_of(order: &[(&str, &str)]) -> Vec<u8> {
        let mut files = Files::default();
        for (path, text) in order {
            files.add((*path).to_owned(), text.as_bytes().to_vec());
        }
        files.into_zip().unwrap()
    }

    #[test]
    fn the_order_in_which_files_are_found_does_not_show_in_the_archive() {
        let one = zip_of(&[("index.mjs", "a"), ("lib/b.mjs", "b")]);
        let two = zip_of(&[("lib/b.mjs", "b"), ("index.mjs", "a")]);
        assert_eq!(one, two);
    }

    #[test]
    fn every_file_is_dated_1980_and_readable_by_all() {
        let bytes = zip_of(&[("index.mjs", "export {}")]);
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let file = archive.by_index(0).unwrap();
        let dated = file.last_modified().unwrap();
        assert_eq!((dated.year(), dated.month(), dated.day(), dated.hour()), (1980, 1, 1, 0));
        assert_eq!(file.unix_mode().map(|mode| mode & 0o777), Some(0o644));
    }

    #[test]
    fn npms_own_notes_type_declarations_and_links_stay_out() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str| fs::write(folder.path().join(name), "x").unwrap();
        write(".package-lock.json");
        write("index.d.ts");
        write("index.js");
        std::os::unix::fs::symlink("index.js", folder.path().join("link")).unwrap();
        let mut files = Files::default();
        files.add_folder(folder.path(), "node_modules").unwrap();
        assert_eq!(files.0.keys().collect::<Vec<_>>(), ["node_modules/index.js"]);
    }
}

//! What was decided of templates before, in the user's cache folder: a file each, named after the
//! hash of all that the verdict hangs on.
//!
//! Nothing here is needed: where the folder cannot be made or is somebody else's, or a file is damaged, templates
//! are decided anew. Files are written beside their names and moved there, so that two processes
//! at once read whole files.

use std::fs;
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::SystemTime;

use sha2::{Digest as _, Sha256};
use tenantry_isolation::{Memory, MemoryKey, VerifyOptions};
use tenantry_template::ReadOptions;

/// How many bytes the files may have together, and how many are left when there are more: the
/// oldest go.
const MOST: u64 = 512 << 20;
const LEFT: u64 = 384 << 20;

/// A folder of what was decided before.
pub(super) struct Cache {
    folder: PathBuf,
    /// The hash of the program and of what it was asked, as far as it is the same for all
    /// templates.
    base: Sha256,
    /// How many files this process has begun to write.
    begun: AtomicU64,
    written: AtomicBool,
}

impl Cache {
    /// The folder of this user, for this program and these options; `None` where there is none, or
    /// where others may write.
    pub(super) fn open(options: &ReadOptions, asked: &VerifyOptions) -> Option<Self> {
        let folder = tenantry_local::Search::from_environment().cache?.join("verify");
        Self::of(folder, &program().ok()?, options, asked)
    }

    fn of(
        folder: PathBuf,
        program: &[u8],
        options: &ReadOptions,
        asked: &VerifyOptions,
    ) -> Option<Self> {
        ours(&folder).ok()?.then_some(())?;
        let mut base = Sha256::new();
        add(&mut base, program);
        add(&mut base, format!("{options:?}").as_bytes());
        add(&mut base, format!("{asked:?}").as_bytes());
        Some(Self { folder, base, begun: AtomicU64::new(0), written: AtomicBool::new(false) })
    }

    /// Takes away the oldest files where there are too many.
    pub(super) fn tidy(&self) {
        if self.written.load(Ordering::Relaxed) {
            // What cannot be taken away now is found again the next time.
            let _ = keep_newest(&self.folder, MOST, LEFT);
        }
    }

    fn path(&self, key: &MemoryKey) -> PathBuf {
        self.folder.join(key.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    }

    fn write(&self, key: &MemoryKey, bytes: &[u8]) -> io::Result<()> {
        let number = self.begun.fetch_add(1, Ordering::Relaxed);
        let beside = self.folder.join(format!("{}.{number}.new", std::process::id()));
        let mut file =
            fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&beside)?;
        let done = file
            .write_all(&Sha256::digest(bytes))
            .and_then(|()| file.write_all(bytes))
            .and_then(|()| fs::rename(&beside, self.path(key)));
        if done.is_err() {
            let _ = fs::remove_file(&beside);
        }
        self.written.store(true, Ordering::Relaxed);
        done
    }
}

impl Memory for Cache {
    fn key(&self, templates: &[(String, Vec<u8>)]) -> MemoryKey {
        let mut hash = self.base.clone();
        for (name, text) in templates {
            add(&mut hash, name.as_bytes());
            add(&mut hash, text);
        }
        hash.finalize().into()
    }

    fn recall(&self, key: &MemoryKey) -> Option<Vec<u8>> {
        let mut file = fs::File::open(self.path(key)).ok()?;
        let mut hash = MemoryKey::default();
        file.read_exact(&mut hash).ok()?;
        let mut bytes = Vec::new();
        file.take(MOST).read_to_end(&mut bytes).ok()?;
        (MemoryKey::from(Sha256::digest(&bytes)) == hash).then_some(bytes)
    }

    fn keep(&self, key: &MemoryKey, bytes: &[u8]) {
        // What is not kept is decided anew.
        let _ = self.write(key, bytes);
    }
}

/// Adds bytes behind their number, so that no two lists of texts are hashed alike.
fn add(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_le_bytes());
    hash.update(bytes);
}

/// The hash of the program that runs: another build may decide otherwise.
fn program() -> io::Result<Vec<u8>> {
    let mut file = fs::File::open(std::env::current_exe()?)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hash.finalize().to_vec()),
            read => hash.update(buffer.get(..read).unwrap_or_default()),
        }
    }
}

/// Makes a folder that nobody else may open; whether it is this user's, and no link.
fn ours(folder: &Path) -> io::Result<bool> {
    if let Err(error) = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
        && error.kind() != io::ErrorKind::AlreadyExists
    {
        return Err(error);
    }
    let found = fs::symlink_metadata(folder)?;
    if !found.is_dir() || found.uid() != rustix::process::geteuid().as_raw() {
        return Ok(false);
    }
    let mut permissions = found.permissions();
    if permissions.mode() & 0o777 != 0o700 {
        permissions.set_mode(0o700);
        fs::set_permissions(folder, permissions)?;
    }
    Ok(true)
}

/// Takes away the oldest files until no more than `left` bytes are there, if there are more than `most`.
fn keep_newest(folder: &Path, most: u64, left: u64) -> io::Result<()> {
    let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        // Another process may have taken it away.
        if let Ok(found) = entry.metadata()
            && found.is_file()
        {
            files.push((found.modified()?, found.len(), entry.path()));
        }
    }
    let mut all: u64 = files.iter().map(|(_, length, _)| length).sum();
    if all <= most {
        return Ok(());
    }
    files.sort();
    for (_, length, path) in files {
        if all <= left {
            break;
        }
        let _ = fs::remove_file(path);
        all = all.saturating_sub(length);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn templates(text: &str) -> Vec<(String, Vec<u8>)> {
        vec![("a.json".to_owned(), text.as_bytes().to_vec())]
    }

    fn open(folder: &Path, program: &[u8]) -> Cache {
        let (options, asked) = (ReadOptions::default(), VerifyOptions::default());
        Cache::of(folder.join("verify"), program, &options, &asked).unwrap()
    }

    fn files(cache: &Cache) -> Vec<PathBuf> {
        fs::read_dir(&cache.folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    }

    #[test]
    fn what_is_kept_is_found_by_the_same_text_name_program_and_options_alone() {
        let home = tempfile::tempdir().unwrap();
        let cache = open(home.path(), b"program");
        let key = cache.key(&templates("{}"));
        assert!(cache.recall(&key).is_none());
        cache.keep(&key, b"kept");
        let again = open(home.path(), b"program");
        assert_eq!(again.recall(&again.key(&templates("{}"))).as_deref(), Some(&b"kept"[..]));
        let other_name = vec![("b.json".to_owned(), b"{}".to_vec())];
        let other_options =
            ReadOptions { region: Some("eu-west-1".to_owned()), ..ReadOptions::default() };
        let folder = home.path().join("verify");
        let asked = VerifyOptions::default();
        let keys = [
            again.key(&templates("{ }")),
            again.key(&other_name),
            open(home.path(), b"another").key(&templates("{}")),
            Cache::of(folder, b"program", &other_options, &asked).unwrap().key(&templates("{}")),
        ];
        for key in keys {
            assert!(again.recall(&key).is_none());
        }
    }

    #[test]
    fn a_damaged_file_is_nothing_and_is_written_anew() {
        let home = tempfile::tempdir().unwrap();
        let cache = open(home.path(), b"program");
        let key = cache.key(&templates("{}"));
        cache.keep(&key, b"kept");
        let whole = fs::read(cache.path(&key)).unwrap();
        let changed = |at: usize| {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            bytes
        };
        for damaged in
            [Vec::new(), whole[..20].to_vec(), whole[..34].to_vec(), changed(0), changed(33)]
        {
            fs::write(cache.path(&key), damaged).unwrap();
            assert!(cache.recall(&key).is_none());
        }
        cache.keep(&key, b"kept");
        assert_eq!(cache.recall(&key).as_deref(), Some(&b"kept"[..]));
        assert_eq!(files(&cache), [cache.path(&key)], "nothing half-written is left");
    }

    #[test]
    fn the_folder_is_closed_to_others_and_is_no_link() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("verify");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        open(home.path(), b"program");
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        let elsewhere = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(home.path(), elsewhere.path().join("verify")).unwrap();
        let (options, asked) = (ReadOptions::default(), VerifyOptions::default());
        assert!(Cache::of(elsewhere.path().join("verify"), b"", &options, &asked).is_none());
    }

    #[test]
    fn the_oldest_files_go_when_there_are_too_many_bytes() {
        let home = tempfile::tempdir().unwrap();
        for (age, name) in ["new", "old", "oldest"].into_iter().enumerate() {
            let file = fs::File::create(home.path().join(name)).unwrap();
            file.set_len(100).unwrap();
            let age = std::time::Duration::from_secs(age as u64 * 60);
            file.set_modified(SystemTime::now() - age).unwrap();
        }
        keep_newest(home.path(), 300, 100).unwrap();
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 3);
        keep_newest(home.path(), 299, 200).unwrap();
        assert!(!home.path().join("oldest").exists());
        assert!(home.path().join("old").exists() && home.path().join("new").exists());
    }
}

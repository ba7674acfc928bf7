//! The archives as they are uploaded. The authorizer's dependencies are downloaded by the real npm.
#![allow(clippy::unwrap_used)]

use std::io::Cursor;
use std::path::PathBuf;
use tenantry_packages::{Code, Npm, Package};

fn build(code: Code) -> Package {
    let cache = tempfile::tempdir().unwrap();
    code.package(&Npm::new(PathBuf::from("npm"), None), cache.path()).unwrap()
}

fn names(package: &Package) -> Vec<String> {
    let archive = zip::ZipArchive::new(Cursor::new(&package.bytes)).unwrap();
    archive.file_names().map(|name| name.unwrap().into_owned()).collect()
}

#[test]
fn an_archive_built_twice_from_nothing_has_the_same_bytes() {
    for code in Code::ALL {
        let (one, two) = (build(code), build(code));
        assert_eq!(one.sha256, two.sha256, "{code:?}");
        assert_eq!(one.bytes, two.bytes, "{code:?}");
    }
}

#[test]
fn only_the_authorizer_packs_a_dependency_and_nothing_packs_an_aws_sdk() {
    for code in Code::ALL {
        let names = names(&build(code));
        let packs = |part: &str| names.iter().any(|name| name.contains(part));
        assert_eq!(packs("node_modules/aws-jwt-verify/"), code == Code::Authorizer, "{code:?}");
        assert!(!packs("@aws-sdk"), "{code:?}");
        assert!(!packs("package-lock.json"), "{code:?}");
        assert!(names.contains(&"index.mjs".to_owned()), "{code:?}: {names:?}");
    }
}

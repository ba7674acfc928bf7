//! What is secret stays secret.

use std::fs;
use std::path::PathBuf;

use crate::project::{Project, files};

const SECRET: &str = "a-secret-that-is-nowhere-else-9f2c";

pub(crate) fn a_secret_of_the_configuration_is_in_clear_in_no_file_and_no_message() {
    let project = Project::new(1);
    project.run(&["config", "set", "--secret", "aws:secretKey", SECRET]).succeeded();
    project.run(&["config", "set", "aws:accessKey", "not-a-secret"]).succeeded();
    let mut told = project.run(&["preview", "--diff"]).succeeded();
    told += &project.run(&["up", "--yes", "--diff"]).succeeded();
    told += &project.run(&["stack", "--show-urns"]).succeeded();
    told += &project.run(&["stack", "export"]).succeeded();
    assert!(!told.contains(SECRET));

    // The search finds what is there to be found: the configuration and the state have the plain value.
    assert!(holding(&project, "not-a-secret").len() >= 2);
    assert_eq!(holding(&project, SECRET), Vec::<PathBuf>::new());
}

/// The files of the project, its backend and its engine that have this text in them.
fn holding(project: &Project, text: &str) -> Vec<PathBuf> {
    let mut found = files(&project.path(""));
    found.retain(|file| {
        let bytes = fs::read(file).unwrap_or_default();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    });
    found
}

//! The program as its user meets it: what it prints, where, and how it ends. Nothing here needs the emulator.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// Runs tenantry in a folder and writes down all that a user sees of it.
fn tenantry(folder: &Path, arguments: &[&str]) -> String {
    tenantry_with(folder, arguments, &[])
}

/// The same, with variables of its environment.
fn tenantry_with(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_tenantry"))
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let folder = folder.display().to_string();
    format!(
        "$ tenantry {}\n[exit status {}]\n--- stdout\n{}\n--- stderr\n{}",
        arguments.join(" "),
        output.status.code().unwrap(),
        text(&output.stdout).trim_end(),
        text(&output.stderr).trim_end(),
    )
    .replace(&folder, "[FOLDER]")
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn project() -> TempDir {
    let folder = folder();
    tenantry(folder.path(), &["init"]);
    folder
}

#[test]
fn help_of_every_command() {
    let folder = folder();
    let all = [
        vec!["--help"],
        vec!["init", "--help"],
        vec!["plan", "--help"],
        vec!["up", "--help"],
        vec!["status", "--help"],
        vec!["stop", "--help"],
        vec!["start", "--help"],
        vec!["down", "--help"],
        vec!["probe", "--help"],
        vec!["token", "--help"],
        vec!["verify", "--help"],
        vec!["tenant", "--help"],
        vec!["tenant", "list", "--help"],
        vec!["tenant", "show", "--help"],
        vec!["tenant", "add", "--help"],
        vec!["tenant", "rename", "--help"],
        vec!["tenant", "tier", "--help"],
        vec!["tenant", "suspend", "--help"],
        vec!["tenant", "resume", "--help"],
        vec!["tenant", "export", "--help"],
        vec!["tenant", "import", "--help"],
        vec!["tenant", "remove", "--help"],
        vec!["ledger", "--help"],
        vec!["ledger", "verify", "--help"],
        vec!["ledger", "list", "--help"],
        vec!["lock", "--help"],
        vec!["lock", "recover", "--help"],
        vec!["synth", "--help"],
        vec!["synth", "cloudformation", "--help"],
        vec!["synth", "pulumi", "--help"],
        vec!["synth", "terraform", "--help"],
        vec!["completions", "--help"],
        vec!["man", "--help"],
    ];
    let help: Vec<String> =
        all.iter().map(|arguments| tenantry(folder.path(), arguments)).collect();
    insta::assert_snapshot!(help.join("\n\n"));
}

#[test]
fn a_command_that_does_not_exist_is_refused_with_a_suggestion() {
    insta::assert_snapshot!(tenantry(folder().path(), &["tenat"]));
}

#[test]
fn no_command_at_all_prints_the_help_and_is_no_success() {
    let output = tenantry(folder().path(), &[]);
    assert!(output.contains("[exit status 2]"), "{output}");
    assert!(output.contains("Usage: tenantry"), "{output}");
}

#[test]
fn init_writes_a_platform_and_its_lock_once() {
    let folder = folder();
    insta::assert_snapshot!("init", tenantry(folder.path(), &["init"]));
    let written = fs::read(folder.path().join("platform.toml")).unwrap();
    insta::assert_snapshot!("init_again", tenantry(folder.path(), &["init"]));
    assert_eq!(fs::read(folder.path().join("platform.toml")).unwrap(), written);
    insta::assert_snapshot!(
        "lock",
        fs::read_to_string(folder.path().join("platform.lock")).unwrap()
    );
}

#[test]
fn the_repositorys_own_platform_is_the_one_that_init_writes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = project();
    for file in ["platform.toml", "platform.lock", "Pulumi.yaml"] {
        let written = fs::read_to_string(folder.path().join(file)).unwrap();
        assert_eq!(written, fs::read_to_string(root.join(file)).unwrap(), "{file}");
    }
}

#[test]
fn tenants_are_listed_and_shown() {
    let folder = project();
    insta::assert_snapshot!("list", tenantry(folder.path(), &["tenant", "list"]));
    insta::assert_snapshot!(
        "list_json",
        tenantry(folder.path(), &["tenant", "list", "--format", "json"])
    );
    insta::assert_snapshot!("show", tenantry(folder.path(), &["tenant", "show", "tenant-002"]));
    insta::assert_snapshot!(
        "show_unknown",
        tenantry(folder.path(), &["tenant", "show", "tenant-9"])
    );
}

#[test]
fn a_platform_is_found_from_a_folder_below_it() {
    let folder = project();
    let below = folder.path().join("a/b");
    fs::create_dir_all(&below).unwrap();
    let output = tenantry(&below, &["tenant", "list"]);
    assert!(output.contains("tenant-005"), "{output}");
}

#[test]
fn without_a_platform_every_command_says_how_to_get_one() {
    insta::assert_snapshot!("no_platform", tenantry(folder().path(), &["status"]));
    insta::assert_snapshot!(
        "no_such_folder",
        tenantry(folder().path(), &["-C", "nowhere", "tenant", "list"])
    );
}

#[test]
fn faults_of_the_platform_are_reported_together_and_nothing_is_written() {
    let folder = folder();
    let text = "[platform]\nname = \"acme\"\nenvironment_sufix = \"prod\"\n\n\
                [[tenants]]\nid = \"tenant-1\"\n\n[[tenants]]\nid = \"tenant-1\"\n";
    fs::write(folder.path().join("platform.toml"), text).unwrap();
    insta::assert_snapshot!(tenantry(folder.path(), &["synth", "cloudformation", "--out", "out"]));
    assert!(!folder.path().join("out").exists());
    assert!(!folder.path().join("platform.lock").exists());
}

#[test]
fn status_and_down_say_that_nothing_runs() {
    let folder = project();
    insta::assert_snapshot!("status", tenantry(folder.path(), &["status"]));
    insta::assert_snapshot!(
        "status_json",
        tenantry(folder.path(), &["status", "--format", "json"])
    );
    insta::assert_snapshot!("token", tenantry(folder.path(), &["token", "tenant-001"]));
    insta::assert_snapshot!("probe", tenantry(folder.path(), &["probe"]));
    let stop = tenantry(folder.path(), &["stop"]);
    assert!(stop.contains("[exit status 0]") && stop.contains("Nothing was running."), "{stop}");
    insta::assert_snapshot!("start", tenantry(folder.path(), &["start"]));
    let down = tenantry(folder.path(), &["down"]);
    assert!(down.contains("[exit status 0]") && down.contains("Nothing was running."), "{down}");
}

#[test]
fn one_cell_goes_to_standard_output_as_a_template() {
    let folder = project();
    let output = Command::new(env!("CARGO_BIN_EXE_tenantry"))
        .args(["synth", "cloudformation"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let template: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(template["Outputs"]["Tenant005SubnetB"].is_object());
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty());
}

#[test]
fn several_cells_need_a_folder() {
    let folder = folder();
    let text = tenantry_testing::platform_toml("", tenantry_testing::ids(1..=21));
    fs::write(folder.path().join("platform.toml"), text).unwrap();
    insta::assert_snapshot!("several_cells", tenantry(folder.path(), &["synth", "cloudformation"]));
    let output = tenantry(folder.path(), &["synth", "cloudformation", "--out", "out"]);
    assert!(output.contains("[exit status 0]"), "{output}");
    let mut files: Vec<String> = fs::read_dir(folder.path().join("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    files.sort();
    assert_eq!(files, ["acme-cell-1-prod.template.json", "acme-cell-2-prod.template.json"]);
}

#[test]
fn templates_are_the_same_bytes_each_time() {
    let folder = project();
    let synth = |out: &str| {
        tenantry(folder.path(), &["synth", "cloudformation", "--out", out]);
        fs::read(folder.path().join(out).join("acme-cell-1-prod.template.json")).unwrap()
    };
    assert_eq!(synth("one"), synth("two"));
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_and_the_lock_stays_away() {
    let folder = folder();
    let text = tenantry_config::default_platform_toml();
    fs::write(folder.path().join("platform.toml"), text).unwrap();
    fs::write(folder.path().join("out"), "a file").unwrap();
    insta::assert_snapshot!(tenantry(folder.path(), &["synth", "cloudformation", "--out", "out"]));
    assert!(!folder.path().join("platform.lock").exists());
}

#[test]
fn completions_and_the_manual_name_every_command() {
    let folder = folder();
    for arguments in [["completions", "bash"].as_slice(), &["completions", "zsh"], &["man"]] {
        let output = tenantry(folder.path(), arguments);
        for command in [
            "init", "plan", "up", "status", "down", "probe", "token", "verify", "tenant", "lock",
            "synth",
        ] {
            assert!(output.contains(command), "{arguments:?} has no {command}");
        }
        assert!(output.contains("[exit status 0]"));
    }
}

#[test]
fn the_platform_that_init_writes_is_proven() {
    let folder = project();
    // How many questions a claim is asked is for the verifier's own tests.
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"\b[1-9]\d* asked", "[n] asked");
    settings.bind(|| {
        insta::assert_snapshot!("proven", tenantry(folder.path(), &["verify"]));
    });
}

#[test]
fn a_breached_template_ends_with_findings_and_its_counterexample() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let template = "crates/isolation/corpus/identity-prefix-wildcard.yaml";
    insta::assert_snapshot!("breached", tenantry(&root, &["verify", template]));
    insta::assert_snapshot!("explain", tenantry(&root, &["verify", "--explain", "network/packet"]));
    insta::assert_snapshot!("explain_unknown", tenantry(&root, &["verify", "--explain", "x"]));
}

#[test]
fn what_lets_nothing_through_is_told_and_counts_where_that_is_asked_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let verify = |template: &str, more: &[&str]| {
        let template = format!("crates/isolation/corpus/{template}");
        tenantry(&root, &[&["verify", template.as_str()], more].concat())
    };
    insta::assert_snapshot!("weak", verify("log-without-a-key-weak.yaml", &[]));
    let strict = verify("log-without-a-key-weak.yaml", &["--strict"]);
    assert!(strict.contains("[exit status 1]"), "{strict}");
    let convention = verify("hygiene-retained.yaml", &[]);
    assert!(convention.contains("advice: `hygiene/retained`"), "{convention}");
    let required = verify("hygiene-retained.yaml", &["--require", "retained", "-v"]);
    assert!(required.contains("breached hygiene/retained"), "{required}");
}

#[test]
fn a_template_without_tenants_is_undecided_and_says_what_it_holds() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let template = "crates/isolation/corpus/shapes/no-tenant-undecided.yaml";
    insta::assert_snapshot!("no_tenant", tenantry(&root, &["verify", template]));
}

#[test]
fn a_template_that_cannot_be_read_is_never_proven() {
    let folder = folder();
    fs::write(folder.path().join("half.json"), "{\"Resources\": {").unwrap();
    insta::assert_snapshot!("half", tenantry(folder.path(), &["verify", "half.json"]));
    insta::assert_snapshot!("missing", tenantry(folder.path(), &["verify", "nothing.json"]));
}

#[test]
fn the_formats_of_others_go_to_a_file_while_people_read_on() {
    let folder = project();
    for (format, beginning) in [
        ("sarif", "{\n  \"$schema\""),
        ("junit", "<?xml version=\"1.0\""),
        ("github", "::notice title=tenantry::proven"),
        ("gitlab", "[]"),
        ("markdown", "## ✅ Isolation of tenants: proven"),
        ("json", "{"),
        ("human", "least privilege"),
    ] {
        let said = tenantry(folder.path(), &["verify", "--format", format, "--output", "verdict"]);
        assert!(said.contains("status 0") && said.contains("proven: 5 tenants"), "{said}");
        let kept = fs::read_to_string(folder.path().join("verdict")).unwrap();
        assert!(kept.starts_with(beginning), "{format}: {kept}");
    }
    let nowhere = ["verify", "--format", "json", "--output", "no/such/folder"];
    insta::assert_snapshot!("output_nowhere", tenantry(folder.path(), &nowhere));
}

#[test]
fn a_template_is_read_from_standard_input() {
    let folder = project();
    let template = tenantry(folder.path(), &["synth", "cloudformation", "--out", "out"]);
    assert!(template.contains("status 0"), "{template}");
    let file = fs::read_dir(folder.path().join("out")).unwrap().next().unwrap().unwrap().path();
    let done = Command::new(env!("CARGO_BIN_EXE_tenantry"))
        .args(["verify", "--format", "json", "-"])
        .current_dir(folder.path())
        .stdin(fs::File::open(file).unwrap())
        .output()
        .unwrap();
    assert_eq!(done.status.code(), Some(0));
    let verdict: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(verdict["outcome"], "proven");
}

#[test]
fn what_fails_is_json_too_where_that_is_asked_for() {
    let folder = project();
    let missing = ["verify", "--format", "json", "nothing.json"];
    insta::assert_snapshot!("error_as_json", tenantry(folder.path(), &missing));
    let platform = folder.path().join("platform.toml");
    let text = fs::read_to_string(&platform).unwrap();
    fs::write(&platform, text.replace("us-east-1", "us-esat-1")).unwrap();
    let plan = ["tenant", "list", "--format", "json"];
    insta::assert_snapshot!("faults_as_json", tenantry(folder.path(), &plan));
}

#[test]
fn sarif_is_of_verify_alone() {
    let folder = project();
    let sarif = tenantry(folder.path(), &["verify", "--format", "sarif"]);
    assert!(sarif.contains("\"version\": \"2.1.0\""), "{sarif}");
    insta::assert_snapshot!("sarif", tenantry(folder.path(), &["status", "--format", "sarif"]));
}

#[test]
fn what_is_not_known_is_given_or_assumed() {
    let folder = folder();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../isolation/corpus");
    let template = fs::read_to_string(root.join("identity-account-written-out-undecided.yaml"));
    fs::write(folder.path().join("t.yaml"), template.unwrap()).unwrap();
    let verify = |more: &[&str]| tenantry(folder.path(), &[&["verify", "t.yaml"], more].concat());
    insta::assert_snapshot!("account_unknown", verify(&[]));
    insta::assert_snapshot!("account_given", verify(&["--account", "111122223333"]));
    insta::assert_snapshot!("account_wrong", verify(&["--account", "1111-2222-3333"]));
    let assume = "[[assume]]\nid = \"one-account\"\ntext = \"The account written out is another's.\"\n\
                  unknown = \"`${AWS::AccountId}`\"\n";
    fs::write(folder.path().join("e.toml"), assume).unwrap();
    insta::assert_snapshot!("account_assumed", verify(&["--exceptions", "e.toml"]));
}

#[test]
fn whose_things_are_is_said_by_name_and_what_says_nothing_is_refused() {
    let folder = folder();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../isolation/corpus");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    std::fs::copy(root.join("owners/by-logical-id.yaml"), folder.path().join("t.yaml")).unwrap();
    write("owners.toml", "[owners]\n\"Acme*\" = \"acme\"\n\"Beta*\" = \"beta\"\n");
    write("number.toml", "[owners]\n\"Acme*\" = \"acme\"\n\"Beta*\" = 3\n");
    write("other.toml", "[tenants]\nacme = 1\n");
    write("broken.toml", "[owners\n");
    std::fs::create_dir_all(folder.path().join("empty")).unwrap();
    std::fs::create_dir_all(folder.path().join("policies")).unwrap();
    write("policies/no-statement.json", "{\"Version\": \"2012-10-17\"}\n");
    let verify = |more: &[&str]| tenantry(folder.path(), &[&["verify", "t.yaml"], more].concat());
    let told = [
        verify(&["--owners", "owners.toml"]),
        verify(&["--owners", "number.toml"]),
        verify(&["--owners", "other.toml"]),
        verify(&["--owners", "broken.toml"]),
        verify(&["--owners", "missing.toml"]),
        verify(&["--owner", "Acme*"]),
        verify(&["--tenant", "acme:Id=1", "--tenant", "beta"]),
        verify(&["--tenant", "Id=1"]),
        verify(&["--organization-policies", "empty"]),
        verify(&["--organization-policies", "missing"]),
        verify(&["--organization-policies", "policies"]),
    ];
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn what_is_suggested_is_accepted_once_a_reason_is_given() {
    let folder = folder();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../isolation/corpus");
    let template = folder.path().join("t.yaml");
    fs::copy(root.join("identity-prefix-wildcard.yaml"), template).unwrap();
    let suggested = tenantry(folder.path(), &["verify", "t.yaml", "--suggest"]);
    let (_, tables) = suggested.split_once("--- stdout\n").unwrap();
    let (tables, _) = tables.split_once("\n--- stderr").unwrap();
    let verify = |text: &str| {
        fs::write(folder.path().join("e.toml"), text).unwrap();
        tenantry(folder.path(), &["verify", "t.yaml", "--exceptions", "e.toml"])
    };
    let empty = verify(tables);
    assert!(empty.contains("[exit status 2]") && empty.contains("says nothing"), "{empty}");
    let justified = tables.replace("reason = \"\"", "reason = \"being moved\"");
    let accepted = verify(&justified);
    assert!(accepted.contains("[exit status 0]") && accepted.contains("accepted"), "{accepted}");
    let (before, _) = justified.split_once("until = ").unwrap();
    let past = verify(&format!("{before}until = 2020-01-31"));
    assert!(past.contains("[exit status 1]") && past.contains("ran out on 2020-01-31"), "{past}");
}

#[test]
fn exceptions_that_match_nothing_are_told_before_a_deployment() {
    let folder = project();
    let file = folder.path().join("platform.toml");
    let mut text = fs::read_to_string(&file).unwrap();
    for (action, until) in [("dynamodb:GetItem", "2020-01-31"), ("dynamodb:PutItem", "9999-12-31")]
    {
        text += &format!(
            "\n[[accept]]\nclaim = \"identity/other-tenants-asset\"\nprincipal = \"Gone\"\n\
             action = \"{action}\"\nresource = \"{action}s\"\nreason = \"being moved\"\nuntil = {until}\n"
        );
    }
    fs::write(&file, text).unwrap();
    // Without a Python there is no emulator, and the deployment ends where it begins.
    let nothing = [("PATH", ""), ("TENANTRY_PYTHON", ""), ("TENANTRY_NODE", "")];
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r" +\d+\.\d s ", " [n] s ");
    settings.bind(|| {
        insta::assert_snapshot!("stale", tenantry_with(folder.path(), &["up"], &nothing));
    });
}

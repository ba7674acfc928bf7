//! A project in a folder of its own, with a backend, a journal and the real engine.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use pulumi_resource_aws::{Entry, Operation, read_journal};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use tenantry_packages::Code;
use tenantry_pulumi::LANGUAGE_HOST;
use tenantry_pulumi::deploy::Pulumi;
use tenantry_testing::{ids, platform, platform_toml};

/// An archive with nothing in it.
const EMPTY_ZIP: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// How long anything may take that a test waits for.
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) struct Project {
    folder: TempDir,
    engine: PathBuf,
    environment: BTreeMap<String, OsString>,
}

/// What a command of the engine's came to.
pub(crate) struct Done {
    pub(crate) success: bool,
    pub(crate) text: String,
}

impl Project {
    /// A project of a platform with these tenants, and its stack `prod`.
    pub(crate) fn new(tenants: usize) -> Self {
        let project = Self::unborn();
        project.write_platform(tenants, "");
        project.write(
            "Pulumi.yaml",
            &format!("name: acme\nruntime: tenantry\n{}", project.plugins("tenantry")),
        );
        project.born()
    }

    /// A project whose `Pulumi.yaml` is this text.
    pub(crate) fn of_yaml(program: &str) -> Self {
        let project = Self::unborn();
        project.write("Pulumi.yaml", &format!("{program}{}", project.plugins("yaml")));
        project.born()
    }

    fn unborn() -> Self {
        let engine = engine().expect("no Pulumi engine: build it with engine/build");
        let folder = TempDir::new().unwrap();
        let project = Self { folder, engine, environment: BTreeMap::new() };
        for folder in ["project/.tenantry/packages", "state", "home"] {
            fs::create_dir_all(project.path(folder)).unwrap();
        }
        for code in Code::ALL {
            let file = format!("project/.tenantry/packages/{}", code.file_name());
            fs::write(project.path(&file), EMPTY_ZIP).unwrap();
        }
        project
    }

    fn born(self) -> Self {
        self.run(&["stack", "init", "prod"]).succeeded();
        self
    }

    /// A project of a platform with a tenant a cell, as the driver finds it: without a stack.
    pub(crate) fn of_cells(cells: usize) -> Self {
        let project = Self::unborn();
        project.write_platform(cells, "[cells]\nsize = 1");
        let provider = examples();
        let plugins =
            format!("plugins:\n  providers:\n  - name: aws\n    path: {}\n", provider.display());
        project.write("Pulumi.yaml", &format!("name: acme\nruntime: tenantry\n{plugins}"));
        project
    }

    /// `Pulumi.yaml`'s word on where the plugins are.
    fn plugins(&self, language: &str) -> String {
        let ours = examples();
        let host = if language == "yaml" { &self.engine } else { &ours };
        format!(
            "plugins:\n  providers:\n  - name: aws\n    path: {}\n  languages:\n  - name: {language}\n    path: {}\n",
            ours.display(),
            host.display()
        )
    }

    pub(crate) fn write_platform(&self, tenants: usize, more: &str) {
        self.write("platform.toml", &platform_toml(more, ids(1..=tenants)));
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        fs::write(self.path("project").join(file), text).unwrap();
    }

    /// Something of the test's own.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    pub(crate) fn set(&mut self, variable: &str, value: impl Into<OsString>) {
        self.environment.insert(variable.to_owned(), value.into());
    }

    pub(crate) fn unset(&mut self, variable: &str) {
        self.environment.remove(variable);
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Done {
        let output = self.command(arguments).output().unwrap();
        Done { success: output.status.success(), text: text(&output) }
    }

    pub(crate) fn up(&self) -> Done {
        self.run(&["up", "--yes", "--skip-preview"])
    }

    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.engine.join("pulumi"));
        command
            .args(arguments)
            .args(["--non-interactive", "--color", "never"])
            .current_dir(self.path("project"))
            .stdin(Stdio::null())
            .envs(self.environment());
        command
    }

    fn environment(&self) -> BTreeMap<String, OsString> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.engine.clone()).chain(std::env::split_paths(&path));
        let state = format!("file://{}", self.path("state").display());
        let mut environment = BTreeMap::from([
            ("PATH".to_owned(), std::env::join_paths(folders).unwrap()),
            ("PULUMI_HOME".to_owned(), self.path("home").into()),
            ("PULUMI_BACKEND_URL".to_owned(), state.into()),
            ("PULUMI_CONFIG_PASSPHRASE".to_owned(), "correct horse battery staple".into()),
            ("PULUMI_SKIP_UPDATE_CHECK".to_owned(), "1".into()),
            ("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION".to_owned(), "1".into()),
            ("TENANTRY_PROVIDER_JOURNAL".to_owned(), self.path("journal").into()),
        ]);
        environment.extend(self.environment.clone());
        environment
    }

    /// The engine as the driver finds it, in this project's environment, with the language host beside it alone.
    pub(crate) fn pulumi(&self) -> Pulumi {
        let host = examples().join(LANGUAGE_HOST);
        let mut pulumi = Pulumi::find(Some(&self.engine), &host).unwrap();
        for (name, value) in self.environment() {
            if name != "PATH" {
                pulumi = pulumi.with_variable(name, value);
            }
        }
        pulumi
    }

    pub(crate) fn journal(&self) -> Vec<Entry> {
        // The last line may be half written by a provider that is at work.
        read_journal(&self.path("journal")).unwrap_or_default()
    }

    /// The journal's entries of one kind.
    pub(crate) fn journalled(&self, operation: Operation) -> Vec<Entry> {
        self.journal().into_iter().filter(|entry| entry.operation == operation).collect()
    }

    /// The resources in the stack's state.
    pub(crate) fn state(&self) -> Vec<Value> {
        self.state_of("prod")
    }

    pub(crate) fn state_of(&self, stack: &str) -> Vec<Value> {
        self.export(stack)["resources"].as_array().cloned().unwrap_or_default()
    }

    /// Whether the state's file, as an engine at work has last written it, has all that the provider has made.
    pub(crate) fn saved_all_made(&self) -> bool {
        let saved = fs::read(self.path("state/.pulumi/stacks/acme/prod.json")).unwrap_or_default();
        let saved: Value = serde_json::from_slice(&saved).unwrap_or_default();
        let known = saved["checkpoint"]["latest"]["resources"].as_array();
        let known: Vec<&Value> = known.into_iter().flatten().collect();
        let is_known = |made: &Entry| known.iter().any(|resource| resource["urn"] == *made.urn);
        self.journalled(Operation::Create).iter().all(is_known)
    }

    /// What the state has as begun.
    pub(crate) fn pending(&self) -> Vec<Value> {
        let pending = self.export("prod")["pending_operations"].as_array().cloned();
        pending.into_iter().flatten().map(|operation| operation["resource"].clone()).collect()
    }

    /// What the state has as begun and the provider as made: the resource as the state has it, and its id.
    pub(crate) fn begun_and_made(&self) -> Vec<(Value, String)> {
        let made = self.journalled(Operation::Create);
        let pending = self.pending().into_iter().filter_map(|resource| {
            let made = made.iter().find(|entry| resource["urn"] == *entry.urn)?;
            Some((resource, made.id.clone()))
        });
        pending.collect()
    }

    /// What the provider has made and the state does not have: the resource as the state would have it, and its id.
    /// Of the parents' types there is only one each.
    pub(crate) fn unknown(&self) -> Vec<(Value, String)> {
        let state = self.state();
        let of_type = |type_: &str| {
            let [one] =
                state.iter().filter(|resource| resource["type"] == type_).collect::<Vec<_>>()[..]
            else {
                panic!("there are several of type {type_}");
            };
            one["urn"].as_str().unwrap().to_owned()
        };
        let provider = format!("{}::id", of_type("pulumi:providers:aws"));
        let mut made = self.journalled(Operation::Create);
        made.retain(|entry| !state.iter().any(|resource| resource["urn"] == *entry.urn));
        let resources = made.into_iter().map(|entry| {
            let parent = entry.urn.split("::").nth(2).unwrap().split('$').next().unwrap();
            let resource = json!({
                "urn": entry.urn,
                "type": entry.token(),
                "parent": of_type(parent),
                "provider": provider,
            });
            (resource, entry.id)
        });
        resources.collect()
    }

    /// Takes resources into the stack, as a user does who has looked up their ids.
    pub(crate) fn import(&self, resources: &[(Value, String)]) -> Done {
        let mut names = BTreeMap::new();
        let mut named = |urn: &str| {
            let name = urn.rsplit("::").next().unwrap().to_owned();
            names.insert(name.clone(), urn.to_owned());
            name
        };
        let listed: Vec<Value> = resources
            .iter()
            .map(|(resource, id)| {
                let text = |field: &str| resource[field].as_str().unwrap();
                let (provider, _) = text("provider").rsplit_once("::").unwrap();
                json!({
                    "type": text("type"),
                    "name": text("urn").rsplit("::").next(),
                    "id": id,
                    "parent": named(text("parent")),
                    "provider": named(provider),
                })
            })
            .collect();
        self.write("import.json", &json!({"nameTable": names, "resources": listed}).to_string());
        self.run(&[
            "import",
            "--file=import.json",
            "--yes",
            "--skip-preview",
            "--generate-code=false",
            "--protect=false",
        ])
    }

    fn export(&self, stack: &str) -> Value {
        let exported = self.command(&["stack", "export", "--stack", stack]).output().unwrap();
        let state: Value = serde_json::from_slice(&exported.stdout).unwrap();
        state["deployment"].clone()
    }

    /// Deletes the notes beside a state that a killed engine left empty.
    pub(crate) fn remove_empty_notes(&self) {
        let is_note = |file: &PathBuf| file.extension().is_some_and(|ending| ending == "attrs");
        for note in files(&self.path("state")).into_iter().filter(is_note) {
            if fs::read(&note).unwrap().is_empty() {
                fs::remove_file(note).unwrap();
            }
        }
    }

    pub(crate) fn outputs(&self) -> Value {
        let output = self.command(&["stack", "output", "--json"]).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    }

    pub(crate) fn locks(&self) -> Vec<PathBuf> {
        files(&self.path("state"))
            .into_iter()
            .filter(|file| file.iter().any(|part| part == "locks"))
            .collect()
    }

    /// What the provider has made and not deleted is what the state says, and nothing was made twice.
    pub(crate) fn is_sound(&self) {
        let alive = self.made_once();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let known: BTreeSet<_> = self
            .state()
            .iter()
            .filter(|resource| text(&resource["type"]).starts_with("aws:"))
            .map(|resource| (text(&resource["type"]), text(&resource["id"])))
            .collect();
        assert_eq!(alive, known);
    }

    /// What the provider has made and not deleted, by type and id; nothing was made twice.
    pub(crate) fn made_once(&self) -> BTreeSet<(String, String)> {
        let mut alive = BTreeSet::new();
        for entry in self.journal() {
            let resource = (entry.token().to_owned(), entry.id.clone());
            match entry.operation {
                Operation::Create => {
                    assert!(alive.insert(resource), "{} was made twice", entry.urn);
                }
                Operation::Delete => {
                    alive.remove(&resource);
                }
                Operation::Read | Operation::Update => {}
            }
        }
        alive
    }

    /// Waits until the provider has made this many resources.
    pub(crate) fn wait_for_creates(&self, count: usize) {
        wait_for("creates", || self.journalled(Operation::Create).len() >= count);
    }

    /// Waits until no process of this project's engine is left.
    pub(crate) fn wait_until_alone(&self) {
        wait_for("the end of all plugins", || self.processes("").is_empty());
    }

    /// The processes that the engine has started for this project and whose program's name contains `name`.
    pub(crate) fn processes(&self, name: &str) -> Vec<Pid> {
        let journal = self.path("journal");
        let journal = journal.as_os_str().as_encoded_bytes();
        let processes = fs::read_dir("/proc").unwrap().flatten();
        processes
            .filter(|process| {
                let read = |file: &str| fs::read(process.path().join(file)).unwrap_or_default();
                let command = String::from_utf8_lossy(&read("comm")).into_owned();
                let environment = read("environ");
                command.contains(name)
                    && environment.windows(journal.len()).any(|window| window == journal)
            })
            .filter_map(|process| {
                process.file_name().to_str()?.parse().ok().and_then(Pid::from_raw)
            })
            .collect()
    }
}

impl Done {
    #[track_caller]
    pub(crate) fn succeeded(self) -> String {
        assert!(self.success, "{}", self.text);
        self.text
    }

    #[track_caller]
    pub(crate) fn failed(self) -> String {
        assert!(!self.success, "{}", self.text);
        self.text
    }
}

/// How many resources a platform of this many tenants has.
pub(crate) fn resources(tenants: usize) -> usize {
    let platform = platform(tenants, "prod");
    tenantry_pulumi::plan(&platform, &platform.cells[0]).resource_count()
}

pub(crate) fn signal(process: &Child, signal: Signal) {
    kill_process(Pid::from_child(process), signal).unwrap();
}

pub(crate) fn wait(child: Child) -> Done {
    let output = child.wait_with_output().unwrap();
    Done { success: output.status.success(), text: text(&output) }
}

pub(crate) fn wait_for(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// All files below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

fn text(output: &Output) -> String {
    let streams = [&output.stdout, &output.stderr];
    streams.map(|stream| String::from_utf8_lossy(stream).into_owned()).concat()
}

/// The folder of the built engine, with `pulumi` and `pulumi-language-yaml`, if there is one.
pub(crate) fn engine() -> Option<PathBuf> {
    let folder = std::env::var_os("TENANTRY_PULUMI").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/engine"),
        PathBuf::from,
    );
    folder.join("pulumi").is_file().then(|| folder.canonicalize().unwrap())
}

/// The folder of this crate's examples: the language host and the provider.
fn examples() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(2).unwrap().join("examples")
}

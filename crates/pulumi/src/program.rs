//! The program that the engine runs: the folder's platform, the stack's cell.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use miette::{GraphicalReportHandler, GraphicalTheme};
use tempfile::NamedTempFile;
use tenantry_blueprint::Emptying;
use tenantry_config::{Cell, Faults, Loaded, Platform, Source};
use tenantry_packages::{Npm, ServiceCode};
use tenantry_pulumi_host::{Context, Failure, Program, Properties, ProviderPackage, Severity};
use tenantry_resources::Package;

use crate::plan::Plan;
use crate::{aws, native};

/// Where the archives of the function code are kept, seen from the project's folder.
pub const PACKAGES: &str = ".tenantry/packages";

const PLATFORM: &str = "platform.toml";
const LOCK: &str = "platform.lock";

/// The platform in the project's folder, as the engine's program.
#[derive(Debug)]
pub(crate) struct PlatformProgram;

impl Program for PlatformProgram {
    fn version(&self) -> &str {
        env!("CARGO_PKG_VERSION")
    }

    fn providers(&self) -> Vec<ProviderPackage> {
        vec![ProviderPackage { name: "aws".to_owned(), version: aws::VERSION.to_owned() }]
    }

    async fn run(&self, context: Context) -> Result<Properties, Failure> {
        let root = context.root().to_owned();
        let mut loaded = load(&root)?;
        let services = read_code(&root, &mut loaded.platform)?;
        let cell = cell(&loaded.platform, &context)?;
        if !loaded.lock_changes.is_empty() && !context.is_dry_run() {
            // Before anything is made: a place in the lock is for life.
            let lock = root.join(LOCK);
            fs::write(&lock, loaded.lock.to_string())
                .map_err(|error| cannot("write", &lock, &error))?;
            for change in &loaded.lock_changes {
                context.log(Severity::Info, format!("{LOCK}: {change}"), None).await?;
            }
        }
        tenantry_blueprint::check_first_cell(&loaded.platform)
            .map_err(|gone| Failure::new(format!("{gone}; {}", gone.hint())))?;
        let plan = plan(&loaded.platform, cell);
        let code = code();
        let mut packages = vec![&code.authorizer];
        if services.is_empty() {
            packages.push(&code.api);
        }
        ensure_packages(&root, &packages, &services, &Npm::new(PathBuf::from("npm"), None))?;
        native::run(&plan, &context, Path::new(PACKAGES)).await
    }
}

/// The resources of one cell of a platform.
pub fn plan(platform: &Platform, cell: &Cell) -> Plan {
    let graph = tenantry_blueprint::cell(platform, cell, &code(), Emptying::ByEngine);
    Plan::new(&graph, &platform.region)
}

/// The name of a cell's stack: the environment's suffix, and for later cells their number.
pub fn stack_name(platform: &Platform, cell: &Cell) -> String {
    let suffix = &platform.environment_suffix;
    match cell.number {
        1 => suffix.clone(),
        number => format!("{suffix}-cell-{number}"),
    }
}

/// The archives that a cell's functions need; the provider empties the audit bucket, so that code is not among them.
fn code() -> tenantry_blueprint::Code {
    let package =
        |code: tenantry_packages::Code| Package { name: code.name().into(), key: code.key() };
    tenantry_blueprint::Code {
        api: package(tenantry_packages::Code::Api),
        authorizer: package(tenantry_packages::Code::Authorizer),
        empty_bucket: package(tenantry_packages::Code::EmptyBucket),
    }
}

/// Reads the code of the platform's services and notes in the platform what their archives are called.
fn read_code(root: &Path, platform: &mut Platform) -> Result<Vec<ServiceCode>, Failure> {
    let services =
        platform.application.iter_mut().flat_map(|application| &mut application.services);
    let code = services.map(|service| {
        let code = ServiceCode::read(&service.name, &root.join(&service.code), &service.handler)
            .map_err(|error| Failure::new(format!("{error}; {}", error.hint())))?;
        service.archive = Some(code.file_name());
        Ok(code)
    });
    code.collect()
}

fn load(root: &Path) -> Result<Loaded, Failure> {
    let file = root.join(PLATFORM);
    let text = fs::read(&file).map_err(|error| cannot("read", &file, &error))?;
    let lock = root.join(LOCK);
    let lock = match fs::read(&lock) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(cannot("read", &lock, &error)),
    };
    let lock = lock.as_deref().map(|text| Source { name: LOCK, text });
    tenantry_config::load(Source { name: PLATFORM, text: &text }, lock).map_err(reported)
}

/// Each fault as it would be shown in a terminal without colours: the engine adds its own.
fn reported(faults: Faults) -> Failure {
    let handler =
        GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_links(false);
    let reports = faults.iter().take(Faults::SHOWN).map(|fault| {
        let mut report = String::new();
        if handler.render_report(&mut report, fault).is_err() {
            let _ = write!(report, "{}: {fault}", fault.file());
        }
        report
    });
    Failure::Program(reports.collect())
}

/// The cell that the stack is: what its configuration says, else what its name ends with, else the first.
fn cell<'a>(platform: &'a Platform, context: &Context) -> Result<&'a Cell, Failure> {
    let configured = context.configuration().get("cell").and_then(|value| value.as_str());
    let number: u32 = match configured {
        Some(text) => text.parse().map_err(|_| {
            Failure::new(format!(
                "`{text}` is no number of a cell: set one with `pulumi config set cell 1`"
            ))
        })?,
        None => context
            .stack()
            .rsplit_once("-cell-")
            .and_then(|(_, number)| number.parse().ok())
            .unwrap_or(1),
    };
    platform.cells.iter().find(|cell| cell.number == number).ok_or_else(|| {
        let numbers: Vec<String> = platform.cells.iter().map(|c| c.number.to_string()).collect();
        Failure::new(format!(
            "{PLATFORM} has no tenants in cell {number}, which stack {} is; the cells with tenants are: {}. \
             Take a cell without tenants down with `pulumi destroy`; choose another cell for this stack with \
             `pulumi config set cell N`",
            context.stack(),
            numbers.join(", ")
        ))
    })
}

/// Builds the packages' archives in the project's folder unless they are there.
fn ensure_packages(
    root: &Path,
    packages: &[&Package],
    services: &[ServiceCode],
    npm: &Npm,
) -> Result<(), Failure> {
    let folder = root.join(PACKAGES);
    fs::create_dir_all(&folder).map_err(|error| cannot("make", &folder, &error))?;
    // The hosts of other cells may want the same packages at the same time, and npm works in one folder for all. The system
    // takes the lock away when its owner ends, however it ends.
    let path = folder.join("lock");
    let lock = File::create(&path).and_then(|file| file.lock().map(|()| file));
    let _lock = lock.map_err(|error| cannot("lock", &path, &error))?;
    for package in packages {
        let file = folder.join(native::file_name(package));
        if file.is_file() {
            continue;
        }
        let code =
            tenantry_packages::Code::ALL.into_iter().find(|code| code.name() == package.name);
        let Some(code) = code else {
            return Err(Failure::new(format!("there is no function code called {}", package.name)));
        };
        let built = code
            .package(npm, &root.join(".tenantry/cache"))
            .map_err(|error| Failure::new(format!("{error}; {}", error.hint())))?;
        write(&file, &built.bytes)?;
    }
    for service in services {
        let file = folder.join(service.file_name());
        if !file.is_file() {
            let built = service
                .package(npm, &root.join(".tenantry/cache"))
                .map_err(|error| Failure::new(format!("{error}; {}", error.hint())))?;
            write(&file, &built.bytes)?;
        }
    }
    Ok(())
}

/// Writes a file whole or not at all.
fn write(file: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let attempt = NamedTempFile::new_in(folder).and_then(|mut partial| {
        partial.write_all(bytes)?;
        partial.persist(file).map_err(|refused| refused.error)?;
        // A temporary file is its owner's alone; these are for everyone who may read the folder.
        fs::set_permissions(file, fs::Permissions::from_mode(0o644))
    });
    attempt.map_err(|error| cannot("write", file, &error))
}

fn cannot(verb: &str, path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!("cannot {verb} {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_start_at_the_same_time_run_npm_once() {
        let folder = tempfile::tempdir().unwrap();
        let runs = folder.path().join("runs");
        let npm = folder.path().join("npm");
        let script = "echo run >> \"$(dirname \"$0\")/runs\"\nsleep 0.2\nmkdir node_modules";
        tenantry_testing::script(&npm, script).unwrap();
        let npm = Npm::new(npm, None);
        let code = code();
        let packages = [&code.api, &code.authorizer];
        std::thread::scope(|scope| {
            let host = || ensure_packages(folder.path(), &packages, &[], &npm);
            let hosts: Vec<_> = (0..4).map(|_| scope.spawn(host)).collect();
            for host in hosts {
                host.join().unwrap().unwrap();
            }
        });
        assert_eq!(fs::read_to_string(runs).unwrap(), "run\n");
        for package in packages {
            assert!(folder.path().join(PACKAGES).join(native::file_name(package)).is_file());
        }
    }
}

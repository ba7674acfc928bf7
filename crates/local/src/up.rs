//! The whole of it: installed, started, trusted, deployed, tried.

use crate::client::{Client, ClientError};
use crate::contract::Application;
use crate::deploy::{
    CODE_BUCKET, Cell, DeployError, Deployed, Earlier, delete, deploy, upload, wait_until_idle,
};
use crate::emulator::{EmulatorError, Listen};
use crate::home::{Home, HomeError, make_private};
use crate::install::InstallError;
use crate::lock::{Lock, LockError};
use crate::progress::{Cancel, Progress, Step, run};
use crate::rollout::{Ended, Rollout};
use crate::running::{self, Beside};
use crate::settings::{self, Settings};
use crate::smoke::{Attempt, try_all};
use crate::start;
use crate::status::{Address, Endpoint, Tenant, TenantOutputs};
use crate::tools::{Search, ToolError, Tools};
use crate::trust::TrustError;
use std::path::Path;
use tenantry_packages::{Code, Npm, Package, PackageError};

/// A platform to bring up.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Its cells.
    pub cells: Vec<WantedCell>,
    /// What runs for every tenant.
    pub application: Application,
}

/// A cell to bring up, and who is in it.
#[derive(Clone, Debug)]
pub struct WantedCell {
    /// The stack.
    pub cell: Cell,
    /// The tenants in it.
    pub tenants: Vec<TenantOutputs>,
}

/// A cell that is up.
#[derive(Clone, Debug)]
pub struct CellUp {
    /// What was done to its stack.
    pub deployed: Deployed,
    /// How it compares with its template.
    pub settings: Settings,
    /// Where its API is.
    pub endpoint: Endpoint,
    /// Its tenants.
    pub tenants: Vec<Tenant>,
    /// How the calls went that tried it.
    pub attempts: Vec<Attempt>,
}

/// A cell that is not up.
#[derive(Debug)]
pub struct CellFailure {
    /// The stack.
    pub stack: String,
    /// Why.
    pub error: Box<UpError>,
}

/// A cell on which no work was begun.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NotBegun {
    /// The stack.
    pub stack: String,
    /// Why.
    pub reason: String,
}

/// Brings the cells up on this machine, as `rollout` says. The port is used when no emulator runs yet. `agree` is shown what runs beside what is
/// wanted, before anything of it is changed; without its yes nothing is.
///
/// # Errors
/// [`UpError`]; the next call mends whatever was left half-made. When some cells are up and some are not, that is
/// [`UpError::Partly`]. A call of the API that went other than expected is not
/// an error but in [`CellUp::attempts`].
#[allow(clippy::too_many_arguments)] // where, from what, what and how, and who is told and asked
pub fn up(
    home: &Home,
    search: &Search,
    listen: &Listen,
    wanted: &Wanted,
    rollout: &Rollout<'_>,
    agree: &mut dyn FnMut(&[Beside]) -> bool,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Vec<CellUp>, UpError> {
    match bring_up(home, search, listen, wanted, rollout, agree, progress, cancel) {
        // Ctrl-C reaches pip and npm as well, and a self-test cut short has shown nothing: what they make of it is not the
        // reason.
        Err(UpError::Install(_) | UpError::Package(_) | UpError::Trust(_))
            if cancel.is_cancelled() =>
        {
            Err(UpError::Cancelled)
        }
        other => other,
    }
}

#[allow(clippy::too_many_arguments)] // as `up`
fn bring_up(
    home: &Home,
    search: &Search,
    listen: &Listen,
    wanted: &Wanted,
    rollout: &Rollout<'_>,
    agree: &mut dyn FnMut(&[Beside]) -> bool,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<Vec<CellUp>, UpError> {
    let _lock = Lock::take(home)?;
    let tools = Tools::find(search)?;
    let (emulator, earlier) = start::running(home, search, &tools, listen, progress, cancel)?;
    let client = Client::administrator(home)?;
    let address = Address { name: emulator.name().to_owned(), port: emulator.port() };
    let cells: Vec<Cell> = wanted.cells.iter().map(|wanted| wanted.cell.clone()).collect();
    if earlier == Earlier::MayGoOn {
        for stack in client.all_stacks()?.iter().filter(|stack| stack.is_in_progress()) {
            wait_until_idle(&client, &stack.name, progress, cancel)?;
        }
    }
    if !agree(&running::beside(&client, &cells)?) {
        return Err(if cancel.is_cancelled() { UpError::Cancelled } else { UpError::NotAgreed });
    }
    run(progress, &Step::Upload, || {
        let npm = tools.npm();
        let packages =
            pack(&wanted.application, &npm, &home.packages()).map_err(UpError::Package)?;
        make_private(&home.packages())?;
        let uploaded = upload(&client, &packages)?;
        Ok::<_, UpError>(((), format!("{uploaded} of {} are new", packages.len())))
    })?;
    let several = wanted.cells.len() > 1;
    let ended = rollout.run(&wanted.cells, cancel, &|cell| {
        cell_up(&client, &address, wanted, cell, earlier, progress, cancel)
    });
    if ended.failed.is_empty() && ended.not_begun.is_empty() {
        delete_others(&client, wanted, progress, cancel)?;
        return Ok(ended.up);
    }
    let Ended { up, mut failed, not_begun } = ended;
    match failed.pop() {
        Some(only) if !several => Err(*only.error),
        None if cancel.is_cancelled() => Err(UpError::Cancelled),
        last => {
            failed.extend(last);
            Err(UpError::Partly { up, failed, not_begun })
        }
    }
}

/// The archives that the platform's functions need.
fn pack(application: &Application, npm: &Npm, cache: &Path) -> Result<Vec<Package>, PackageError> {
    let own = application.code.iter().map(|code| code.package(npm, cache));
    let needed = |code: &Code| *code != Code::Api || application.code.is_empty();
    let ours = Code::ALL.into_iter().filter(needed).map(|code| code.package(npm, cache));
    ours.chain(own).collect()
}

/// Deletes the stacks of cells that have no tenants any more, those that came last first.
fn delete_others(
    client: &Client,
    wanted: &Wanted,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<(), UpError> {
    for stack in client.all_stacks()?.into_iter().rev() {
        if wanted.cells.iter().all(|wanted| wanted.cell.stack != stack.name) {
            run(progress, &Step::Delete(stack.name.clone()), || {
                delete(client, &stack.name, progress, cancel)
                    .map(|()| ((), "no tenants any more".to_owned()))
            })?;
        }
    }
    Ok(())
}

fn cell_up(
    client: &Client,
    address: &Address,
    wanted: &Wanted,
    of: &WantedCell,
    earlier: Earlier,
    progress: &dyn Progress,
    cancel: &Cancel,
) -> Result<CellUp, UpError> {
    stop_if(cancel)?;
    // Only where there are others it has to be said which one a step is of.
    let which = (wanted.cells.len() > 1).then(|| of.cell.stack.clone());
    let mut cell = of.cell.clone();
    cell.parameters.insert("CodeBucket".to_owned(), CODE_BUCKET.to_owned());
    let deployed = run(progress, &Step::Deploy(cell.stack.clone()), || {
        let deployed = deploy(client, &cell, earlier, progress, cancel)?;
        let note = format!("{} resources, {}", deployed.resources, deployed.change);
        Ok::<_, DeployError>((deployed, note))
    })?;
    stop_if(cancel)?;
    let settings = run(progress, &Step::Settle(which.clone()), || {
        let settings = settings::settle(client, &deployed.stack)?;
        let note = format!("{} read back, {} written", settings.held, settings.written);
        Ok::<_, ClientError>((settings, note))
    })?;
    let endpoint = Endpoint::from_outputs(&deployed.outputs)
        .ok_or_else(|| UpError::Outputs { stack: deployed.stack.clone() })?;
    let tenants = endpoint.tenants(address, &deployed.outputs, &of.tenants);
    let attempts = run(progress, &Step::Try(which), || {
        let attempts =
            try_all(client, &address.name, &wanted.application.contract, &endpoint, &tenants)?;
        let good = attempts.iter().filter(|attempt| attempt.is_ok()).count();
        let note = format!("{good} of {} calls went as they must", attempts.len());
        Ok::<_, ClientError>((attempts, note))
    })?;
    Ok(CellUp { deployed, settings, endpoint, tenants, attempts })
}

pub(crate) fn stop_if(cancel: &Cancel) -> Result<(), UpError> {
    if cancel.is_cancelled() { Err(UpError::Cancelled) } else { Ok(()) }
}

/// Why the platform is not up.
#[derive(Debug, thiserror::Error)]
pub enum UpError {
    /// Another command is at work.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A file or folder could not be kept to its owner.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// Python, Node.js or npm is not fit.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// Something could not be installed.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// The emulator could not be started.
    #[error(transparent)]
    Emulator(#[from] EmulatorError),
    /// The emulator does not refuse what it has to.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The function code could not be packed.
    #[error(transparent)]
    Package(PackageError),
    /// A stack is not as it should be.
    #[error(transparent)]
    Deploy(#[from] DeployError),
    /// The emulator did not answer or refused.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// A template without the outputs that tell where the API is.
    #[error("{stack} has no ApiAddress, UserPoolId and UserPoolClientId among its outputs")]
    Outputs {
        /// The stack.
        stack: String,
    },
    /// Some cells are up, and some are not.
    #[error("{} of {} cells are up{}", up.len(), up.len() + failed.len() + not_begun.len(), others(failed, not_begun))]
    Partly {
        /// Those that are.
        up: Vec<CellUp>,
        /// Those that failed.
        failed: Vec<CellFailure>,
        /// Those that were not begun.
        not_begun: Vec<NotBegun>,
    },
    /// Nobody said yes to what would change.
    #[error("not agreed; nothing was changed")]
    NotAgreed,
    /// There is nothing to be started.
    #[error("nothing is kept here that could be started")]
    NothingKept,
    /// Somebody asked to stop.
    #[error("stopped as asked; nothing half-made stays behind")]
    Cancelled,
}

impl UpError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Lock(error) => error.hint(),
            Self::Home(error) => error.hint(),
            Self::Tool(error) => error.hint(),
            Self::Install(error) => error.hint(),
            Self::Emulator(error) => error.hint(),
            Self::Trust(error) => error.hint(),
            Self::Package(error) => error.hint(),
            Self::Deploy(error) => error.hint(),
            Self::Client(error) => error.hint(),
            Self::Outputs { .. } => "this is a fault of tenantry; please report it".to_owned(),
            Self::Partly { failed, .. } => {
                let hint = failed.first().map(|one| one.error.hint());
                let again = "`tenantry up` again goes on with those and leaves alone what is up";
                hint.map_or_else(|| again.to_owned(), |hint| format!("{hint}; {again}"))
            }
            Self::NotAgreed => "`tenantry plan` shows what would change".to_owned(),
            Self::NothingKept => "deploy the platform with `tenantry up`".to_owned(),
            Self::Cancelled => {
                "`tenantry up` goes on from here, `tenantry down` takes it away".to_owned()
            }
        }
    }
}

fn others(failed: &[CellFailure], not_begun: &[NotBegun]) -> String {
    let failed = failed.iter().map(|one| format!("\n  {}: {}", one.stack, one.error));
    let not_begun =
        not_begun.iter().map(|one| format!("\n  {}: not begun: {}", one.stack, one.reason));
    failed.chain(not_begun).collect()
}

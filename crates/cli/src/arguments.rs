//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tenantry_plan::cost::Load;
use tenantry_verdict::claims::{ClaimId, hygiene};

use crate::commands::Waves;

/// Define, deploy and prove an isolated multi-tenant platform on AWS
#[derive(Debug, Parser)]
#[command(name = "tenantry", version, arg_required_else_help = true)]
#[command(after_help = "\
Exit status: 0 done or proven, 1 findings, 2 could not be decided (usage, configuration, I/O).

Start with `tenantry init` and `tenantry up`.")]
pub(crate) struct Arguments {
    /// Work in this folder; by default the nearest one, upwards, that has a platform.toml
    #[arg(short = 'C', long, global = true, value_name = "DIR")]
    pub(crate) directory: Option<PathBuf>,

    /// How data are printed
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How data are printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Format {
    /// Text and tables for people
    Human,
    /// JSON for programs
    Json,
    /// SARIF 2.1.0 for code scanners; of `verify` alone
    Sarif,
    /// JUnit's XML for reports of tests; of `verify` alone
    Junit,
    /// Annotations of a run of GitHub Actions; of `verify` alone
    Github,
    /// GitLab's Code Quality report; of `verify` alone
    Gitlab,
    /// Markdown for a pull request; of `plan`, `verify` and `drift`
    Markdown,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a platform.toml with five tenants
    Init,
    /// Show what `up` would change, and change nothing
    Plan(PlanArguments),
    /// Deploy the platform: on this machine, and try it, or to AWS
    Up(Up),
    /// Show what runs on this machine
    Status,
    /// Stop what runs on this machine, and keep it
    Stop,
    /// Start what was stopped, with everything that it had
    Start {
        /// Another port of 127.0.0.1 than it had
        #[arg(long, value_name = "PORT")]
        port: Option<u16>,
    },
    /// Take down what runs on this machine and look for leftovers, or what is on AWS
    Down(Down),
    /// Attack what runs on this machine as each of its tenants, and expect to be refused
    Probe(Probe),
    /// Print a signed-in user's ID token for a tenant, for curl
    Token {
        /// The tenant, such as tenant-001
        id: String,
    },
    /// Prove that no tenant can reach another, from templates
    Verify(Box<Verify>),
    /// Tell where what runs on this machine is not as the platform says, and what that means
    Drift(DriftArguments),
    /// Print what a tenant's functions on this machine wrote into their logs
    Logs(Logs),
    /// Print what the stacks on this machine give out: addresses, ids and names, by tenant
    Outputs,
    /// Tell whether this machine has what tenantry needs, and what to do where it has not
    Doctor,
    /// Write the proof of the platform here as one HTML page, for people who look
    Report {
        /// Write to this file; by default to standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Look at the tenants, add, change, export and remove them
    #[command(subcommand)]
    Tenant(Tenant),
    /// Check the ledger of what was deleted
    #[command(subcommand)]
    Ledger(Ledger),
    /// Mend platform.lock, which keeps every tenant's addresses
    #[command(subcommand)]
    Lock(Lock),
    /// Write what other tools deploy
    #[command(subcommand)]
    Synth(Synth),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// Where a platform runs.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Place {
    /// On this machine, in the emulator
    Local,
    /// On AWS, by your own Pulumi: a stack a cell
    Aws,
}

#[derive(Debug, Args)]
#[command(after_help = "\
What holds data and would go comes first. `up` wants it called by its name: `--destroy TENANT`, or `--destroy STACK` for what \
a cell's tenants share.

Exit status: 0 nothing would change, 1 something would, or the platform would be breached, 2 it could not be told.")]
pub(crate) struct PlanArguments {
    /// Where it is to be deployed
    #[arg(long, value_enum, default_value_t = Place::Local)]
    pub(crate) on: Place,
    /// How many cells are looked at at once, on AWS
    #[arg(long, value_name = "N", default_value = "2")]
    pub(crate) jobs: NonZeroUsize,
    /// Compare with this template, or this folder with a file STACK.template.json a cell; nothing is asked of anybody then
    #[arg(long, value_name = "PATH", conflicts_with_all = ["on", "out"])]
    pub(crate) against: Option<PathBuf>,
    /// Keep the plan in this file, for `up FILE`
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Requests a tenant and month, for the cost
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    pub(crate) requests: u32,
    /// What a tenant's tables hold, in GB, for the cost
    #[arg(long, value_name = "GB", default_value_t = 1)]
    pub(crate) stored_gb: u32,
}

impl PlanArguments {
    /// What each tenant does in a month.
    pub(crate) fn load(&self) -> Load {
        let (requests, stored_gb) = (self.requests.into(), self.stored_gb.into());
        Load { requests, stored_gb, ..Load::default() }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Down {
    /// Say yes without being asked, by the platform's name
    #[arg(long, value_name = "NAME")]
    pub(crate) destroy_all: Option<String>,
    /// Where it runs
    #[arg(long, value_enum, default_value_t = Place::Local)]
    pub(crate) on: Place,
    /// How many cells are worked on at once, on AWS
    #[arg(long, value_name = "N", default_value = "2")]
    pub(crate) jobs: NonZeroUsize,
}

#[derive(Debug, Args)]
#[command(after_help = "\
What changes is shown, and asked about; on this machine, what only creates is not. Without a terminal, --yes says yes to \
changes, and --destroy to the end of data, by name.")]
pub(crate) struct Up {
    /// A plan that `plan --out` kept: do this and nothing else, or nothing if it is out of date
    #[arg(value_name = "FILE")]
    pub(crate) plan: Option<PathBuf>,
    /// Say yes to what changes without being asked; never to the end of data
    #[arg(long)]
    pub(crate) yes: bool,
    /// Say yes to the end of a tenant's data, or of what a stack's tenants share; once for each
    #[arg(long, value_name = "TENANT")]
    pub(crate) destroy: Vec<String>,
    /// Where to deploy
    #[arg(long, value_enum, default_value_t = Place::Local)]
    pub(crate) on: Place,
    /// How many cells are worked on at once
    #[arg(long, value_name = "N", default_value = "2")]
    pub(crate) jobs: NonZeroUsize,
    /// So many cells first, then so many, such as 1,5,rest; a wave begins when the one before is clean: on this machine
    /// verified and probed, on AWS as the engine's preview wants it
    #[arg(long, value_name = "N,...")]
    pub(crate) waves: Option<Waves>,
    /// The port of the local emulator on 127.0.0.1 [default: the one that it had, or 4610]
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// CloudFormation templates, JSON or YAML, `-` for standard input; by default those of the platform here
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Decide what runs on this machine, as its services show it, and not what ought to run
    #[arg(long, conflicts_with_all = ["files", "tenant_tags", "account", "region", "parameters", "tenants"])]
    pub(crate) deployed: bool,
    /// A tag that says whose a resource is; of several the first that it has [default: tenant_id]
    #[arg(long = "tenant-tag", value_name = "KEY")]
    pub(crate) tenant_tags: Vec<String>,
    /// Write what --format asks for to this file, and text for people to standard output
    #[arg(short, long, value_name = "FILE", conflicts_with_all = ["explain", "suggest"])]
    pub(crate) output: Option<PathBuf>,
    /// The account that the templates are deployed to, 12 digits, where they say
    /// `AWS::AccountId` in one place and write it out in another
    #[arg(long, value_name = "ID")]
    pub(crate) account: Option<String>,
    /// The region that the templates are deployed to, likewise
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// A value of a template's parameter
    #[arg(long = "parameter", value_name = "KEY=VALUE")]
    pub(crate) parameters: Vec<String>,
    /// A tenant: one that the templates are deployed for, with its values of parameters, or one
    /// whose users share what is nobody's own; without any, a template with a parameter or a claim
    /// for the tenant is decided for ids of every shape
    #[arg(long = "tenant", value_name = "NAME[:KEY=VALUE,...]")]
    pub(crate) tenants: Vec<String>,
    /// The claim in users' tokens that says their tenant, such as custom:tenant_id; without it,
    /// the one that policies trust
    #[arg(long, value_name = "NAME")]
    pub(crate) claim: Option<String>,
    /// Whose things are by their logical ids or names, `*` standing for any characters; `shared`
    /// is nobody
    #[arg(long = "owner", value_name = "PATTERN=TENANT")]
    pub(crate) owners: Vec<String>,
    /// The same from a TOML file: a table `[owners]` with patterns as keys and tenants as values
    #[arg(long = "owners", value_name = "FILE")]
    pub(crate) ownership: Option<PathBuf>,
    /// A folder with the organization's policies as JSON, service and resource control policies:
    /// limits of whatever is allowed. Files in it are of one level, those of a folder in it of the
    /// next
    #[arg(long = "organization-policies", value_name = "DIR")]
    pub(crate) organization: Option<PathBuf>,
    /// Count a barrier that is missing as a finding, though nothing crosses
    #[arg(long)]
    pub(crate) strict: bool,
    /// Tell every way through and everything that is not known, not one of a cause
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// Write the verdict to this file as well, as one HTML page
    #[arg(long, value_name = "FILE", conflicts_with_all = ["explain", "suggest"])]
    pub(crate) report: Option<PathBuf>,
    /// A tag that every resource must carry; the platform here asks for its own three
    #[arg(long = "require-tag", value_name = "KEY")]
    pub(crate) required_tags: Vec<String>,
    /// A convention that FILEs must keep, else it is advice; the platform here must keep all
    #[arg(long = "require", value_name = "CONVENTION", value_enum, value_delimiter = ',')]
    pub(crate) required: Vec<Convention>,
    /// Remove each barrier in turn as well, and say which hold a plane alone
    #[arg(long)]
    pub(crate) barriers: bool,
    /// A file of accepted findings and assumptions for FILEs; the platform's own are in platform.toml
    #[arg(long, value_name = "FILE", requires = "files")]
    pub(crate) exceptions: Option<PathBuf>,
    /// Print tables that would accept what is found, for platform.toml or --exceptions
    #[arg(long)]
    pub(crate) suggest: bool,
    /// Decide every template anew, and keep nothing in the user's cache folder
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Explain a claim instead, such as identity/other-tenants-asset
    #[arg(long, value_name = "ID", conflicts_with = "files")]
    pub(crate) explain: Option<String>,
}

/// What tenantry does by habit, and others need not.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Convention {
    /// No policy allows an action by wildcard
    WildcardAction,
    /// Nothing outlives the deletion of its stack
    Retained,
    /// What stores data is encrypted with a customer's key
    Encryption,
    /// Log groups keep their events for 30 days
    LogRetention,
}

impl Convention {
    pub(crate) fn claim(self) -> ClaimId {
        match self {
            Self::WildcardAction => hygiene::WILDCARD_ACTION,
            Self::Retained => hygiene::RETAINED,
            Self::Encryption => hygiene::ENCRYPTION,
            Self::LogRetention => hygiene::LOG_RETENTION,
        }
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Only 127.0.0.1 is called; with --network nothing is, and the packets stay in network namespaces of their own. What the \
probe makes it takes away; an attack that would destroy something is a dry run, or is not made when it would get through.

Exit status: 0 every attack was refused, 1 one got through, 2 something else went wrong: a tenant cannot do what it \
must, an answer was unclear, or the time was up.")]
pub(crate) struct Probe {
    /// List every attack, not only those that were not refused
    #[arg(long)]
    pub(crate) all: bool,
    /// Begin no new pair of tenants after so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 600)]
    pub(crate) time_limit: u64,
    /// Send real packets through the templates' network rules instead (Linux; nothing has to run)
    #[arg(long, conflicts_with_all = ["all", "time_limit"])]
    pub(crate) network: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Nothing is written anywhere: the calls only look, and --policy prints the IAM policy that lets somebody make them.

Exit status: 0 no drift, 1 drift, 2 it could not be told.")]
pub(crate) struct DriftArguments {
    /// Print the IAM policy that whoever reads needs, and read nothing
    #[arg(long)]
    pub(crate) policy: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Logs {
    /// The tenant, such as tenant-001
    pub(crate) tenant: String,
    /// Wait for more until Ctrl-C
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// One of the tenant's services alone, such as api
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
    /// How far back
    #[arg(long, value_name = "MINUTES", default_value_t = 60)]
    pub(crate) minutes: u64,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Tenant {
    /// List the tenants with their addresses
    List,
    /// Show one tenant: its addresses and the names of its resources
    Show {
        /// The tenant, such as tenant-001
        id: String,
    },
    /// Add tenants to platform.toml and deploy them on this machine
    Add(AddTenant),
    /// Change a tenant's name for people; nothing that is deployed has it
    Rename {
        /// The tenant, such as tenant-001
        id: String,
        /// Its new name
        name: String,
    },
    /// Put a tenant into another tier, and deploy that on this machine
    Tier {
        /// The tenant, such as tenant-001
        id: String,
        /// The tier, of those in platform.toml
        tier: String,
        #[command(flatten)]
        change: ChangeTenant,
    },
    /// Stop a tenant at the door: its routes answer 403, and its data is kept
    Suspend {
        /// The tenant, such as tenant-001
        id: String,
        #[command(flatten)]
        change: ChangeTenant,
    },
    /// Let a suspended tenant in again
    Resume {
        /// The tenant, such as tenant-001
        id: String,
        #[command(flatten)]
        change: ChangeTenant,
    },
    /// Read all that a tenant has stored on this machine into a folder
    #[command(after_help = "\
The same command again goes on with an export that was interrupted. The folder is for its owner alone and not encrypted. Users \
are exported without passwords; keys and logs are not exported, and the manifest says so.

What runs on AWS is not exported by tenantry.")]
    Export {
        /// The tenant, such as tenant-001
        id: String,
        /// The folder to make
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Read an export into the tenant that it is of, on this machine
    #[command(after_help = "\
An import adds and never replaces: where something is there already and differs, nothing is written. What was written is read \
back. The same command again goes on with an import that was interrupted. Users have to set a new password, and get new subjects (`sub`).")]
    Import {
        /// The folder of the export
        #[arg(value_name = "DIR")]
        export: PathBuf,
    },
    /// Remove a tenant for good: exported, deleted, and certified
    Remove(RemoveTenant),
}

/// How a change of a tenant is made.
#[derive(Clone, Debug, Args)]
pub(crate) struct ChangeTenant {
    /// Say yes to what changes without being asked; never to the end of data
    #[arg(long)]
    pub(crate) yes: bool,
    /// Change platform.toml and platform.lock alone; `tenantry up`, here or on AWS, deploys it
    #[arg(long, conflicts_with = "yes")]
    pub(crate) no_deploy: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AddTenant {
    /// The new tenant, such as tenant-globex
    #[arg(required_unless_present_any = ["from", "from_export"], conflicts_with_all = ["from", "from_export"])]
    pub(crate) id: Option<String>,
    /// Its name for people [default: the id]
    #[arg(long, requires = "id")]
    pub(crate) name: Option<String>,
    /// Its tier, of those in platform.toml [default: standard]
    #[arg(long, requires = "id")]
    pub(crate) tier: Option<String>,
    /// Add all that this file has: TOML with a table `[[tenants]]` each, as in platform.toml
    #[arg(long, value_name = "FILE", conflicts_with = "from_export")]
    pub(crate) from: Option<PathBuf>,
    /// Bring a tenant back: in its old place if that is free, with the data of this export
    #[arg(long, value_name = "DIR", conflicts_with = "no_deploy")]
    pub(crate) from_export: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) change: ChangeTenant,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The tenant is suspended, exported, taken out of platform.toml and deleted with its key and its users; its place is kept for it. \
What was deleted is certified in the folder certificates and in platform.ledger. The same command again goes on where it was \
interrupted.

What runs on AWS is not removed by this command: take the tenant out of platform.toml, and deploy.")]
pub(crate) struct RemoveTenant {
    /// The tenant, such as tenant-001
    pub(crate) id: String,
    /// Do not export its data first: it is gone then
    #[arg(long)]
    pub(crate) no_export: bool,
    /// Where the export goes, into a folder ID-TIME [default: exports beside platform.toml]
    #[arg(long, value_name = "DIR", conflicts_with = "no_export")]
    pub(crate) export_to: Option<PathBuf>,
    /// Say yes to what changes without being asked; never to the end of data
    #[arg(long)]
    pub(crate) yes: bool,
    /// Say yes to the end of the tenant's data, by its id; and of what a stack's tenants share, where it is the last
    #[arg(long, value_name = "ID")]
    pub(crate) destroy: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Ledger {
    /// Whether the chain of platform.ledger is whole
    Verify {
        /// A hash that was kept elsewhere, which has to be in it: what was cut off at the end is seen by it
        #[arg(long, value_name = "HASH")]
        head: Option<String>,
    },
    /// List the entries
    List,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Lock {
    /// Write platform.lock anew from what is deployed
    Recover {
        /// Where it is deployed
        #[arg(long, value_enum, default_value_t = Place::Local)]
        on: Place,
        /// A template of what is deployed, in a file called STACK.template.json, once a cell; by default what runs
        #[arg(long, value_name = "FILE", conflicts_with = "on")]
        from: Vec<PathBuf>,
    },
    /// Merge two changed locks into OURS, as git's merge drivers are called; a place that two tenants have is refused
    Merge {
        /// What both come from; empty if there was none
        base: PathBuf,
        /// This side's, which is written
        ours: PathBuf,
        /// The other side's
        theirs: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Synth {
    /// Write one AWS CloudFormation template a cell
    Cloudformation {
        /// Write to this folder; by default a platform of one cell goes to standard output
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Write the archives of the function code beside the templates (needs npm)
        #[arg(long, requires = "out")]
        packages: bool,
    },
    /// Write one Pulumi YAML program a cell, which needs nothing of tenantry's to run (needs npm)
    Pulumi {
        /// Write to this folder
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Write one Terraform root module a cell, which needs nothing of tenantry's to run (needs npm)
    Terraform {
        /// Write to this folder
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

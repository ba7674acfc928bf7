//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tenantry_verdict::claims::{ClaimId, hygiene};

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
    /// Markdown for a pull request; of `plan` alone
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
    /// Look at the tenants
    #[command(subcommand)]
    Tenant(Tenant),
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
    /// How many cells are worked on at once, on AWS
    #[arg(long, value_name = "N", default_value = "2")]
    pub(crate) jobs: NonZeroUsize,
    /// The port of the local emulator on 127.0.0.1 [default: the one that it had, or 4610]
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// CloudFormation templates, JSON or YAML; by default those of the platform here
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The tag that says whose a resource is [default: tenant_id]
    #[arg(long, value_name = "KEY")]
    pub(crate) tenant_tag: Option<String>,
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
    /// A tenant that the templates are deployed for, with its values of parameters; without any, a
    /// template with a parameter for the tenant is decided for ids of every shape
    #[arg(long = "tenant", value_name = "NAME:KEY=VALUE,...")]
    pub(crate) tenants: Vec<String>,
    /// Count a barrier that is missing as a finding, though nothing crosses
    #[arg(long)]
    pub(crate) strict: bool,
    /// Tell every way through and everything that is not known, not one of a cause
    #[arg(short, long)]
    pub(crate) verbose: bool,
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

#[derive(Debug, Subcommand)]
pub(crate) enum Tenant {
    /// List the tenants with their addresses
    List,
    /// Show one tenant: its addresses and the names of its resources
    Show {
        /// The tenant, such as tenant-001
        id: String,
    },
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

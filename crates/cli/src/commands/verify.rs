//! `tenantry verify`: proof, or a counterexample, from the text of templates.

mod cache;

use std::borrow::Cow;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use tenantry_config::Platform;
use tenantry_isolation::{Memory, VerifyOptions, verify_each_with};
use tenantry_report::Template;
use tenantry_template::{Loader, ReadOptions};
use tenantry_verdict::claims::hygiene;
use tenantry_verdict::render::{self, Role, Styled};
use tenantry_verdict::{Outcome as Answer, Verdict, claims};

use self::cache::Cache;
use super::{deployed, report, synth};
use crate::arguments::{Format, Verify};
use crate::exceptions::{self, Exceptions};
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::Output;
use crate::progress;
use crate::project::Project;

pub(crate) fn run(
    folder: Option<&Path>,
    arguments: &Verify,
    output: &Output,
) -> Result<Outcome, Failure> {
    if let Some(id) = &arguments.explain {
        let claim = claims::find(id).ok_or_else(|| {
            let all: Vec<&str> = claims::all().map(|claim| claim.id).collect();
            Failure::with_hint(
                format!("there is no claim {id:?}"),
                format!("these are all: {}", all.join(", ")),
            )
        })?;
        output.text(claims::explain(&claim).trim_end())?;
        return Ok(Outcome::Done);
    }
    let mut options = options::read(arguments)?;
    let mut asked = VerifyOptions { barriers: arguments.barriers, ..VerifyOptions::default() };
    let project;
    let (templates, exceptions) = if arguments.deployed {
        project = Project::open_with_code(folder)?;
        ask_of(project.platform(), &mut asked);
        let found = deployed::read(&project)?;
        options = deployed::options();
        (Templates::Running(deployed::texts(&found)?.into()), Exceptions::of(&project)?)
    } else if arguments.files.is_empty() {
        if let (Some(tag), Some(own)) = (asked.rules.tags.first_mut(), options.tenant_tags.first())
        {
            tag.clone_from(own);
        }
        asked.rules.tags.extend(arguments.required_tags.iter().cloned());
        project = Project::open_with_code(folder)?;
        ask_of(project.platform(), &mut asked);
        (Templates::Own(project.platform()), Exceptions::of(&project)?)
    } else {
        asked.rules.tags.clone_from(&arguments.required_tags);
        let named = arguments.required.iter().map(|convention| convention.claim());
        let tags = (!arguments.required_tags.is_empty()).then_some(hygiene::TAGS);
        asked.rules.required = named.chain(tags).collect();
        let exceptions = arguments.exceptions.as_deref().map(Exceptions::read).transpose()?;
        (Templates::Files(&arguments.files), exceptions.unwrap_or_default())
    };
    let cache = Caching { may: !arguments.no_cache };
    let mut verdict = decide(&templates, &options, &asked, &exceptions, cache, output)?;
    verdict.strict = arguments.strict;
    if arguments.suggest {
        let text = render::suggest(&verdict, exceptions::day(SUGGESTED_DAYS)?);
        let none = "# Nothing is found that could be accepted.";
        output.text(if text.is_empty() { none } else { text.trim_end() })?;
        return Ok(ended(&verdict));
    }
    if let Some(file) = &arguments.report {
        let read = read(&templates)?;
        let page = match &templates {
            Templates::Own(platform) => {
                report::of_platform(platform, folder.unwrap_or(Path::new(".")), &verdict, &read)?
            }
            Templates::Running(_) | Templates::Files(_) => report::of_files(&verdict, &read)?,
        };
        report::write(file, &page)?;
    }
    let people = || {
        if arguments.verbose {
            painted(&render::human_in_full(&verdict), output)
        } else {
            human(&verdict, output)
        }
    };
    let text = formatted(&verdict, output.format())?;
    match (&arguments.output, text) {
        (Some(file), text) => {
            let text = text.unwrap_or_else(|| render::human_in_full(&verdict).to_string());
            std::fs::write(file, text).map_err(|error| {
                Failure::new(format!("cannot write {}: {error}", file.display()))
            })?;
            output.text(people().trim_end())?;
        }
        (None, Some(text)) => output.text(text.trim_end())?,
        (None, None) => output.text(people().trim_end())?,
    }
    if output.format() == Format::Human && ended(&verdict) != Outcome::Done {
        output.note("To accept what is found for a while: `tenantry verify --suggest` prints how.");
    }
    Ok(ended(&verdict))
}

/// A verdict in a format for programs; `None` for people.
fn formatted(verdict: &Verdict, format: Format) -> Result<Option<String>, Failure> {
    let cannot = |error: serde_json::Error| Failure::new(format!("cannot write JSON: {error}"));
    Ok(Some(match format {
        Format::Human => return Ok(None),
        Format::Json => render::json(verdict).map_err(cannot)?,
        Format::Sarif => render::sarif(verdict, env!("CARGO_PKG_VERSION")).map_err(cannot)?,
        Format::Gitlab => render::gitlab(verdict).map_err(cannot)?,
        Format::Github => render::github(verdict),
        Format::Junit => render::junit(verdict),
        Format::Markdown => render::markdown(verdict),
    }))
}

/// A verdict for people on standard output.
pub(super) fn human(verdict: &Verdict, output: &Output) -> String {
    painted(&render::human(verdict), output)
}

fn painted(told: &Styled, output: &Output) -> String {
    told.paint(|role, text| output.painted(colour(role), text))
}

/// How long an exception lasts that is suggested.
const SUGGESTED_DAYS: u64 = 90;

pub(super) fn ended(verdict: &Verdict) -> Outcome {
    match verdict.exit_status() {
        0 => Outcome::Done,
        1 => Outcome::Findings,
        _ => Outcome::Undecided,
    }
}

/// What is verified.
enum Templates<'t> {
    /// The platform's own templates, a cell each.
    Own(&'t Platform),
    /// What runs, each by its stack's name.
    Running(Cow<'t, [(String, Vec<u8>)]>),
    Files(&'t [PathBuf]),
}

impl Templates<'_> {
    fn count(&self) -> usize {
        match self {
            Self::Own(platform) => platform.cells.len(),
            Self::Running(stacks) => stacks.len(),
            Self::Files(files) => files.len(),
        }
    }

    /// The name and the text of one.
    fn load(&self, at: usize) -> Result<(String, Vec<u8>), Failure> {
        let missing = || Failure::new(format!("there is no template {at}"));
        match self {
            Self::Own(platform) => {
                let cell = platform.cells.get(at).ok_or_else(missing)?;
                let name = format!("{}.template.json", synth::stack_name(platform, cell));
                Ok((name, synth::template(platform, cell)?.into_bytes()))
            }
            Self::Running(stacks) => stacks.get(at).cloned().ok_or_else(missing),
            Self::Files(files) => {
                let file = files.get(at).ok_or_else(missing)?;
                if file.as_os_str() == STANDARD_INPUT {
                    return Ok(("standard input".to_owned(), standard_input()?.to_vec()));
                }
                let bytes = std::fs::read(file).map_err(|error| {
                    Failure::new(format!("cannot read {}: {error}", file.display()))
                })?;
                Ok((file.display().to_string(), bytes))
            }
        }
    }
}

/// Whether what was decided before may be used.
#[derive(Clone, Copy)]
struct Caching {
    may: bool,
}

const STANDARD_INPUT: &str = "-";

/// What came on standard input: it can be read once, and a template may be asked for again.
fn standard_input() -> Result<&'static [u8], Failure> {
    static READ: OnceLock<Result<Vec<u8>, String>> = OnceLock::new();
    let read = READ.get_or_init(|| {
        let mut bytes = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut bytes);
        read.map(|_| bytes).map_err(|error| error.to_string())
    });
    let failed = |error| Failure::new(format!("cannot read standard input: {error}"));
    read.as_deref().map_err(failed)
}

/// The verdict on templates, after what the user set aside.
fn decide(
    templates: &Templates<'_>,
    options: &ReadOptions,
    asked: &VerifyOptions,
    exceptions: &Exceptions,
    caching: Caching,
    output: &Output,
) -> Result<Verdict, Failure> {
    let bar = progress::count(output, templates.count(), "verifying", "templates");
    let load = |at| {
        let loaded = templates.load(at);
        bar.inc(1);
        loaded
    };
    // One template alone is decided sooner than the program is told from another.
    let cache =
        (caching.may && templates.count() > 1).then(|| Cache::open(options, asked)).flatten();
    let memory = cache.as_ref().map(|cache| cache as &dyn Memory);
    let mut verdict = verify_each_with(templates.count(), load, options, &FromDisk, asked, memory)?;
    if let Some(cache) = &cache {
        cache.tidy();
    }
    bar.finish_and_clear();
    verdict.accept(&exceptions.accept, exceptions::day(0)?);
    verdict.assume(&exceptions.assume);
    Ok(verdict)
}

/// What comes before a deployment: a breached platform is told with its counterexamples, on standard
/// error, and is not to be deployed.
pub(super) fn before_deployment(project: &Project, output: &Output) -> Result<Outcome, Failure> {
    let (verdict, took) = judge(project, output)?;
    let (outcome, said) = before(&verdict, took);
    output.note(&said);
    Ok(outcome)
}

/// What the conventions ask of a platform's own templates: its suffix, and deletion where nothing is protected.
fn ask_of(platform: &Platform, asked: &mut VerifyOptions) {
    asked.rules.suffix = Some(platform.environment_suffix.clone());
    let mut tenants = platform.tenants();
    asked.rules.deletable = !platform.options.deletion_protection
        && !tenants.any(|(_, tenant)| platform.protects(tenant));
}

/// The verdict on the platform as it is to be, and how long it took.
pub(super) fn judge(project: &Project, output: &Output) -> Result<(Verdict, Duration), Failure> {
    let began = Instant::now();
    let mut asked = VerifyOptions::default();
    ask_of(project.platform(), &mut asked);
    let exceptions = Exceptions::of(project)?;
    let templates = Templates::Own(project.platform());
    let (options, caching) = (ReadOptions::default(), Caching { may: true });
    let verdict = decide(&templates, &options, &asked, &exceptions, caching, output)?;
    Ok((verdict, began.elapsed()))
}

/// The verdict on the templates of what runs of the platform.
pub(super) fn judge_running(
    project: &Project,
    stacks: &[(String, Vec<u8>)],
    barriers: bool,
    options: &ReadOptions,
    output: &Output,
) -> Result<Verdict, Failure> {
    let mut asked = VerifyOptions { barriers, ..VerifyOptions::default() };
    ask_of(project.platform(), &mut asked);
    let exceptions = Exceptions::of(project)?;
    let caching = Caching { may: true };
    decide(&Templates::Running(stacks.into()), options, &asked, &exceptions, caching, output)
}

/// Of more tenants a page does not tell what each barrier is worth: all of them are asked again for each.
const TENANTS_WITH_BARRIERS: usize = 100;

/// The verdict on the platform as a page tells it, and what was read.
pub(super) fn to_report(
    project: &Project,
    output: &Output,
) -> Result<(Verdict, Vec<Template>), Failure> {
    let barriers = project.platform().tenants().count() <= TENANTS_WITH_BARRIERS;
    let mut asked = VerifyOptions { barriers, ..VerifyOptions::default() };
    ask_of(project.platform(), &mut asked);
    let templates = Templates::Own(project.platform());
    let exceptions = Exceptions::of(project)?;
    let (options, caching) = (ReadOptions::default(), Caching { may: true });
    let verdict = decide(&templates, &options, &asked, &exceptions, caching, output)?;
    Ok((verdict, read(&templates)?))
}

/// The templates with their digests.
fn read(templates: &Templates<'_>) -> Result<Vec<Template>, Failure> {
    let load = |at| templates.load(at).map(|(name, bytes)| report::template(name, &bytes));
    (0..templates.count()).into_par_iter().map(load).collect()
}

/// What a verdict means for a deployment that is to come, and what is said of it.
fn before(verdict: &Verdict, took: Duration) -> (Outcome, String) {
    let open = verdict.claims.iter().filter(|claim| claim.outcome() == Answer::Undecided).count();
    let (mark, outcome, answer) = match verdict.outcome() {
        Answer::Breached => ('✗', Outcome::Findings, "breached".to_owned()),
        Answer::Nothing | Answer::Proven | Answer::Advice => {
            ('✓', Outcome::Done, "proven".to_owned())
        }
        Answer::Weak => ('✓', Outcome::Done, "no way through; a barrier is missing".to_owned()),
        Answer::Undecided => {
            ('✓', Outcome::Undecided, format!("no way through; {open} claims are undecided"))
        }
    };
    let (seconds, pairs) = (took.as_secs_f64(), verdict.pairs);
    let accepted = match verdict.claims.iter().map(|claim| claim.accepted.len()).sum::<usize>() {
        0 => String::new(),
        1 => ", 1 finding accepted".to_owned(),
        more => format!(", {more} findings accepted"),
    };
    let mut said = vec![format!(
        "{mark} {:<34} {seconds:>5.1} s  {pairs} ordered pairs: {answer}{accepted}",
        "verify the isolation"
    )];
    if outcome == Outcome::Findings {
        said.push(render::human(verdict).to_string().trim_end().to_owned());
        said.push("Nothing was deployed.".to_owned());
    } else {
        said.extend(verdict.warnings.iter().map(|warning| format!("warning: {}", warning.what)));
    }
    (outcome, said.join("\n"))
}

/// Nested templates, by paths relative to the template that names them.
struct FromDisk;

impl Loader for FromDisk {
    fn load(&self, from: &str, url: &str) -> Result<(String, Vec<u8>), String> {
        if url.contains("://") {
            return Err("only templates on disk are read".to_owned());
        }
        let file: PathBuf = Path::new(from).parent().unwrap_or(Path::new("")).join(url);
        let bytes = std::fs::read(&file).map_err(|error| error.to_string())?;
        Ok((file.display().to_string(), bytes))
    }
}

/// SGR parameters (ECMA-48) of a role.
const fn colour(role: Role) -> &'static str {
    match role {
        Role::Plain => "",
        Role::Strong => "1",
        Role::Faint => "2",
        Role::Good => "32",
        Role::Bad => "31",
        Role::Open => "33",
    }
}

mod options;

#[cfg(test)]
mod tests;

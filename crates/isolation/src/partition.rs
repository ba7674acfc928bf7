//! Templates that have nothing to do with each other, verified one at a time.
//!
//! A way from one template's tenants into another's needs a grant or a reference that names what
//! is there, or one so wide that it need not name it. Of every template a trace is kept: what it
//! declares, what its texts name, and its wide grants. Where no two traces meet, the verdicts on
//! each template alone are, put together, the verdict on all; else all are read together.

mod fingerprint;
mod footprint;
mod grants;
mod kept;

use std::sync::atomic::{AtomicBool, Ordering};

use foldhash::HashSet;
use rayon::prelude::*;
use tenantry_template::{Loader, ReadError, ReadOptions, Source, read};
use tenantry_verdict::Verdict;

use crate::facts::Facts;
use crate::tenant_ids;
use crate::verify::{VerifyOptions, decide};
use footprint::Footprint;
use kept::Kept;
pub use kept::{Memory, MemoryKey};

/// Reads `count` templates and decides every claim, as [`verify`](crate::verify()) does, without
/// having more of them in memory than there are threads, if they can be decided apart.
///
/// `load` gives a template's name and text. It is called on several threads, once for each
/// template, once more for each of one tenant alone, and for all where they cannot be decided apart.
///
/// # Errors
/// The first error of `load`, or the first thing that makes a template unreadable, with its place.
pub fn verify_each<E: From<ReadError> + Send>(
    count: usize,
    load: impl Fn(usize) -> Result<(String, Vec<u8>), E> + Sync,
    options: &ReadOptions,
    loader: &dyn Loader,
    asked: &VerifyOptions,
) -> Result<Verdict, E> {
    verify_each_with(count, load, options, loader, asked, None)
}

/// The same, and what was decided of some templates before is not decided again: the verdict is
/// what it is without a memory.
///
/// # Errors
/// Those of [`verify_each`].
pub fn verify_each_with<E: From<ReadError> + Send>(
    count: usize,
    load: impl Fn(usize) -> Result<(String, Vec<u8>), E> + Sync,
    options: &ReadOptions,
    loader: &dyn Loader,
    asked: &VerifyOptions,
    memory: Option<&dyn Memory>,
) -> Result<Verdict, E> {
    let plain = options.parameters.is_empty()
        && options.tenants.is_empty()
        && options.pooled.tenants.is_empty()
        && options.pooled.claim.is_none()
        && options.owners.is_empty()
        && options.organization.is_empty()
        && !asked.barriers;
    if count > 1
        && plain
        && let Some(verdict) = apart(count, &load, &Deciding { options, loader, asked, memory })
    {
        return Ok(verdict);
    }
    let loaded: Vec<Result<_, E>> = (0..count).into_par_iter().map(&load).collect();
    let templates = loaded.into_iter().collect::<Result<Vec<_>, E>>()?;
    let sources: Vec<_> = templates.iter().map(|(name, bytes)| Source { name, bytes }).collect();
    Ok(tenant_ids::verify(&sources, options, loader, asked)?)
}

/// What came of deciding some templates without the others.
enum Decided {
    Alone(Box<(Verdict, Footprint)>),
    /// They are of one tenant: there is no pair to decide.
    OneTenant,
    /// They may have to do with others, or cannot be read.
    Not,
}

/// The verdict on templates that have nothing to do with each other; `None` when some may have,
/// or when one cannot be read.
fn apart<E: From<ReadError> + Send>(
    count: usize,
    load: &(impl Fn(usize) -> Result<(String, Vec<u8>), E> + Sync),
    deciding: &Deciding<'_>,
) -> Option<Verdict> {
    let together = AtomicBool::new(false);
    let decide = |group: &[usize]| {
        if together.load(Ordering::Relaxed) {
            return Decided::Not;
        }
        let templates = group.iter().map(|at| load(*at).ok()).collect::<Option<Vec<_>>>();
        let decided = templates.and_then(|templates| deciding.remembered(&templates));
        let decided = decided.unwrap_or(Decided::Not);
        together.fetch_or(matches!(decided, Decided::Not), Ordering::Relaxed);
        decided
    };
    let each: Vec<Decided> = (0..count).into_par_iter().map(|at| decide(&[at])).collect();
    let ones = each.iter().enumerate().filter(|(_, each)| matches!(each, Decided::OneTenant));
    let groups = in_company(&ones.map(|(at, _)| at).collect::<Vec<_>>());
    let grouped: HashSet<usize> = groups.iter().flatten().copied().collect();
    let rest = each.into_iter().enumerate().filter(|(at, _)| !grouped.contains(at));
    let more: Vec<Decided> = groups.par_iter().map(|group| decide(group)).collect();
    let decided = rest.map(|(_, each)| each).chain(more).map(|each| match each {
        Decided::Alone(each) => Some(*each),
        Decided::OneTenant | Decided::Not => None,
    });
    let (verdicts, traces): (Vec<_>, Vec<_>) =
        decided.collect::<Option<Vec<_>>>()?.into_iter().unzip();
    // Where nobody is a tenant, that is said of all together.
    let tenants = verdicts.iter().any(|verdict| !verdict.tenants.is_empty());
    (tenants && footprint::none_meet(&traces)).then(|| Verdict::join(verdicts))
}

/// Puts templates of one tenant together, two by two; a single one goes with a neighbour.
fn in_company(ones: &[usize]) -> Vec<Vec<usize>> {
    if let [one] = ones {
        return vec![vec![one.checked_sub(1).unwrap_or(1), *one]];
    }
    let mut groups: Vec<Vec<usize>> = ones.chunks(2).map(<[usize]>::to_vec).collect();
    if ones.len() % 2 == 1
        && let (Some(odd), Some(last)) = (groups.pop(), groups.last_mut())
    {
        last.extend(odd);
    }
    groups
}

/// How templates are decided.
struct Deciding<'d> {
    options: &'d ReadOptions,
    loader: &'d dyn Loader,
    asked: &'d VerifyOptions,
    memory: Option<&'d dyn Memory>,
}

impl Deciding<'_> {
    /// What came of deciding some templates without the others, now or before; `None` when they
    /// may have to do with them.
    fn remembered(&self, templates: &[(String, Vec<u8>)]) -> Option<Decided> {
        let Some(memory) = self.memory else { return self.alone(templates, self.loader) };
        let key = memory.key(templates);
        match memory.recall(&key).and_then(|bytes| Kept::read(&bytes)) {
            Some(Kept::Alone(each)) => return Some(Decided::Alone(each)),
            Some(Kept::OneTenant) => return Some(Decided::OneTenant),
            None => {}
        }
        let loader = Watched { loader: self.loader, used: AtomicBool::new(false) };
        let decided = self.alone(templates, &loader)?;
        // The key says nothing of what was loaded besides.
        if !loader.used.load(Ordering::Relaxed) {
            let bytes = match &decided {
                Decided::Alone(each) => Kept::write(&each.0, &each.1),
                Decided::OneTenant => Some(Kept::one_tenant()),
                Decided::Not => None,
            };
            if let Some(bytes) = bytes {
                memory.keep(&key, &bytes);
            }
        }
        Some(decided)
    }

    fn alone(&self, templates: &[(String, Vec<u8>)], loader: &dyn Loader) -> Option<Decided> {
        let sources: Vec<_> =
            templates.iter().map(|(name, bytes)| Source { name, bytes }).collect();
        let model = read(&sources, self.options, loader).ok()?;
        if model.tenants.len() == 1 {
            return Some(Decided::OneTenant);
        }
        let facts = Facts::read(&model);
        let (verdict, uncontrolled) = decide(&facts, self.asked);
        let trace = Footprint::of(&facts, &uncontrolled)?;
        Some(Decided::Alone(Box::new((verdict, trace))))
    }
}

/// A loader of which it is noted that it was asked.
struct Watched<'l> {
    loader: &'l dyn Loader,
    used: AtomicBool,
}

impl Loader for Watched<'_> {
    fn load(&self, from: &str, url: &str) -> Result<(String, Vec<u8>), String> {
        self.used.store(true, Ordering::Relaxed);
        self.loader.load(from, url)
    }
}

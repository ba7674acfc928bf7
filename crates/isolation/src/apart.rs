//! Templates that have nothing to do with each other, verified one at a time.
//!
//! A way from one template's tenants into another's needs a grant or a reference that names what
//! is there, or one so wide that it need not name it. Of every template a trace is kept: what it
//! declares, what its texts name, and its wide grants. Where no two traces meet, the verdicts on
//! each template alone are, put together, the verdict on all; else all are read together.

mod grants;
mod marks;
mod trace;

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use crate::fault::ReadError;
use crate::planes::{self, Asked, Facts};
use crate::program::{Loader, Options, Source, read};
use crate::shapes;
use crate::verdict::Verdict;
use trace::Trace;

/// Reads `count` templates and decides every claim, as [`verify`](crate::verify) does, without
/// having more of them in memory than there are threads, if they can be decided apart.
///
/// `load` gives a template's name and text. It is called on several threads, once for each
/// template, and once more for each where they cannot be decided apart.
///
/// # Errors
/// The first error of `load`, or the first thing that makes a template unreadable, with its place.
pub fn verify_each<E: From<ReadError> + Send>(
    count: usize,
    load: impl Fn(usize) -> Result<(String, Vec<u8>), E> + Sync,
    options: &Options,
    loader: &dyn Loader,
    asked: &Asked,
) -> Result<Verdict, E> {
    let plain = options.parameters.is_empty() && options.tenants.is_empty() && !asked.barriers;
    if count > 1
        && plain
        && let Some(verdict) = apart(count, &load, options, loader, asked)
    {
        return Ok(verdict);
    }
    let loaded: Vec<Result<_, E>> = (0..count).into_par_iter().map(&load).collect();
    let templates = loaded.into_iter().collect::<Result<Vec<_>, E>>()?;
    let sources: Vec<_> = templates.iter().map(|(name, bytes)| Source { name, bytes }).collect();
    Ok(shapes::verify(&sources, options, loader, asked)?)
}

/// The verdict on templates that have nothing to do with each other; `None` when some may have,
/// or when one cannot be read.
fn apart<E: From<ReadError> + Send>(
    count: usize,
    load: &(impl Fn(usize) -> Result<(String, Vec<u8>), E> + Sync),
    options: &Options,
    loader: &dyn Loader,
    asked: &Asked,
) -> Option<Verdict> {
    let together = AtomicBool::new(false);
    let alone = |at: usize| {
        if together.load(Ordering::Relaxed) {
            return None;
        }
        let decided = load(at).ok().and_then(|(name, bytes)| {
            let source = Source { name: &name, bytes: &bytes };
            let model = read(&[source], options, loader).ok()?;
            let facts = Facts::read(&model);
            let (verdict, unsteered) = planes::decide(&facts, asked);
            Some((verdict, Trace::of(&facts, &unsteered)?))
        });
        together.fetch_or(decided.is_none(), Ordering::Relaxed);
        decided
    };
    let decided: Option<Vec<(Verdict, Trace)>> = (0..count).into_par_iter().map(alone).collect();
    let (verdicts, traces): (Vec<_>, Vec<_>) = decided?.into_iter().unzip();
    trace::none_meet(&traces).then(|| Verdict::join(verdicts))
}

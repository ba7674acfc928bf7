//! What is kept of a template from one run to the next: its trace, and the verdict on it alone
//! where that found nothing.
//!
//! Bytes are read back to exactly what was written, or to nothing at all. Where a claim is broken
//! or open, nothing is kept: such a template is decided anew each time.

use tenantry_template::Place;
use tenantry_verdict::claims;
use tenantry_verdict::{Assumption, ClaimVerdict, Notice, Verdict};

use super::footprint::Footprint;

/// Where a caller keeps what was decided, as bytes by key. What it gives back is decoded and used
/// as it is: it has to be what was given to it under that key, by this same program.
pub trait Memory: Sync {
    /// The key of these templates, by all that a verdict on them hangs on: their names and texts,
    /// the options, the program.
    fn key(&self, templates: &[(String, Vec<u8>)]) -> MemoryKey;

    /// What was kept under a key.
    fn recall(&self, key: &MemoryKey) -> Option<Vec<u8>>;

    /// Keeps something under a key.
    fn keep(&self, key: &MemoryKey, bytes: &[u8]);
}

/// Stands for some templates: no two that differ have the same (SHA-256).
pub type MemoryKey = [u8; 32];

/// What was decided of some templates alone.
pub(super) enum Kept {
    Alone(Box<(Verdict, Footprint)>),
    OneTenant,
}

const ALONE: u8 = 1;
const ONE_TENANT: u8 = 2;

impl Kept {
    /// The bytes of a verdict that found nothing and of its trace; `None` of one that did.
    pub(super) fn write(verdict: &Verdict, trace: &Footprint) -> Option<Vec<u8>> {
        let Verdict {
            tenants,
            pairs,
            claims,
            barriers,
            dead,
            least_privilege,
            assumptions,
            warnings,
            strict,
        } = verdict;
        if !barriers.is_empty() || *strict {
            return None;
        }
        let mut out = Writer(vec![ALONE]);
        out.list(tenants, |out, tenant| out.text(tenant));
        out.number(*pairs);
        out.number(claims.len() as u64);
        for answer in claims {
            out.text(answer.claim.id);
            out.number(questions(answer)?);
        }
        out.list(assumptions, |out, assumption| {
            let Assumption { id, text, added, claims } = assumption;
            out.text(id);
            out.text(text);
            out.flag(*added);
            out.list(claims, |out, claim| out.text(claim.id));
        });
        for notices in [dead, least_privilege, warnings] {
            out.list(notices, notice);
        }
        trace.write(&mut out)?;
        Some(out.0)
    }

    /// The bytes that say that there is one tenant, and no pair.
    pub(super) fn one_tenant() -> Vec<u8> {
        vec![ONE_TENANT]
    }

    /// What was written; `None` of anything else.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let kept = match reader.byte()? {
            ALONE => Self::Alone(Box::new((verdict(&mut reader)?, Footprint::read(&mut reader)?))),
            ONE_TENANT => Self::OneTenant,
            _ => return None,
        };
        reader.0.is_empty().then_some(kept)
    }
}

/// How much a claim was asked; `None` where anything was found.
fn questions(answer: &ClaimVerdict) -> Option<u64> {
    let ClaimVerdict {
        claim: _,
        questions,
        counterexamples,
        weak,
        advice,
        accepted,
        undecided,
        assumed,
    } = answer;
    let silent = counterexamples.is_empty()
        && weak.is_empty()
        && advice.is_empty()
        && accepted.is_empty()
        && undecided.is_empty()
        && assumed.is_empty();
    silent.then_some(*questions)
}

fn notice(out: &mut Writer, notice: &Notice) {
    let Notice { what, help, place } = notice;
    out.text(what);
    out.list(help, |out, help| out.text(help));
    out.list(place, |out, place| {
        let Place { file, line, column, end_line, end_column, text, before, length } = place;
        out.text(file);
        out.text(text);
        for number in [line, column, end_line, end_column, before, length] {
            out.number(*number as u64);
        }
    });
}

fn notices(reader: &mut Reader<'_>) -> Option<Vec<Notice>> {
    reader.list(|reader| {
        let what = reader.text()?;
        let help = reader.list(Reader::text)?.pop();
        let place = reader.list(place)?.pop();
        Some(Notice { what, help, place })
    })
}

fn place(reader: &mut Reader<'_>) -> Option<Place> {
    let (file, text) = (reader.text()?, reader.text()?);
    let mut number = || usize::try_from(reader.number()?).ok();
    let [line, column, end_line, end_column] = [number()?, number()?, number()?, number()?];
    let (before, length) = (number()?, number()?);
    Some(Place { file, line, column, end_line, end_column, text, before, length })
}

fn verdict(reader: &mut Reader<'_>) -> Option<Verdict> {
    let tenants = reader.list(Reader::text)?;
    let pairs = reader.number()?;
    let claims = reader.list(|reader| {
        let claim = claims::find(&reader.text()?)?;
        Some(ClaimVerdict { questions: reader.number()?, ..ClaimVerdict::new(claim) })
    })?;
    let assumptions = reader.list(|reader| {
        Some(Assumption {
            id: reader.text()?,
            text: reader.text()?,
            added: reader.flag()?,
            claims: reader.list(|reader| claims::find(&reader.text()?))?,
        })
    })?;
    let [dead, least_privilege, warnings] = [notices(reader)?, notices(reader)?, notices(reader)?];
    Some(Verdict {
        tenants,
        pairs,
        claims,
        assumptions,
        dead,
        least_privilege,
        warnings,
        ..Verdict::default()
    })
}

/// Writes numbers of eight bytes, the smallest first, and texts and lists behind their lengths.
pub(super) struct Writer(Vec<u8>);

impl Writer {
    pub(super) fn number(&mut self, number: u64) {
        self.0.extend(number.to_le_bytes());
    }

    pub(super) fn flag(&mut self, flag: bool) {
        self.0.push(u8::from(flag));
    }

    pub(super) fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend(text.as_bytes());
    }

    pub(super) fn numbers(&mut self, numbers: &[u64]) {
        self.list(numbers, |out, number| out.number(*number));
    }

    pub(super) fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        let items = items.into_iter();
        self.number(items.len() as u64);
        items.for_each(|item| write(self, item));
    }
}

/// Reads what a [`Writer`] wrote; `None` at the first thing that it did not write.
pub(super) struct Reader<'b>(&'b [u8]);

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let (first, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(u64::from_le_bytes(*first))
    }

    pub(super) fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    pub(super) fn text(&mut self) -> Option<String> {
        let length = self.length(1)?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(std::str::from_utf8(text).ok()?.to_owned())
    }

    pub(super) fn numbers(&mut self) -> Option<Vec<u64>> {
        let length = self.length(8)?;
        (0..length).map(|_| self.number()).collect()
    }

    pub(super) fn list<T>(
        &mut self,
        mut read: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        let length = self.length(1)?;
        (0..length).map(|_| read(self)).collect()
    }

    /// A length of things that have so many bytes at least: never more than there are left.
    fn length(&mut self, bytes: usize) -> Option<usize> {
        let length = usize::try_from(self.number()?).ok()?;
        (length.checked_mul(bytes)? <= self.0.len()).then_some(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_were_not_written_are_read_as_nothing() {
        assert!(Kept::read(&[]).is_none());
        assert!(Kept::read(&[ONE_TENANT, 0]).is_none());
        assert!(Kept::read(&[7]).is_none());
        // A list of more items than any memory holds.
        let mut bytes = vec![ALONE];
        bytes.extend(u64::MAX.to_le_bytes());
        assert!(Kept::read(&bytes).is_none());
        assert!(matches!(Kept::read(&Kept::one_tenant()), Some(Kept::OneTenant)));
    }
}

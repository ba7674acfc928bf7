//! Exact sets of points in a few dimensions, as disjoint boxes.

/// The whole numbers from `low` to `high`, both included.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Range {
    /// The first.
    pub low: u128,
    /// The last; never less than `low`.
    pub high: u128,
}

/// One range in each dimension.
pub(crate) type Region<const D: usize> = [Range; D];

/// A set of points: the union of disjoint boxes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Set<const D: usize> {
    boxes: Vec<Region<D>>,
}

impl Range {
    /// From `low` to `high`; `None` if there is nothing between.
    pub fn new(low: u128, high: u128) -> Option<Self> {
        (low <= high).then_some(Self { low, high })
    }

    /// One number.
    pub const fn one(number: u128) -> Self {
        Self { low: number, high: number }
    }

    /// Whether a number lies in it.
    pub fn contains(self, number: u128) -> bool {
        self.low <= number && number <= self.high
    }

    /// Whether another range lies in it.
    pub fn covers(self, other: Self) -> bool {
        self.low <= other.low && other.high <= self.high
    }

    pub(crate) fn meet(self, other: Self) -> Option<Self> {
        Self::new(self.low.max(other.low), self.high.min(other.high))
    }

    /// What of it lies below and above another range.
    fn sides(self, other: Self) -> [Option<Self>; 2] {
        let below =
            other.low.checked_sub(1).and_then(|end| Self::new(self.low, self.high.min(end)));
        let above =
            other.high.checked_add(1).and_then(|start| Self::new(self.low.max(start), self.high));
        [below, above]
    }
}

impl<const D: usize> Set<D> {
    pub(crate) fn empty() -> Self {
        Self { boxes: Vec::new() }
    }

    pub(crate) fn one(region: Region<D>) -> Self {
        Self { boxes: vec![region] }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.boxes.is_empty()
    }

    pub(crate) fn boxes(&self) -> &[Region<D>] {
        &self.boxes
    }

    /// Adds what of a box is not in it yet.
    pub(crate) fn add(&mut self, region: Region<D>) {
        let mut rest = Self::one(region);
        for known in &self.boxes {
            if rest.is_empty() {
                return;
            }
            rest.remove(known);
        }
        self.boxes.append(&mut rest.boxes);
    }

    /// Takes a box out of it.
    pub(crate) fn remove(&mut self, region: &Region<D>) {
        if !self.boxes.iter().any(|known| meet(known, region).is_some()) {
            return;
        }
        let mut kept = Vec::with_capacity(self.boxes.len() + D);
        for known in self.boxes.drain(..) {
            if meet(&known, region).is_none() {
                kept.push(known);
                continue;
            }
            let mut middle = known;
            for axis in 0..D {
                let (Some(now), Some(cut)) = (middle.get(axis).copied(), region.get(axis)) else {
                    continue;
                };
                for side in now.sides(*cut).into_iter().flatten() {
                    let mut piece = middle;
                    if let Some(range) = piece.get_mut(axis) {
                        *range = side;
                    }
                    kept.push(piece);
                }
                if let (Some(range), Some(both)) = (middle.get_mut(axis), now.meet(*cut)) {
                    *range = both;
                }
            }
        }
        self.boxes = kept;
    }

    /// What of a box is in it.
    pub(crate) fn within(&self, region: &Region<D>) -> Self {
        Self { boxes: self.boxes.iter().filter_map(|known| meet(known, region)).collect() }
    }

    /// What is in both.
    pub(crate) fn meet(&self, other: &Self) -> Self {
        let both = |a| other.boxes.iter().filter_map(move |b| meet(a, b));
        Self { boxes: self.boxes.iter().flat_map(both).collect() }
    }

    #[cfg(test)]
    pub(crate) fn contains(&self, point: [u128; D]) -> bool {
        self.boxes.iter().any(|known| known.iter().zip(point).all(|(range, at)| range.contains(at)))
    }
}

fn meet<const D: usize>(a: &Region<D>, b: &Region<D>) -> Option<Region<D>> {
    let mut both = *a;
    for (range, other) in both.iter_mut().zip(b) {
        *range = range.meet(*other)?;
    }
    Some(both)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Range, Region, Set};

    fn region() -> impl Strategy<Value = Region<3>> {
        let range =
            || (0u128..6, 0u128..6).prop_map(|(a, b)| Range { low: a.min(b), high: a.max(b) });
        (range(), range(), range()).prop_map(|(a, b, c)| [a, b, c])
    }

    fn points() -> impl Iterator<Item = [u128; 3]> {
        (0..216).map(|n| [n / 36, n / 6 % 6, n % 6])
    }

    fn inside(region: &Region<3>, point: [u128; 3]) -> bool {
        region.iter().zip(point).all(|(range, at)| range.contains(at))
    }

    proptest! {
        #[test]
        fn adding_and_removing_boxes_agrees_with_enumeration_and_keeps_them_disjoint(
            steps in prop::collection::vec((any::<bool>(), region()), 0..8),
            other in prop::collection::vec(region(), 0..4),
            window in region(),
        ) {
            let mut set = Set::empty();
            for (add, region) in &steps {
                if *add { set.add(*region) } else { set.remove(region) }
            }
            let mut second = Set::empty();
            other.iter().for_each(|region| second.add(*region));
            for point in points() {
                let last = steps.iter().rev().find(|(_, region)| inside(region, point));
                let wanted = last.is_some_and(|(add, _)| *add);
                prop_assert_eq!(set.contains(point), wanted);
                let times = set.boxes().iter().filter(|known| inside(known, point)).count();
                prop_assert!(times <= 1);
                let in_second = other.iter().any(|region| inside(region, point));
                prop_assert_eq!(set.meet(&second).contains(point), wanted && in_second);
                prop_assert_eq!(set.within(&window).contains(point), wanted && inside(&window, point));
            }
        }

        #[test]
        fn nothing_wraps_at_the_ends_of_the_numbers(cut in any::<u128>()) {
            let all = Range { low: 0, high: u128::MAX };
            let mut set = Set::<1>::one([all]);
            set.remove(&[Range { low: 0, high: cut }]);
            prop_assert!(!set.contains([0]) && !set.contains([cut]));
            prop_assert_eq!(set.contains([u128::MAX]), cut != u128::MAX);
        }
    }
}

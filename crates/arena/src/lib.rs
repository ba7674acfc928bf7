//! Lists whose places are known by ids of a type of their own.
//!
//! An [`Id`] is made by the [`Arena`] that the thing lies in, and by nothing else; an arena never
//! gives up or moves what it has. So an id names something, and looking it up cannot fail: there is
//! no answer for "nothing there" that a caller could pass over. The key tells lists apart, so that
//! an id of one cannot be asked of another. This crate never knows what lies in the lists.

use std::fmt;
use std::marker::PhantomData;
use std::ops::{Index, IndexMut};

/// A place in an [`Arena`] of the same key.
///
/// Ids are in the order in which the arena was filled. One is good for the arena that made it;
/// of two arenas with one key the same number may mean different things.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Id<K> {
    at: usize,
    key: PhantomData<K>,
}

impl<K> Id<K> {
    /// How many things lie before it in its arena.
    pub fn position(self) -> usize {
        self.at
    }
}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.at)
    }
}

/// Declares a key, and the name of the ids with it.
#[macro_export]
macro_rules! define_id {
    ($(#[$meta:meta])* $visibility:vis $id:ident of $key:ident) => {
        #[doc = concat!("What tells [`", stringify!($id), "`] from the ids of other lists.")]
        #[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
        $visibility enum $key {}

        $(#[$meta])*
        $visibility type $id = $crate::Id<$key>;
    };
}

/// A list that grows and never shrinks, asked by the ids that it gives out.
#[derive(Clone, Debug)]
pub struct Arena<K, T> {
    list: Vec<T>,
    key: PhantomData<K>,
}

impl<K: Copy, T> Arena<K, T> {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a thing, and says where it lies.
    pub fn push(&mut self, thing: T) -> Id<K> {
        self.list.push(thing);
        Self::id(self.list.len() - 1)
    }

    /// The id that the next thing will have: for what names itself.
    pub fn push_with(&mut self, thing: impl FnOnce(Id<K>) -> T) -> Id<K> {
        let id = Self::id(self.list.len());
        self.list.push(thing(id));
        id
    }

    /// How many things there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The things in their order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.list.iter()
    }

    /// The things in their order, to be changed.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, T> {
        self.list.iter_mut()
    }

    /// The things as a slice, in their order.
    pub fn as_slice(&self) -> &[T] {
        &self.list
    }

    /// The ids in their order.
    pub fn ids(
        &self,
    ) -> impl DoubleEndedIterator<Item = Id<K>> + ExactSizeIterator + Clone + use<K, T> {
        (0..self.list.len()).map(Self::id)
    }

    /// The things with their ids, in their order.
    pub fn entries(
        &self,
    ) -> impl DoubleEndedIterator<Item = (Id<K>, &T)> + ExactSizeIterator + Clone {
        self.list.iter().enumerate().map(|(at, thing)| (Self::id(at), thing))
    }

    fn id(at: usize) -> Id<K> {
        Id { at, key: PhantomData }
    }
}

impl<K, T> Default for Arena<K, T> {
    fn default() -> Self {
        Self { list: Vec::new(), key: PhantomData }
    }
}

#[allow(
    clippy::indexing_slicing,
    reason = "an id is made by an arena that has the thing, and arenas give up nothing"
)]
impl<K, T> Index<Id<K>> for Arena<K, T> {
    type Output = T;

    fn index(&self, id: Id<K>) -> &T {
        &self.list[id.at]
    }
}

#[allow(clippy::indexing_slicing, reason = "as for `Index`")]
impl<K, T> IndexMut<Id<K>> for Arena<K, T> {
    fn index_mut(&mut self, id: Id<K>) -> &mut T {
        &mut self.list[id.at]
    }
}

impl<K, T> Extend<T> for Arena<K, T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, things: I) {
        self.list.extend(things);
    }
}

impl<K, T> FromIterator<T> for Arena<K, T> {
    fn from_iter<I: IntoIterator<Item = T>>(things: I) -> Self {
        Self { list: things.into_iter().collect(), key: PhantomData }
    }
}

impl<K, T> From<Vec<T>> for Arena<K, T> {
    fn from(list: Vec<T>) -> Self {
        Self { list, key: PhantomData }
    }
}

impl<'r, K: Copy, T> IntoIterator for &'r Arena<K, T> {
    type Item = &'r T;
    type IntoIter = std::slice::Iter<'r, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'r, K: Copy, T> IntoIterator for &'r mut Arena<K, T> {
    type Item = &'r mut T;
    type IntoIter = std::slice::IterMut<'r, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::Arena;

    define_id!(
        /// A letter.
        LetterId of LetterKey
    );

    #[test]
    fn an_id_names_what_it_was_given_for_however_much_comes_later() {
        let mut letters: Arena<LetterKey, char> = Arena::new();
        let ids: Vec<LetterId> = ('a'..='z').map(|letter| letters.push(letter)).collect();
        assert_eq!(ids, letters.ids().collect::<Vec<_>>());
        assert!(ids.iter().zip('a'..='z').all(|(id, letter)| letters[*id] == letter));
        assert!(letters.entries().all(|(id, letter)| letters[id] == *letter));
        assert!(ids.is_sorted());
    }

    #[test]
    fn what_names_itself_gets_the_id_that_it_lies_at() {
        let mut ids: Arena<LetterKey, Option<LetterId>> = Arena::default();
        ids.push(None);
        let own = ids.push_with(Some);
        assert_eq!(ids[own], Some(own));
        assert_eq!(own.position(), 1);
    }
}

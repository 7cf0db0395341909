//! One value for each server, found by its id without a search.

use crate::base::ServerId;

/// A value per server. A server that was never named has none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PerServer<T> {
    values: Vec<Option<T>>,
}

impl<T> Default for PerServer<T> {
    fn default() -> PerServer<T> {
        PerServer { values: Vec::new() }
    }
}

impl<T: Default> PerServer<T> {
    /// The server's value; the default one from its first mention on.
    pub fn of(&mut self, server: ServerId) -> &mut T {
        let place = usize::from(server.0);
        if place >= self.values.len() {
            self.values.resize_with(place + 1, || None);
        }
        self.values[place].get_or_insert_with(T::default)
    }

    /// The server's value; `None` when it was never mentioned.
    pub fn get(&self, server: ServerId) -> Option<&T> {
        self.values.get(usize::from(server.0))?.as_ref()
    }

    /// Every server that was mentioned, in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = (ServerId, &T)> {
        let numbered = (0..=u8::MAX).zip(&self.values);
        numbered.filter_map(|(id, value)| Some((ServerId(id), value.as_ref()?)))
    }

    /// The highest id that was mentioned. Ids count from 1, so this is the ensemble's size as far
    /// as the history shows it.
    pub fn count(&self) -> usize {
        self.values.len().saturating_sub(1)
    }
}

//! The streams of a whole run: each named by a label, and all of them drawn anew from one moment on
//! where the plan says so.

use super::{Rng, Time};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// From when on chance is drawn anew, and from what. What happened before stays as it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redraw {
    /// In microseconds of the run.
    pub from_us: u64,
    /// Names the new streams, together with their labels.
    pub seed: u32,
}

/// Where streams come from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Streams {
    seed: u64,
    redraws: Vec<Redraw>,
}

/// One stream of chance, which becomes another one whenever a moment for that comes.
#[derive(Clone, Debug)]
pub struct Stream {
    rng: Rng,
    /// From these moments on it is these, in ascending order.
    later: VecDeque<(Time, Rng)>,
}

impl Streams {
    /// Those of a seed, drawn anew at these moments, which ascend.
    pub fn new(seed: u64, redraws: &[Redraw]) -> Streams {
        Streams { seed, redraws: redraws.to_vec() }
    }

    /// The one of this label.
    pub fn stream(&self, label: &str) -> Stream {
        let anew = |redraw: &Redraw| {
            let label = format!("redraw/{}/{label}", redraw.seed);
            (Time(redraw.from_us), Rng::stream(self.seed, &label))
        };
        let later = self.redraws.iter().map(anew).collect();
        Stream { rng: Rng::stream(self.seed, label), later }
    }
}

impl Stream {
    /// As it is at this moment, and from now on.
    pub fn at(&mut self, now: Time) -> &mut Rng {
        while let Some((_, anew)) = self.later.pop_front_if(|(from, _)| *from <= now) {
            self.rng = anew;
        }
        &mut self.rng
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(redraws: &[Redraw]) -> Vec<u64> {
        let mut stream = Streams::new(7, redraws).stream("disk/s1");
        (0..4).map(|at| stream.at(Time(at)).number()).collect()
    }

    #[test]
    fn what_was_drawn_before_stays() {
        let [first, second] = [1, 2].map(|seed| Redraw { from_us: 2, seed });
        let (old, new) = (numbers(&[]), numbers(&[first]));
        assert_eq!(old[..2], new[..2]);
        assert!(old[2] != new[2] && old[3] != new[3]);
        assert_ne!(new[2..], numbers(&[second])[2..]);
        let twice = numbers(&[first, Redraw { from_us: 3, ..second }]);
        assert_eq!(twice[..3], new[..3]);
        assert_ne!(twice[3], new[3]);
    }
}

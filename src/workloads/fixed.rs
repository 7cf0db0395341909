//! Steps that stand in the plan, each at its moment, whatever becomes of the ones before. What a
//! workload said in one run, said again in another one; no scenario names it.

use super::{Seen, Step, Workload};
use crate::base::{Rng, Time};
use std::collections::VecDeque;

/// What is left to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fixed {
    steps: VecDeque<(Time, Step)>,
    /// The moment of the next step is waited for.
    waits: bool,
}

impl Fixed {
    /// These steps, in ascending order of their moments.
    pub fn new(steps: impl IntoIterator<Item = (Time, Step)>) -> Fixed {
        Fixed { steps: steps.into_iter().collect(), waits: false }
    }
}

impl Workload for Fixed {
    fn next(&mut self, seen: Seen<'_>, _rng: &mut Rng) -> Step {
        let Some((at, _)) = self.steps.front() else { return Step::Done };
        if !self.waits || seen == Seen::SessionEnded {
            self.waits = true;
            return Step::Until(*at);
        }
        self.waits = false;
        self.steps.pop_front().map_or(Step::Done, |(_, step)| step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Millis;

    #[test]
    fn every_step_comes_at_its_moment_also_when_the_session_ends() {
        let (first, second) = (Step::Vanish(Millis(1)), Step::Do(Vec::new()));
        let mut fixed = Fixed::new([(Time(5), first.clone()), (Time(9), second.clone())]);
        let mut rng = Rng::stream(1, "test");
        let mut next = |seen| fixed.next(seen, &mut rng);
        assert_eq!(next(Seen::Nothing), Step::Until(Time(5)));
        assert_eq!(next(Seen::SessionEnded), Step::Until(Time(5)));
        assert_eq!(next(Seen::Nothing), first);
        assert_eq!(next(Seen::SessionEnded), Step::Until(Time(9)));
        assert_eq!(next(Seen::Nothing), second);
        assert_eq!(next(Seen::Answers(&[])), Step::Done);
    }
}
